/**
 * `response_cache` as written to what a worker gets: defaults, units, and
 * whether there is such a zone.
 */

import { type Milliseconds, toMilliseconds } from "../base/unit.ts";
import type { ResponseCacheConfig } from "./config.ts";
import { DEFAULTS } from "./default.ts";
import type { ResponseCacheSettings } from "./response_cache_schema.ts";
import { parseTime } from "./quantity.ts";

/** nginx's, of a time without statuses. */
const STATUSES: readonly string[] = ["200", "301", "302"];

/** The configuration, none, or what is wrong. */
export type ResolvedResponseCache =
  | { readonly ok: true; readonly config: ResponseCacheConfig | undefined }
  | { readonly ok: false; readonly wrong: string };

/** Resolve it; `zones` are the names there are. */
export function resolveResponseCache(
  given: string | ResponseCacheSettings | undefined,
  zones: readonly string[],
): ResolvedResponseCache {
  if (given === undefined || given === "off") {
    return { ok: true, config: undefined };
  }
  const settings: ResponseCacheSettings = typeof given === "string"
    ? { zone: given }
    : given;
  const standard = DEFAULTS.response_cache;
  const { zone } = settings;
  if (!zones.includes(zone)) {
    const known = zones.map((name) => `"${name}"`).join(", ");
    const there = known === "" ? 'there is no "cache"' : `there is ${known}`;
    return { ok: false, wrong: `must be a zone of "cache": ${there}` };
  }
  const timeOf = (
    name: "lock_timeout" | "stale_while_revalidate" | "stale_if_error",
  ): Milliseconds => toTime(settings[name] ?? standard[name]);
  return {
    ok: true,
    config: {
      zone,
      valid: validOf(listOf(settings.valid ?? standard.valid)),
      bypass: listOf(settings.bypass ?? standard.bypass),
      noCache: listOf(settings.no_cache ?? standard.no_cache),
      lockTimeoutMs: timeOf("lock_timeout"),
      staleWhileRevalidateMs: timeOf("stale_while_revalidate"),
      staleIfErrorMs: timeOf("stale_if_error"),
      heuristicPercentMax: settings.heuristic_percent ??
        standard.heuristic_percent,
      requestDirectives: settings.request_directives ??
        standard.request_directives,
    },
  };
}

function validOf(rules: readonly string[]): ResponseCacheConfig["valid"] {
  const valid: Record<string, Milliseconds> = {};
  for (const rule of rules) {
    const words = rule.split(/ +/);
    const forMs = toTime(words.pop() ?? "0");
    for (const status of words.length === 0 ? STATUSES : words) {
      valid[status] ??= forMs;
    }
  }
  return valid;
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** The schema has let nothing through that parses to nothing. */
function toTime(value: string | number): Milliseconds {
  return parseTime(value) ?? toMilliseconds(0);
}
