/**
 * What a GET or HEAD is answered from a stored response: all of it, a part,
 * or that the client has it already. Pure.
 *
 * Only of a 200 there are parts and versions. Several parts at once are
 * answered with the whole, which the RFC allows: the body of a large entry is
 * one stream. Source: RFC 9110 sections 13.2.2 (order), 14.2, 15.3.7, 15.4.5
 * and 15.5.17; RFC 9111 sections 4.3.2 and 5.1 (Age).
 */

import {
  evaluate,
  rangeApplies,
  type Validators,
} from "../http/conditional.ts";
import { parseHttpDate } from "../http/http_date.ts";
import { contentRange, selectRanges, type Slice } from "../http/range.ts";
import { findPair, type HeaderPairs } from "./renewal.ts";
import type { ReadHeader } from "./storing.ts";

/** A stored response, without its body. */
export interface Stored {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly bodyBytes: number;
}

/** What is sent of it. */
export interface EntryAnswer {
  readonly status: number;
  /** Fields beside those that are stored, or all of them. */
  readonly headers: "stored" | "described" | "none";
  readonly more: readonly string[];
  /** Content-Length; undefined: none (304). */
  readonly length: number | undefined;
  /** undefined: no body. */
  readonly slice: Slice | undefined;
}

/** What a 304 repeats: RFC 9110 section 15.4.5, and what caches need. */
const DESCRIBING: readonly string[] = [
  "cache-control",
  "content-location",
  "etag",
  "expires",
  "last-modified",
  "vary",
];

/** Whether a stored field stands in an answer with these. */
export function isSent(
  name: string,
  headers: EntryAnswer["headers"],
): boolean {
  return headers === "stored" ||
    (headers === "described" && DESCRIBING.includes(name));
}

/** What identifies a response's version. */
export function validatorsOf(headers: HeaderPairs): Validators {
  return {
    etag: findPair(headers, "etag") ?? undefined,
    lastModifiedMs: parseHttpDate(findPair(headers, "last-modified") ?? ""),
  };
}

/** Decide it. */
export function answerFrom(stored: Stored, asked: ReadHeader): EntryAnswer {
  const { status, bodyBytes: size } = stored;
  const whole: EntryAnswer = {
    status,
    headers: "stored",
    more: [],
    length: isBodiless(status) ? undefined : size,
    slice: { offset: 0, length: size },
  };
  if (status !== 200) return whole;
  const validators = validatorsOf(stored.headers);
  const verdict = evaluate(asked, validators);
  if (verdict !== "proceed") return refusing(verdict);
  const range = rangeApplies(asked("if-range"), validators)
    ? asked("range")
    : null;
  const selection = selectRanges(range, { size, rangesMax: 1 });
  if (selection.kind === "unsatisfiable") {
    const more = ["content-range", `bytes */${size}`];
    return { ...NOTHING, status: 416, headers: "none", more, length: 0 };
  }
  const slice = selection.kind === "slices" ? selection.slices[0] : undefined;
  if (slice === undefined) return whole;
  const more = ["content-range", contentRange(slice, size)];
  return { ...whole, status: 206, more, length: slice.length, slice };
}

const NOTHING = { more: [], length: undefined, slice: undefined } as const;

function refusing(verdict: "notModified" | "failed"): EntryAnswer {
  return verdict === "failed"
    ? { ...NOTHING, status: 412, headers: "none", length: 0 }
    : { ...NOTHING, status: 304, headers: "described" };
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
