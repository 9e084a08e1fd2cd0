/**
 * Conditional requests: may the answer be "you have it already" (304), must it
 * be "not what you think it is" (412), and does a Range still mean the file it
 * was asked of. Pure.
 * Source: RFC 9110 section 13 (preconditions, 13.2.2 for their order), 8.8.
 */

import { parseHttpDate } from "./http_date.ts";

/** What identifies the version of a file. */
export interface Validators {
  /** With its quotes, and W/ when it is weak; undefined: none is sent. */
  readonly etag: string | undefined;
  /** Whole seconds; undefined: none is sent. */
  readonly lastModifiedMs: number | undefined;
}

/** Reads a request's header by its lower-case name. */
export type HeaderReader = (name: string) => string | null;

/** What the preconditions of a request come to. */
export type Verdict = "proceed" | "notModified" | "failed";

/** The facts an entity tag is made of. */
export interface TaggedFile {
  readonly size: number;
  /** When it was changed last, milliseconds since 1970. */
  readonly mtimeMs: number;
}

/**
 * Two changes within one second may leave the same tag, as file systems count
 * in steps: so it is weak until the second is over. Source: RFC 9110 section
 * 8.8.1; Apache does the same.
 */
const SETTLED_AFTER_MS = 1000;

/** One tag of a list; more than one comma may stand between two. */
const TAG = /^[\s,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")\s*(?=,|$)/;

/**
 * nginx's tag, seconds and size in hexadecimal, so that a site served by both
 * has one; fractions of a second are added where the file system has them.
 */
export function etagOf({ size, mtimeMs }: TaggedFile, nowMs: number): string {
  const seconds = Math.floor(mtimeMs / 1000);
  const rest = Math.floor(mtimeMs - seconds * 1000);
  const fraction = rest === 0 ? "" : `.${rest.toString(16)}`;
  const tag = `"${seconds.toString(16)}${fraction}-${size.toString(16)}"`;
  return nowMs - mtimeMs < SETTLED_AFTER_MS ? `W/${tag}` : tag;
}

/** Evaluate the preconditions of a GET or HEAD, in the RFC's order. */
export function evaluate(read: HeaderReader, validators: Validators): Verdict {
  const match = read("if-match");
  const unmodified = read("if-unmodified-since");
  if (match !== null) {
    if (!hasTag(match, validators.etag, "strong")) return "failed";
  } else if (unmodified !== null && isChangedSince(unmodified, validators)) {
    return "failed";
  }
  const noneMatch = read("if-none-match");
  if (noneMatch !== null) {
    const has = hasTag(noneMatch, validators.etag, "weak");
    return has ? "notModified" : "proceed";
  }
  const since = read("if-modified-since");
  const isSame = since !== null && isUnchangedSince(since, validators);
  return isSame ? "notModified" : "proceed";
}

/** Whether a Range applies: If-Range names this very version, or is absent. */
export function rangeApplies(
  ifRange: string | null,
  { etag, lastModifiedMs }: Validators,
): boolean {
  if (ifRange === null) return true;
  // A weak tag does not promise the same bytes.
  if (ifRange.startsWith('"')) return ifRange === etag;
  const date = parseHttpDate(ifRange);
  // A date says as little while the second in which it changed is not over.
  const isSettled = etag === undefined || !etag.startsWith("W/");
  return date !== undefined && isSettled && date === lastModifiedMs;
}

function hasTag(
  list: string,
  etag: string | undefined,
  comparison: "strong" | "weak",
): boolean {
  // It is there, and that is all an asterisk asks.
  if (list.trim() === "*") return true;
  if (etag === undefined) return false;
  if (comparison === "strong" && etag.startsWith("W/")) return false;
  const wanted = comparison === "strong" ? etag : withoutWeak(etag);
  for (const tag of tagsIn(list)) {
    const given = comparison === "strong" ? tag : withoutWeak(tag);
    if (given === wanted) return true;
  }
  return false;
}

/** The tags of a list, up to the first thing that is none. */
function tagsIn(list: string): readonly string[] {
  const tags: string[] = [];
  let rest = list;
  for (;;) {
    const found = TAG.exec(rest);
    if (found === null) return tags;
    tags.push(found[1] ?? "");
    rest = rest.slice(found[0].length);
  }
}

function withoutWeak(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}

/** A date that is none is as if it were not there. */
function isUnchangedSince(
  date: string,
  { lastModifiedMs }: Validators,
): boolean {
  const since = parseHttpDate(date);
  return since !== undefined && lastModifiedMs !== undefined &&
    lastModifiedMs <= since;
}

function isChangedSince(date: string, { lastModifiedMs }: Validators): boolean {
  const since = parseHttpDate(date);
  return since !== undefined && lastModifiedMs !== undefined &&
    lastModifiedMs > since;
}
