/**
 * The variables of the access log: each a function of a record. nginx's names
 * and meanings; those of modules that procmgr has no part of are not known,
 * `time_utc` is ours. Pure.
 * Source: nginx src/http/ngx_http_variables.c, ngx_http_core_variables;
 * src/http/modules/ngx_http_log_module.c, ngx_http_log_vars.
 */

// nginx's variables are snake_case, and they are this file's subject.
// deno-lint-ignore-file camelcase

import { toCivilTime } from "../base/civil_time.ts";
import { findHeader } from "../base/header_lines.ts";
import type { AccessPlace, AccessRecord } from "./access_record.ts";

/** A number is written as it is, a text is escaped. */
export type Reader = (
  record: AccessRecord,
  place: AccessPlace,
) => string | number;

/** A variable, or a family of them whose name ends in "_". */
export interface Variable {
  readonly read: (name: string) => Reader;
  /** JSON needs no quotes around it. */
  readonly isNumber: boolean;
}

/** Every variable. */
export const VARIABLES: Readonly<Record<string, Variable>> = {
  arg_: family((name) => (record) => argumentOf(queryOf(record.target), name)),
  args: text(({ target }) => queryOf(target)),
  body_bytes_sent: number(({ bodyBytesSent }) => bodyBytesSent),
  bytes_sent: number(({ bytesSent }) => bytesSent),
  connection: number(({ connection }) => connection),
  connection_requests: number(({ connectionRequests }) => connectionRequests),
  content_length: requestHeader("content-length"),
  content_type: requestHeader("content-type"),
  cookie_: family((name) => ({ requestHeaders }) =>
    cookieOf(headerOf(requestHeaders, "cookie"), name)
  ),
  document_uri: text(({ target }) => uriOf(target)),
  host: text(hostOf),
  hostname: text((_, { hostname }) => hostname),
  http_: family((name) => ({ requestHeaders }) =>
    headerOf(requestHeaders, toHeaderName(name))
  ),
  https: text(({ scheme }) => scheme === "https" ? "on" : ""),
  is_args: text(({ target }) => queryOf(target) === "" ? "" : "?"),
  msec: number(({ timeMs }) => seconds(timeMs)),
  pid: number((_, { pid }) => pid),
  query_string: text(({ target }) => queryOf(target)),
  realip_remote_addr: text(({ peerAddress }) => peerAddress || "unix:"),
  realip_remote_port: port(({ peerPort }) => peerPort),
  remote_addr: text(({ remoteAddress }) => remoteAddress || "unix:"),
  remote_port: port(({ remotePort }) => remotePort),
  remote_user: text(userOf),
  request: text(({ method, target, protocol }) =>
    method === "" ? "" : `${method} ${target} ${protocol}`
  ),
  request_completion: text(({ isComplete }) => isComplete ? "OK" : ""),
  request_length: number(({ requestLength }) => requestLength),
  request_method: text(({ method }) => method),
  request_time: number(({ durationMs }) => seconds(durationMs)),
  request_uri: text(({ target }) => target),
  scheme: text(({ scheme }) => scheme),
  sent_http_: family((name) => ({ responseHeaders }) =>
    headerOf(responseHeaders, toHeaderName(name))
  ),
  server_addr: text(({ serverAddress }) => serverAddress || "unix:"),
  server_port: port(({ serverPort }) => serverPort),
  server_protocol: text(({ protocol }) => protocol),
  ssl_alpn_protocol: text(({ tlsAlpn }) => tlsAlpn),
  ssl_cipher: text(({ tlsCipher }) => tlsCipher),
  ssl_protocol: text(({ tlsProtocol }) => tlsProtocol),
  ssl_server_name: text(({ tlsServerName }) => tlsServerName),
  status: number(({ status }) => status),
  time_iso8601: text(({ timeMs }, { offsetMinutes }) =>
    isoTime(timeMs, offsetMinutes)
  ),
  time_local: text(({ timeMs }, { offsetMinutes }) =>
    localTime(timeMs, offsetMinutes)
  ),
  time_utc: text(({ timeMs }) => utcTime(timeMs)),
  uri: text(({ target }) => uriOf(target)),
};

/** The function of a variable; undefined: there is none of that name. */
export function readerOf(name: string): Reader | undefined {
  if (Object.hasOwn(VARIABLES, name) && !name.endsWith("_")) {
    return VARIABLES[name]?.read(name);
  }
  // The longer prefix first: http_ is a part of sent_http_.
  const prefix = ["sent_http_", "http_", "cookie_", "arg_"].find((one) =>
    name.startsWith(one) && name.length > one.length
  );
  if (prefix === undefined) return undefined;
  return VARIABLES[prefix]?.read(name.slice(prefix.length));
}

function text(read: Reader): Variable {
  return { read: () => read, isNumber: false };
}

function number(read: Reader): Variable {
  return { read: () => read, isNumber: true };
}

/** A Unix socket has none, and nginx says nothing then. */
function port(read: (record: AccessRecord) => number): Variable {
  return text((record) => read(record) || "");
}

