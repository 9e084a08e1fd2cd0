/**
 * Who asked, when trusted proxies stand between: the client's address from
 * what they say in a header, and its scheme. Pure.
 *
 * Nobody's word is taken but a trusted peer's. With `recursive` the addresses
 * are read from the last, which the peer itself wrote, to the first, as long
 * as each is trusted in turn: what a client made up is never reached.
 * Source: nginx's src/http/modules/ngx_http_realip_module.c and
 * ngx_http_get_forwarded_addr; RFC 7239 for Forwarded.
 */

import { type Cidr, isInCidr, parseCidr } from "../base/cidr.ts";
import { formatIp, type Ip, parseIp } from "../base/ip.ts";

/** As configured; texts, because they cross the channel. */
export interface RealIpSettings {
  /** Networks, and "unix:" for every Unix socket. */
  readonly from: readonly string[];
  /** A header's name in lower case, or "proxy_protocol". */
  readonly header: string;
  readonly recursive: boolean;
}

/** The settings, ready to be asked. */
export interface RealIpRules {
  readonly networks: readonly Cidr[];
  readonly trustsUnix: boolean;
  readonly header: string;
  readonly recursive: boolean;
}

/** Where somebody connects from. */
export type Address =
  | { readonly transport: "unix" }
  | { readonly transport: "tcp"; readonly hostname: string };

/** What trusted proxies say of a client; undefined: nothing. */
export interface RealClient {
  /** The port is 0 where the header names none. */
  readonly address:
    | { readonly hostname: string; readonly port: number }
    | undefined;
  readonly scheme: "http" | "https" | undefined;
}

/** Make rules of valid settings; what is no network trusts nobody. */
export function compileRealIp(settings: RealIpSettings): RealIpRules {
  const { from, header, recursive } = settings;
  const networks = from.map(parseCidr).filter((one) => one !== undefined);
  return { networks, trustsUnix: from.includes("unix:"), header, recursive };
}

/** Whether what a peer says is taken for true. */
export function isTrusted(address: Address, rules: RealIpRules): boolean {
  if (address.transport === "unix") return rules.trustsUnix;
  const ip = parseIp(address.hostname);
  return ip !== undefined && isTrustedIp(ip, rules);
}

function isTrustedIp(ip: Ip, { networks }: RealIpRules): boolean {
  return networks.some((network) => isInCidr(ip, network));
}

/** What the headers of a **trusted** peer say; names and values in turn. */
export function realClientOf(
  rawHeaders: readonly string[],
  rules: RealIpRules,
): RealClient {
  const { header } = rules;
  const values: string[] = [];
  let proto = "";
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    // No header is meant by it, though one may be called so.
    if (name === header && header !== "proxy_protocol") values.push(value);
    if (name === "x-forwarded-proto") proto = value;
  }
  const found = values.length === 0 ? undefined : walk(values, rules);
  const address = found && { hostname: formatIp(found.ip), port: found.port };
  return { address, scheme: schemeOf(proto) };
}

/** The last of several: the one that the peer wrote. */
function schemeOf(value: string): "http" | "https" | undefined {
  const last = value.slice(value.lastIndexOf(",") + 1).trim().toLowerCase();
  return last === "http" || last === "https" ? last : undefined;
}

interface Found {
  readonly ip: Ip;
  readonly port: number;
}

/** From the last address to the first, while each is trusted. */
function walk(
  values: readonly string[],
  rules: RealIpRules,
): Found | undefined {
  let found: Found | undefined;
  for (const value of values.toReversed()) {
    const entries = rules.header === "forwarded"
      ? forwardedFor(value)
      : value.split(/[ ,]+/).filter((entry) => entry !== "");
    // A line that names nobody breaks the chain.
    if (entries.length === 0) return found;
    for (const entry of entries.toReversed()) {
      const next = parseEntry(entry);
      if (next === undefined) return found;
      found = next;
      if (!rules.recursive || !isTrustedIp(next.ip, rules)) return found;
    }
  }
  return found;
}

/** "1.2.3.4", "1.2.3.4:5", "::1", "[::1]", "[::1]:5". */
function parseEntry(entry: string): Found | undefined {
  const bare = parseIp(entry);
  if (bare !== undefined) return { ip: bare, port: 0 };
  const match = /^(?:\[([^[\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(entry);
  const [, ipv6, ipv4, digits = "0"] = match ?? [];
  const ip = parseIp(ipv6 ?? ipv4 ?? "");
  const port = Number(digits);
  if (ip === undefined || port > 65_535) return undefined;
  return { ip, port };
}

/** A list of names and values, each a token or a quoted string. */
const FORWARDED_PAIR =
  /\s*(?:([!#$%&'*+.^_`|~\w-]+)=("(?:[^"\\]|\\.)*"|[^\s",;]*))?\s*([,;]|$)/y;

/**
 * What each element of a Forwarded header says behind `for`; "" where it says
 * nothing. Nothing at all when it is none.
 */
function forwardedFor(value: string): readonly string[] {
  const entries: string[] = [];
  let entry = "";
  FORWARDED_PAIR.lastIndex = 0;
  for (;;) {
    const match = FORWARDED_PAIR.exec(value);
    if (match === null) return [];
    const [, name = "", text = "", end] = match;
    if (name.toLowerCase() === "for") entry = unquoted(text);
    if (end === ";") continue;
    entries.push(entry);
    entry = "";
    if (end !== ",") return entries;
  }
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.slice(1, -1).replace(/\\(.)/g, "$1");
}
