/**
 * May a stored response answer this request: as it is, as it is while it is
 * being asked for anew, or only after the app was asked. Pure.
 * Source: RFC 9111 sections 4.2, 4.2.4, 5.2.1; RFC 5861 sections 3 and 4.
 */

import { type Directives, secondsOf } from "./directives.ts";
import type { Terms } from "./storing.ts";

/** What becomes of a stored response. */
export type Use =
  /** It answers. */
  | "fresh"
  /** It answers because the client says it may be stale. */
  | "asked-stale"
  /** It answers, and the app is asked behind the client's back. */
  | "stale"
  /** The app is to be asked first: it is too old. */
  | "expired"
  /** The app is to be asked first: the client wants that. */
  | "unwanted";

/** The use of it, and how old it is. */
export interface Reuse {
  readonly use: Use;
  readonly ageMs: number;
  /** How long it is still fresh; negative: for how long not. */
  readonly ttlMs: number;
  /** It may be given out when the app fails. */
  readonly servesOnError: boolean;
}

/** Decide for `now`, wall clock; a clock that went back makes nothing older. */
export function judgeReuse(
  terms: Terms,
  asked: Directives,
  nowMs: number,
): Reuse {
  const ageMs = Math.max(0, nowMs - terms.bornAtMs);
  const ttlMs = terms.lifetimeMs - ageMs;
  return {
    use: useOf(terms, asked, { ageMs, ttlMs }),
    ageMs,
    ttlMs,
    servesOnError: servesOnError(terms, asked, ttlMs),
  };
}

function useOf(
  terms: Terms,
  asked: Directives,
  { ageMs, ttlMs }: Pick<Reuse, "ageMs" | "ttlMs">,
): Use {
  if (terms.alwaysRevalidate) return "expired";
  if (asked.has("no-cache") || isTooOld(asked, ageMs)) return "unwanted";
  if (isSoonStale(asked, ttlMs)) return "unwanted";
  if (ttlMs > 0) return "fresh";
  if (-ttlMs < terms.staleWhileRevalidateMs) return "stale";
  return mayBeStale(terms, asked, -ttlMs) ? "asked-stale" : "expired";
}

function isTooOld(asked: Directives, ageMs: number): boolean {
  const seconds = secondsOf(asked, "max-age");
  if (seconds === undefined) return false;
  return seconds === "invalid" || Math.floor(ageMs / 1000) > seconds ||
    seconds === 0;
}

function isSoonStale(asked: Directives, ttlMs: number): boolean {
  const seconds = secondsOf(asked, "min-fresh");
  return seconds !== undefined &&
    (seconds === "invalid" || ttlMs < seconds * 1000);
}

function mayBeStale(
  { refusesMaxStale }: Terms,
  asked: Directives,
  staleMs: number,
): boolean {
  if (refusesMaxStale || !asked.has("max-stale")) return false;
  // Without a number it may be as stale as it likes.
  if (asked.get("max-stale") === true) return true;
  const seconds = secondsOf(asked, "max-stale");
  return typeof seconds === "number" && staleMs <= seconds * 1000;
}

function servesOnError(
  terms: Terms,
  asked: Directives,
  ttlMs: number,
): boolean {
  if (terms.mustRevalidate || asked.has("no-cache")) return false;
  const seconds = secondsOf(asked, "stale-if-error");
  const askedMs = typeof seconds === "number" ? seconds * 1000 : 0;
  return -ttlMs < Math.max(terms.staleIfErrorMs, askedMs);
}

/** What counts as a failure of the app. Source: RFC 5861 section 4. */
export function isFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}