function family(read: (name: string) => Reader): Variable {
  return { read, isNumber: false };
}

function requestHeader(name: string): Variable {
  return text(({ requestHeaders }) => headerOf(requestHeaders, name));
}

function toHeaderName(variable: string): string {
  return variable.replaceAll("_", "-");
}

function headerOf(lines: readonly string[], name: string): string {
  return findHeader(lines, name) ?? "";
}

function queryOf(target: string): string {
  const start = target.indexOf("?");
  return start === -1 ? "" : target.slice(start + 1);
}

/** As it is, not decoded; names are compared whatever their case. */
function argumentOf(query: string, wanted: string): string {
  for (const pair of query.split("&")) {
    const [name = "", ...value] = pair.split("=");
    if (name.toLowerCase() === wanted) return value.join("=");
  }
  return "";
}

function cookieOf(cookies: string, wanted: string): string {
  for (const pair of cookies.split(";")) {
    const [name = "", ...value] = pair.split("=");
    if (name.trim().toLowerCase() === wanted) return value.join("=").trim();
  }
  return "";
}

/** The path decoded, without dot and empty segments; bytes, not text. */
function uriOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "").replace(
    /[?#].*/s,
    "",
  );
  const decoded = path.replace(
    /%([\da-f]{2})/gi,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
  if (!decoded.startsWith("/")) return decoded;
  if (!/\/\.{0,2}(?:\/|$)/.test(decoded)) return decoded;
  const segments: string[] = [];
  for (const segment of decoded.split("/").slice(1)) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const isFolder = /\/\.{0,2}$/.test(decoded) && segments.length > 0;
  return `/${segments.join("/")}${isFolder ? "/" : ""}`;
}

/** Of the target, else of the Host header: a name without its port. */
function hostOf({ target, requestHeaders }: AccessRecord): string {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1];
  const host = absolute ?? headerOf(requestHeaders, "host");
  return host.replace(/:\d*$/, "").toLowerCase();
}

/** The name in Basic credentials; what cannot be read is no name. */
function userOf({ requestHeaders }: AccessRecord): string {
  const given = headerOf(requestHeaders, "authorization");
  if (given === "") return "";
  const encoded = /^basic +([a-z\d+/=]+)$/i.exec(given)?.[1];
  if (encoded === undefined) return "";
  try {
    const decoded = atob(encoded);
    const colon = decoded.indexOf(":");
    return colon === -1 ? "" : decoded.slice(0, colon);
  } catch {
    return "";
  }
}

/** Seconds with three decimals; a text, but a number to read. */
function seconds(timeMs: number): string {
  return (Math.max(0, timeMs) / 1000).toFixed(3);
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** `24/Nov/2026:02:19:07 +0100`. */
function localTime(timeMs: number, offsetMinutes: number): string {
  return remembered(LOCAL, timeMs, offsetMinutes, (local) => {
    const { year, month, day } = local;
    const name = MONTHS.slice(month * 3 - 3, month * 3);
    const offset = offsetText(offsetMinutes, "");
    return `${two(day)}/${name}/${year}:${clockOf(local)} ${offset}`;
  });
}

/** `2026-11-24T02:19:07+01:00`. */
function isoTime(timeMs: number, offsetMinutes: number): string {
  return remembered(ISO, timeMs, offsetMinutes, (local) => {
    return `${dateOf(local)}T${clockOf(local)}${
      offsetText(offsetMinutes, ":")
    }`;
  });
}

/** `2026-11-24T01:19:07.123Z`. */
function utcTime(timeMs: number): string {
  const utc = toCivilTime(timeMs);
  const fraction = String(utc.millisecond).padStart(3, "0");
  return `${dateOf(utc)}T${clockOf(utc)}.${fraction}Z`;
}

type Civil = ReturnType<typeof toCivilTime>;

function dateOf({ year, month, day }: Civil): string {
  return `${year}-${two(month)}-${two(day)}`;
}

function clockOf({ hour, minute, second }: Civil): string {
  return `${two(hour)}:${two(minute)}:${two(second)}`;
}

function offsetText(minutes: number, between: string): string {
  const sign = minutes < 0 ? "-" : "+";
  const [hour, minute] = [Math.abs(minutes) / 60, Math.abs(minutes) % 60];
  return `${sign}${two(Math.floor(hour))}${between}${two(minute)}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** The last time that was written: thousands of lines have the same. */
interface Memory {
  second: number;
  offsetMinutes: number;
  text: string;
}

const LOCAL: Memory = { second: NaN, offsetMinutes: 0, text: "" };
const ISO: Memory = { second: NaN, offsetMinutes: 0, text: "" };

function remembered(
  memory: Memory,
  timeMs: number,
  offsetMinutes: number,
  write: (local: Civil) => string,
): string {
  const second = Math.floor(timeMs / 1000);
  if (memory.second === second && memory.offsetMinutes === offsetMinutes) {
    return memory.text;
  }
  memory.second = second;
  memory.offsetMinutes = offsetMinutes;
  memory.text = write(toCivilTime(timeMs + offsetMinutes * 60_000));
  return memory.text;
}
