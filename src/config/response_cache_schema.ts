/**
 * The shape of `response_cache`: which zone a pool's responses are stored in,
 * and what the operator says that they do not say themselves. nginx's names
 * of its proxy_cache directives, without "proxy_cache_", where it has them.
 */

// nginx's directive names are snake_case.
// deno-lint-ignore-file camelcase

import * as v from "valibot";
import { DEFAULTS } from "./default.ts";
import {
  directive,
  EXPECTED,
  integer,
  positiveTime,
  time,
} from "./directive.ts";
import { parseTime } from "./quantity.ts";

const STANDARD = DEFAULTS.response_cache;

const zone = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]{0,63}$/));

/** "200 301 10m", "any 1m" or "10m". */
const rule = v.pipe(
  v.string(),
  v.regex(/^((any|[2-5]\d\d) +){0,32}[^ ]+$/),
  v.check((text) => parseTime(text.split(" ").at(-1) ?? "") !== undefined),
);

const condition = v.pipe(
  v.string(),
  v.regex(/^\$(cookie|arg|http)_[\w-]{1,128}$/),
);
const conditions = v.union([condition, v.array(condition)]);
const CONDITIONS_EXPECTED =
  'a list of "$cookie_NAME", "$arg_NAME" and "$http_NAME"';

/** The object form of `response_cache`. */
export const responseCacheOptions = {
  zone: directive(zone, {
    doc: "The zone of `cache` that responses are stored in.",
    expected: "the name of a zone",
  }),
  valid: directive(v.union([rule, v.array(rule)]), {
    doc: "How long responses are fresh that do not say it, by status.",
    expected: '"10m", "200 301 10m" or "any 1m", or a list of such',
    default: STANDARD.valid,
  }),
  bypass: directive(conditions, {
    doc: "Do not answer from the store, but store, if one is not empty or 0.",
    expected: CONDITIONS_EXPECTED,
    default: STANDARD.bypass,
  }),
  no_cache: directive(conditions, {
    doc: "Do not store if one is not empty or 0.",
    expected: CONDITIONS_EXPECTED,
    default: STANDARD.no_cache,
  }),
  lock_timeout: directive(positiveTime, {
    doc: "How long a request waits for another's; then it is not stored.",
    expected: EXPECTED.positiveTime,
    default: STANDARD.lock_timeout,
  }),
  stale_while_revalidate: directive(time, {
    doc: "How long a response may be given out stale that does not say it.",
    expected: EXPECTED.time,
    default: STANDARD.stale_while_revalidate,
  }),
  stale_if_error: directive(time, {
    doc: "The same, when the app fails.",
    expected: EXPECTED.time,
    default: STANDARD.stale_if_error,
  }),
  heuristic_percent: directive(integer(0, 100), {
    doc: "Guess how long from Last-Modified: so much of the time since; 0: no.",
    expected: "an integer from 0 to 100",
    default: STANDARD.heuristic_percent,
  }),
  request_directives: directive(v.boolean(), {
    doc: "Obey the Cache-Control of requests: a reload asks the app.",
    expected: EXPECTED.boolean,
    default: STANDARD.request_directives,
  }),
};

const { zone: named, ...optional } = responseCacheOptions;

/** `response_cache` as an object. */
export const responseCacheObject = v.strictObject({
  zone: named,
  ...v.partial(v.strictObject(optional)).entries,
});

/** `response_cache` as an object, valid. */
export type ResponseCacheSettings = v.InferOutput<typeof responseCacheObject>;
