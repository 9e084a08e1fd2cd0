/**
 * What a GET or HEAD for a file is answered: the status, the header lines, and
 * which bytes. Pure: the file is known by its facts alone.
 * Source: RFC 9110 sections 13.2.2 (order: preconditions, If-Range, Range),
 * 15.3.7 (206), 15.4.5 (304), 15.5.17 (416).
 */

import type { Encoding } from "../http/accept.ts";
import type { HeaderReader, Validators } from "../http/conditional.ts";
import { etagOf, evaluate, rangeApplies } from "../http/conditional.ts";
import { formatHttpDate } from "../http/http_date.ts";
import type { Multipart, Slice } from "../http/range.ts";
import { contentRange, frameMultipart, selectRanges } from "../http/range.ts";

/** A file that is to be sent, and how. */
export interface Representation {
  readonly size: number;
  readonly mtimeMs: number;
  /** Of what is in the file, decoded. */
  readonly type: string;
  /** What the file is encoded with; undefined: it is as it is. */
  readonly encoding: Encoding | undefined;
  /** Another client may be sent another encoding. */
  readonly varies: boolean;
}

/** What a site says about all its files. */
export interface AnswerPolicy {
  readonly etag: boolean;
  readonly cacheControl: string | undefined;
  /** Ranges answered at once at most; 0: none are. */
  readonly rangesMax: number;
}

/** What is asked, and by whom it is answered. */
export interface Question {
  readonly read: HeaderReader;
  /** Wall clock. */
  readonly nowMs: number;
  /** Separates parts; occurs in no file. Asked for when there are several. */
  readonly boundary: () => string;
}

/** What is sent. */
export interface Answer {
  readonly status: 200 | 206 | 304 | 412 | 416;
  /** Names in lower case and values in turn. */
  readonly headers: readonly string[];
  /** Content-Length; undefined: none (304). */
  readonly length: number | undefined;
  readonly content:
    | { readonly kind: "nothing" }
    /** All of it is one slice, too; of an empty file its length is 0. */
    | { readonly kind: "slice"; readonly slice: Slice }
    | {
      readonly kind: "parts";
      readonly slices: readonly Slice[];
      readonly frame: Multipart;
    };
}

const NOTHING = { kind: "nothing" } as const;

/** Answer for a file. */
export function answerFor(
  file: Representation,
  policy: AnswerPolicy,
  question: Question,
): Answer {
  const validators = validatorsOf(file, policy, question.nowMs);
  const { read } = question;
  const verdict = evaluate(read, validators);
  const headers = commonHeaders(file, policy, validators);
  if (verdict === "failed") {
    return { status: 412, headers: [], length: 0, content: NOTHING };
  }
  if (verdict === "notModified") {
    return { status: 304, headers, length: undefined, content: NOTHING };
  }
  const range = rangeOf(read, validators);
  const { size } = file;
  const { rangesMax } = policy;
  const selection = selectRanges(range, { size, rangesMax });
  switch (selection.kind) {
    case "whole":
      return wholeOf(file, headers, rangesMax);
    case "slices":
      return partOf(file, { headers, slices: selection.slices, question });
    case "unsatisfiable": {
      const range = ["content-range", `bytes */${size}`];
      return { status: 416, headers: range, length: 0, content: NOTHING };
    }
  }
}

function rangeOf(read: HeaderReader, validators: Validators): string | null {
  const range = read("range");
  if (range === null || !rangeApplies(read("if-range"), validators)) {
    return null;
  }
  return range;
}

function validatorsOf(
  file: Representation,
  { etag }: AnswerPolicy,
  nowMs: number,
): Validators {
  // A date in the future would say that nothing can change until then.
  const modifiedMs = Math.min(file.mtimeMs, nowMs);
  return {
    etag: etag ? etagOf(file, nowMs) : undefined,
    lastModifiedMs: Math.floor(modifiedMs / 1000) * 1000,
  };
}

/** What 200, 206 and 304 have in common. */
function commonHeaders(
  { varies }: Representation,
  { cacheControl }: AnswerPolicy,
  { etag, lastModifiedMs = 0 }: Validators,
): readonly string[] {
  const headers = ["last-modified", formatHttpDate(lastModifiedMs)];
  if (etag !== undefined) headers.push("etag", etag);
  if (cacheControl !== undefined) headers.push("cache-control", cacheControl);
  if (varies) headers.push("vary", "Accept-Encoding");
  return headers;
}

function contentHeaders(
  type: string,
  encoding: Encoding | undefined,
): readonly string[] {
  const headers = ["content-type", type];
  if (encoding !== undefined) headers.push("content-encoding", encoding);
  return headers;
}

function wholeOf(
  { size, type, encoding }: Representation,
  common: readonly string[],
  rangesMax: number,
): Answer {
  const ranges = rangesMax === 0 ? [] : ["accept-ranges", "bytes"];
  return {
    status: 200,
    headers: [...contentHeaders(type, encoding), ...common, ...ranges],
    length: size,
    content: { kind: "slice", slice: { offset: 0, length: size } },
  };
}

function partOf(
  { size, type, encoding }: Representation,
  { headers, slices, question }: {
    readonly headers: readonly string[];
    readonly slices: readonly Slice[];
    readonly question: Question;
  },
): Answer {
  const [slice, ...more] = slices;
  if (slice !== undefined && more.length === 0) {
    const range = ["content-range", contentRange(slice, size)];
    return {
      status: 206,
      headers: [...contentHeaders(type, encoding), ...headers, ...range],
      length: slice.length,
      content: { kind: "slice", slice },
    };
  }
  const boundary = question.boundary();
  const frame = frameMultipart(slices, { size, type, boundary });
  return {
    status: 206,
    headers: [...contentHeaders(frame.contentType, encoding), ...headers],
    length: frame.length,
    content: { kind: "parts", slices, frame },
  };
}
