/**
 * A stored response on its way to a client: what entry_answer.ts decided, with
 * the fields that the cache adds. The header lines of an entry are made once.
 */

import { respond } from "../http/prepared.ts";
import {
  answerFrom,
  type EntryAnswer,
  isSent,
  type Stored,
} from "./entry_answer.ts";
import type { EntryHead } from "./entry.ts";
import type { Entry } from "./stored_entry.ts";
import type { ReadHeader } from "./storing.ts";

/** What is asked of an entry. */
export interface Asking {
  readonly read: ReadHeader;
  readonly isHead: boolean;
}

/** What the cache says of it. */
export interface Saying {
  readonly ageMs: number;
  readonly cacheStatus: string;
}

const lines = new WeakMap<EntryHead, readonly string[]>();

/** Answer from `entry`, which is ended by this; `head`: what is new of it. */
export function respondFrom(
  entry: Entry,
  { read, isHead }: Asking,
  { ageMs, cacheStatus, head = entry.head }: Saying & {
    readonly head?: EntryHead;
  },
): Response {
  const stored: Stored = {
    status: head.status,
    headers: head.headers,
    bodyBytes: entry.bodyBytes,
  };
  const answer = answerFrom(stored, read);
  const headers = [
    ...linesFor(head, answer),
    ...answer.more,
    ...["age", String(Math.floor(ageMs / 1000)), "cache-status", cacheStatus],
  ];
  const prepared = { status: answer.status, headers, length: answer.length };
  const { slice } = answer;
  if (isHead || slice === undefined || answer.length === undefined) {
    entry.close();
    return respond({ ...prepared, body: null });
  }
  if (entry.bytes !== undefined) {
    const { offset, length } = slice;
    const isWhole = length === entry.bytes.length;
    const body = isWhole
      ? entry.bytes
      : entry.bytes.subarray(offset, offset + length);
    return respond({ ...prepared, body });
  }
  const { offset: start, length } = slice;
  return respond({
    ...prepared,
    body: entry.body({ start, end: start + length }),
  });
}

function linesFor(head: EntryHead, answer: EntryAnswer): readonly string[] {
  if (answer.headers === "stored") return allLines(head);
  return head.headers.filter(([name]) => isSent(name, answer.headers)).flat();
}

function allLines(head: EntryHead): readonly string[] {
  const made = lines.get(head);
  if (made !== undefined) return made;
  const all: string[] = head.headers.flat();
  if (head.status === 200 && !all.includes("accept-ranges")) {
    all.push("accept-ranges", "bytes");
  }
  lines.set(head, all);
  return all;
}
