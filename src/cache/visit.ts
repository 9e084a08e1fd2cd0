/**
 * One request to a cache, with what is asked of it more than once.
 */

import { headerOf } from "../http/request.ts";
import { type Directives, parseDirectives } from "./directives.ts";
import type { HeaderPairs } from "./renewal.ts";
import type { ReadHeader } from "./storing.ts";

/** A GET or HEAD on its way. */
export interface Visit<Info> {
  readonly request: Request;
  readonly info: Info;
  readonly key: string;
  readonly read: ReadHeader;
  /** What the client says in Cache-Control. */
  readonly asked: Directives;
  readonly isHead: boolean;
  /** Only the app can answer it, unless there is something stored. */
  readonly isSpecial: boolean;
}

const NO_CACHE: Directives = new Map([["no-cache", true as const]]);
const NOTHING: Directives = new Map();

/** What says "only if it is (not) that version", of a GET from the app. */
const STRICT: readonly string[] = ["if-match", "if-unmodified-since"];

/** What is asked of a stored response, and not of the app. */
const CONDITIONS: readonly string[] = [
  "if-modified-since",
  "if-none-match",
  "if-range",
  "range",
];

/** Begin one; `isObeyed`: what the client says about caching counts. */
export function toVisit<Info>(
  request: Request,
  info: Info,
  { key, isObeyed }: { readonly key: string; readonly isObeyed: boolean },
): Visit<Info> {
  const read: ReadHeader = (name) => headerOf(request, name);
  const isHead = request.method === "HEAD";
  return {
    request,
    info,
    key,
    read,
    asked: isObeyed ? directivesOf(read) : NOTHING,
    isHead,
    isSpecial: isHead || read("range") !== null || hasStrict(read),
  };
}

/** Whether the client wants no answer unless it is (not) some version. */
export function hasStrict(read: ReadHeader): boolean {
  return STRICT.some((name) => read(name) !== null);
}

/** Pragma is what old clients say instead. RFC 9111 section 5.4 */
function directivesOf(read: ReadHeader): Directives {
  const control = read("cache-control");
  if (control !== null) return parseDirectives(control);
  const pragma = read("pragma");
  return pragma !== null && parseDirectives(pragma).has("no-cache")
    ? NO_CACHE
    : NOTHING;
}

/**
 * The request as the app gets it: for all of the response, and only if it is
 * not the one with `conditions`. `isDetached`: it outlives its client.
 */
export function requestFor<Info>(
  { request, read }: Visit<Info>,
  { conditions, isDetached }: {
    readonly conditions: HeaderPairs;
    readonly isDetached: boolean;
  },
): Request {
  const isAsItIs = !isDetached && conditions.length === 0 &&
    CONDITIONS.every((name) => read(name) === null);
  if (isAsItIs) return request;
  const headers = new Headers(request.headers);
  for (const name of CONDITIONS) headers.delete(name);
  for (const [name, value] of conditions) headers.set(name, value);
  const { url, signal } = request;
  return new Request(url, isDetached ? { headers } : { headers, signal });
}
