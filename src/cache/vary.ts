/**
 * Variants: which header fields of a request chose a response, and whether
 * another request would have chosen the same. Pure.
 * Source: RFC 9111 section 4.1; nginx src/http/ngx_http_file_cache.c,
 * ngx_http_file_cache_vary, for cleaning what lists say.
 */

import type { ReadHeader } from "./storing.ts";

/** Field names in lower case with what the request had; "": nothing. */
export type Variant = readonly (readonly [name: string, value: string])[];

/** More fields than anybody varies by; what has more is not stored. */
export const VARY_FIELDS_MAX = 16;

/** Names of a Vary header, each once, in order; "*" is one of them. */
export function varyNames(vary: string | null): readonly string[] {
  if (vary === null) return [];
  const names = vary.split(",").map((name) => name.trim().toLowerCase());
  return [...new Set(names.filter((name) => name !== ""))].sort();
}

/** What the request has of `names`. */
export function variantOf(
  names: readonly string[],
  asked: ReadHeader,
): Variant {
  return names.map((name) => [name, normalize(asked(name))]);
}

/** A field that is absent, and one that is empty, choose the same. */
function normalize(value: string | null): string {
  if (value === null) return "";
  return value.split(",").map((part) => part.trim().replace(/\s+/g, " "))
    .filter((part) => part !== "").join(",");
}

/** Whether a request would have chosen that variant, too. */
export function isChosen(variant: Variant, asked: ReadHeader): boolean {
  return variant.every(([name, value]) => normalize(asked(name)) === value);
}

/** The same fields, whatever they say. */
export function hasSameNames(
  left: Variant,
  names: readonly string[],
): boolean {
  return left.length === names.length &&
    left.every(([name], index) => name === names[index]);
}

/** Where a variant lies that is not the first of its group. */
export function variantKey(
  key: string,
  group: string,
  variant: Variant,
): string {
  return `${key}\n${group}\n${JSON.stringify(variant)}`;
}
