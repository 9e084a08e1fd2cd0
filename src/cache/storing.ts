/**
 * May this response be stored by a cache that many share, and on which terms:
 * how long it is fresh, how long it may be given out stale, what must be left
 * out of it. Pure: what a header says is asked for by name, times are numbers.
 *
 * The order is nginx's, where the RFC leaves one: X-Accel-Expires is the app's
 * word to this cache alone and goes before everything, `valid` is the
 * operator's for responses that say nothing, and what sets a cookie is not
 * stored. Source: RFC 9111 sections 3, 4.2, 5.2.2; RFC 5861; nginx
 * src/http/ngx_http_upstream.c, ngx_http_upstream_process_accel_expires,
 * ngx_http_upstream_process_set_cookie and ngx_http_upstream_process_vary.
 */

import { parseHttpDate } from "../http/http_date.ts";
import {
  type Directives,
  fieldsOf,
  isWhole,
  parseDirectives,
  secondsOf,
  toSeconds,
} from "./directives.ts";

/** Reads a header by its lower-case name; several lines are one. */
export type ReadHeader = (name: string) => string | null;

/** What the operator says about freshness. */
export interface StoringPolicy {
  /** For responses that say nothing themselves, by status. */
  readonly valid: Readonly<{ [status: string]: number }>;
  /** Of the time since Last-Modified; 0: never guess. */
  readonly heuristicPercentMax: number;
  /** For responses that do not say it, in milliseconds. */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

/** A request and the response to it, with their times. */
export interface Answered {
  readonly method: string;
  readonly asked: ReadHeader;
  readonly status: number;
  readonly given: ReadHeader;
  /** When the app was called, and when it answered. Wall clock. */
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** How a stored response may be used: JSON, and kept with it. */
export interface Terms {
  /** When it was of age 0. Wall clock. */
  readonly bornAtMs: number;
  readonly lifetimeMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Never stale, not even when the app fails. */
  readonly mustRevalidate: boolean;
  /** Not even fresh without asking the app. */
  readonly alwaysRevalidate: boolean;
  /** A client may not ask for it stale either. */
  readonly refusesMaxStale: boolean;
}

/** Why not, in a word: for Cache-Status. */
export type Refusal =
  | "method"
  | "status"
  | "range"
  /** The operator's own word. */
  | "no-cache"
  | "no-store"
  | "private"
  | "authorization"
  | "set-cookie"
  | "vary"
  | "x-accel-expires"
  | "no-lifetime";

/** The verdict. */
export type Storing =
  | {
    readonly ok: true;
    readonly terms: Terms;
    /** Fields that are not stored with it, in lower case. */
    readonly dropped: readonly string[];
  }
  | { readonly ok: false; readonly reason: Refusal };

/** RFC 9110 section 15.1, but for 206, which is a part of something. */
const HEURISTIC: readonly number[] = [
  ...[200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501],
];

/** Statuses whose rules of caching are known, for must-understand. */
const UNDERSTOOD: readonly number[] = [...HEURISTIC, 302, 303, 307];

/** Decide it. */
export function judgeStoring(
  answered: Answered,
  policy: StoringPolicy,
): Storing {
  const { given, status } = answered;
  const directives = parseDirectives(given("cache-control"));
  const accel = accelExpiryOf(given("x-accel-expires"), answered.answeredAtMs);
  const dropped = [
    ...fieldsOf(directives, "private") ?? [],
    ...fieldsOf(directives, "no-cache") ?? [],
  ];
  const reason = refusalOf(answered, {
    directives,
    hasAccel: accel !== undefined,
    dropped,
  });
  if (reason !== undefined) return { ok: false, reason };
  if (accel !== undefined && accel <= answered.answeredAtMs) {
    return { ok: false, reason: "x-accel-expires" };
  }
  const terms = termsOf(answered, policy, { directives, accel });
  if (terms === undefined || !isOfUse(terms, answered)) {
    return { ok: false, reason: "no-lifetime" };
  }
  if (accel === undefined && status !== 200 && terms.lifetimeMs === 0) {
    // Only what is there in whole can be "not modified".
    return { ok: false, reason: "no-lifetime" };
  }
  return { ok: true, terms, dropped };
}

interface Said {
  readonly directives: Directives;
  readonly hasAccel: boolean;
  readonly dropped: readonly string[];
}

function refusalOf(
  { method, asked, status, given }: Answered,
  { directives, hasAccel, dropped }: Said,
): Refusal | undefined {
  if (method !== "GET") return "method";
  if (status === 206 || given("content-range") !== null) return "range";
  if (status < 200 || status === 304 || status === 416) return "status";
  if (parseDirectives(asked("cache-control")).has("no-store")) {
    return "no-store";
  }
  const isUnderstood = directives.has("must-understand");
  if (isUnderstood && !UNDERSTOOD.includes(status)) return "status";
  if (!hasAccel) {
    if (directives.has("no-store") && !isUnderstood) return "no-store";
    if (isWhole(directives, "private")) return "private";
  }
  if (asked("authorization") !== null && !allowsAuthorized(directives)) {
    return "authorization";
  }
  if (given("set-cookie") !== null && !dropped.includes("set-cookie")) {
    return "set-cookie";
  }
  const vary = given("vary");
  return vary !== null && /(?:^|,)\s*\*\s*(?:,|$)/.test(vary)
    ? "vary"
    : undefined;
}

/** RFC 9111 section 3.5. */
function allowsAuthorized(directives: Directives): boolean {
  return directives.has("public") || directives.has("s-maxage") ||
    directives.has("must-revalidate");
}

/** Seconds from now, or @seconds since 1970; the moment in milliseconds. */
function accelExpiryOf(
  text: string | null,
  nowMs: number,
): number | undefined {
  if (text === null) return undefined;
  const isAbsolute = text.startsWith("@");
  const seconds = toSeconds(isAbsolute ? text.slice(1) : text);
  if (seconds === undefined) return undefined;
  return isAbsolute ? seconds * 1000 : nowMs + seconds * 1000;
}

function termsOf(
  answered: Answered,
  policy: StoringPolicy,
  { directives, accel }: {
    readonly directives: Directives;
    readonly accel: number | undefined;
  },
): Terms | undefined {
  const bornAtMs = answered.answeredAtMs - initialAgeMs(answered);
  const lifetimeMs = accel === undefined
    ? lifetimeOf(answered, policy, directives)
    : accel - bornAtMs;
  const isNoCache = accel === undefined && isWhole(directives, "no-cache");
  if (lifetimeMs === undefined && !isNoCache) return undefined;
  const mustRevalidate = isNoCache || directives.has("must-revalidate") ||
    directives.has("proxy-revalidate");
  const staleMs = (name: string, standardMs: number): number => {
    if (mustRevalidate) return 0;
    const seconds = secondsOf(directives, name);
    if (seconds === undefined) return standardMs;
    return seconds === "invalid" ? 0 : seconds * 1000;
  };
  return {
    bornAtMs,
    lifetimeMs: lifetimeMs ?? 0,
    staleWhileRevalidateMs: staleMs(
      "stale-while-revalidate",
      policy.staleWhileRevalidateMs,
    ),
    staleIfErrorMs: staleMs("stale-if-error", policy.staleIfErrorMs),
    mustRevalidate,
    alwaysRevalidate: isNoCache,
    refusesMaxStale: mustRevalidate || directives.has("s-maxage"),
  };
}

/**
 * RFC 9111 section 4.2.3. The app is in this process: when it made its answer
 * is when we got it, unless Age or Date says that it is somebody else's.
 */
function initialAgeMs(
  { given, askedAtMs, answeredAtMs }: Answered,
): number {
  const date = parseHttpDate(given("date") ?? "");
  const apparentMs = date === undefined
    ? 0
    : Math.max(0, Math.floor(answeredAtMs / 1000) * 1000 - date);
  const text = given("age");
  if (text === null) return apparentMs;
  // Of a list the first counts; what is no number is not there.
  const age = toSeconds(text.split(",")[0]?.trim() ?? "");
  if (age === undefined) return apparentMs;
  const delayMs = Math.max(0, answeredAtMs - askedAtMs);
  return Math.max(apparentMs, age * 1000 + delayMs);
}

/** RFC 9111 section 4.2.1; undefined: it says nothing, and nobody else. */
function lifetimeOf(
  { status, given, answeredAtMs }: Answered,
  { valid, heuristicPercentMax }: StoringPolicy,
  directives: Directives,
): number | undefined {
  for (const name of ["s-maxage", "max-age"]) {
    const seconds = secondsOf(directives, name);
    if (seconds !== undefined) {
      return seconds === "invalid" ? 0 : seconds * 1000;
    }
  }
  const dateMs = parseHttpDate(given("date") ?? "") ?? answeredAtMs;
  const expires = given("expires");
  if (expires !== null) {
    const expiresMs = parseHttpDate(expires);
    return expiresMs === undefined ? 0 : Math.max(0, expiresMs - dateMs);
  }
  if (isWhole(directives, "no-cache")) return undefined;
  const ruleMs = valid[String(status)] ?? valid["any"];
  if (ruleMs !== undefined) return ruleMs;
  const modifiedMs = parseHttpDate(given("last-modified") ?? "");
  const mayGuess = HEURISTIC.includes(status) || directives.has("public");
  if (heuristicPercentMax === 0 || !mayGuess || modifiedMs === undefined) {
    return undefined;
  }
  return Math.max(0, dateMs - modifiedMs) * heuristicPercentMax / 100;
}

/** It can be given out some time, or the app can be asked about it. */
function isOfUse(
  { bornAtMs, lifetimeMs, ...terms }: Terms,
  { status, given, answeredAtMs }: Answered,
): boolean {
  const staleMs = Math.max(terms.staleWhileRevalidateMs, terms.staleIfErrorMs);
  const isFresh = bornAtMs + lifetimeMs + staleMs > answeredAtMs &&
    !terms.alwaysRevalidate;
  if (isFresh) return true;
  return status === 200 &&
    (given("etag") !== null || given("last-modified") !== null);
}
