/**
 * Cache-Control as it is written: names in any case, values bare or quoted, a
 * comma inside quotes is no end. Of a directive given twice with two values
 * the stricter counts, and a time that is none is no time at all: what is
 * misread must make a cache store less, never more. Pure.
 * Source: RFC 9111 sections 1.2.2 (delta-seconds), 4.2.1, 5.2; RFC 9110
 * section 5.6 (tokens and quoted strings).
 */

/** Directives by name in lower case; `true`: it has no value. */
export type Directives = ReadonlyMap<string, string | true>;

/** One directive, at the start of what is left. */
const DIRECTIVE =
  /^[\s,]*([!#$%&'*+.^_`|~\dA-Za-z-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?[ \t]*(?=,|$)/;

/** To the next comma, over what nobody understands. */
const GARBLE = /^[\s,]*(?:"(?:[^"\\]|\\.)*"?|[^,"])*/;

/** No time is longer: what a 32-bit number holds, as the RFC suggests. */
const SECONDS_MAX = 2 ** 31;

const NONE: Directives = new Map();

/** What a Cache-Control header says; `null`: there is none. */
export function parseDirectives(text: string | null): Directives {
  if (text === null) return NONE;
  const directives = new Map<string, string | true>();
  for (let rest = text; rest !== "";) {
    const found = DIRECTIVE.exec(rest);
    if (found === null) {
      const garble = GARBLE.exec(rest)?.[0] ?? "";
      rest = rest.slice(Math.max(1, garble.length));
      continue;
    }
    const [whole, name = "", quoted, bare] = found;
    const value = quoted?.replace(/\\(.)/g, "$1") ?? bare ?? true;
    put(directives, name.toLowerCase(), value);
    rest = rest.slice(whole.length);
  }
  return directives;
}

function put(
  directives: Map<string, string | true>,
  name: string,
  value: string | true,
): void {
  const before = directives.get(name);
  directives.set(name, before === undefined ? value : stricter(before, value));
}

/** No field list is stricter than a list, and less time than more. */
function stricter(
  left: string | true,
  right: string | true,
): string | true {
  if (left === true || right === true) return true;
  const [a, b] = [toSeconds(left), toSeconds(right)];
  if (a === undefined && b === undefined) return `${left}, ${right}`;
  return a === undefined || (b !== undefined && a < b) ? left : right;
}

/**
 * The seconds of a directive. undefined: it is not there; "invalid": it is,
 * and says no number.
 */
export function secondsOf(
  directives: Directives,
  name: string,
): number | "invalid" | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return (value === true ? undefined : toSeconds(value)) ?? "invalid";
}

/** A number of seconds, at most 68 years; undefined: it is none. */
export function toSeconds(text: string): number | undefined {
  return /^\d+$/.test(text) ? Math.min(Number(text), SECONDS_MAX) : undefined;
}

/** Field names of a directive, in lower case; undefined: it has none. */
export function fieldsOf(
  directives: Directives,
  name: string,
): readonly string[] | undefined {
  const value = directives.get(name);
  if (value === undefined || value === true) return undefined;
  const fields = value.split(",").map((field) => field.trim().toLowerCase());
  const named = fields.filter((field) => field !== "");
  return named.length === 0 ? undefined : named;
}

/** It is there and names no fields: it is about the whole message. */
export function isWhole(directives: Directives, name: string): boolean {
  return directives.has(name) && fieldsOf(directives, name) === undefined;
}
