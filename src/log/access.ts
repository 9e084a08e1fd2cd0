/**
 * A line of the access log: a format with nginx's variables, compiled once to
 * a function of a record. Pure.
 *
 * The texts of a record are byte strings: one character per byte, as HTTP's
 * heads are read. A line is always one line: what a client sends is escaped,
 * `\x0A` for a newline, or as JSON. A variable without a value is "-", and
 * nothing in JSON.
 * Source: nginx src/http/modules/ngx_http_log_module.c; its variables,
 * src/http/ngx_http_variables.c.
 */

// nginx's variables are snake_case, and they are this file's subject.
// deno-lint-ignore-file camelcase

import type { AccessPlace, AccessRecord } from "./access_record.ts";
import { type Reader, readerOf, VARIABLES } from "./access_variable.ts";

/** How values are escaped; text between them never is. */
export type Escaping = "default" | "json" | "none";

/** Writes the line of a request, its newline included. */
export type Formatter = (record: AccessRecord, place: AccessPlace) => string;

/** A format that can be used, or what is wrong with it. */
export type Compiled =
  | { readonly ok: true; readonly format: Formatter }
  | { readonly ok: false; readonly wrong: string; readonly name?: string };

/** nginx's own format, and the default. */
const COMBINED = '$remote_addr - $remote_user [$time_local] "$request" ' +
  '$status $body_bytes_sent "$http_referer" "$http_user_agent"';

/** One object per line; its names are those of the variables. */
const JSON_NAMES: Readonly<Record<string, string>> = {
  time: "time_utc",
  remote_addr: "remote_addr",
  remote_user: "remote_user",
  method: "request_method",
  uri: "request_uri",
  protocol: "server_protocol",
  scheme: "scheme",
  host: "host",
  status: "status",
  body_bytes_sent: "body_bytes_sent",
  bytes_sent: "bytes_sent",
  request_length: "request_length",
  request_time: "request_time",
  referer: "http_referer",
  user_agent: "http_user_agent",
  connection: "connection",
  connection_requests: "connection_requests",
  pid: "pid",
};

/** Formats that have a name. */
export const NAMED_FORMATS: readonly string[] = ["combined", "json"];

/** `$name` or `${name}`. */
const NAME = /^\$(?:([a-z\d_]+)|\{([a-z\d_]+)\})$/;

type Part = string | Reader;

/** Compile a named format or a text with variables. */
export function compileFormat(
  format: string,
  escaping: Escaping = "default",
): Compiled {
  if (format === "combined") return compileFormat(COMBINED, escaping);
  if (format === "json") return compileFormat(jsonText(), "json");
  if (!format.includes("$")) return { ok: false, wrong: "has no variable" };
  const parts: Part[] = [];
  for (const piece of piecesOf(format)) {
    if (!piece.startsWith("$")) {
      parts.push(piece);
      continue;
    }
    const [, bare, braced] = NAME.exec(piece) ?? [];
    const name = bare ?? braced;
    if (name === undefined) {
      return { ok: false, wrong: `has an invalid variable name, ${piece}` };
    }
    const reader = readerOf(name);
    if (reader === undefined) {
      return { ok: false, wrong: `has an unknown variable, "$${name}"`, name };
    }
    parts.push(reader);
  }
  return { ok: true, format: formatterOf(parts, ESCAPES[escaping]) };
}

/** Every variable by name; those with a name in them end in "_". */
export function variableNames(): readonly string[] {
  return Object.keys(VARIABLES);
}

/** Text and variables in turn, in their order. */
function piecesOf(format: string): readonly string[] {
  return format.match(/\$\{[^}]*\}?|\$[A-Za-z\d_]*|[^$]+/g) ?? [];
}

function formatterOf(
  parts: readonly Part[],
  escape: (text: string) => string,
): Formatter {
  return (record, place) => {
    let line = "";
    for (const part of parts) {
      if (typeof part === "string") {
        line += part;
        continue;
      }
      const value = part(record, place);
      line += typeof value === "number" ? value : escape(value);
    }
    return `${line}\n`;
  };
}

function jsonText(): string {
  const members = Object.entries(JSON_NAMES).map(([name, variable]) => {
    const isText = !VARIABLES[variable]?.isNumber;
    return `"${name}":${isText ? `"$${variable}"` : `$${variable}`}`;
  });
  return `{${members.join(",")}}`;
}

const ESCAPES: Readonly<Record<Escaping, (text: string) => string>> = {
  default: escapeDefault,
  json: escapeJson,
  // A line is a line even so.
  none: (text) => text.replace(/[\r\n]/g, hexEscape),
};

/** nginx's: quotes, backslashes, controls, and all that is not ASCII. */
// deno-lint-ignore no-control-regex -- control characters are the subject
const UNSAFE = /[\u0000-\u001f"\\\u007f-\uffff]/;
// deno-lint-ignore no-control-regex -- as above
const UNSAFE_ALL = /[\u0000-\u001f"\\\u007f-\uffff]/g;

function escapeDefault(text: string): string {
  if (text === "") return "-";
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, hexEscape) : text;
}

/** One byte, or the bytes of UTF-8 for what is no byte. */
function hexEscape(character: string): string {
  const code = character.charCodeAt(0);
  const bytes = code < 0x100 ? [code] : new TextEncoder().encode(character);
  return [...bytes].map((byte) =>
    `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`
  ).join("");
}

/** JSON's, without the quotes; bytes that are UTF-8 are read as such. */
function escapeJson(text: string): string {
  if (!UNSAFE.test(text)) return text;
  const quoted = JSON.stringify(decodeUtf8(text).toWellFormed());
  return quoted.slice(1, -1).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function decodeUtf8(text: string): string {
  // deno-lint-ignore no-control-regex -- bytes, all of them
  if (!/[\u0080-\u00ff]/.test(text) || /[^\u0000-\u00ff]/.test(text)) {
    return text;
  }
  try {
    return decoder.decode(
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
  } catch {
    // Bytes that are no text stay what they are, one character each.
    return text;
  }
}
