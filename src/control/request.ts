/**
 * The control socket's protocol, between `--signal … --wait` and the master:
 * one JSON value per line, UTF-8, a line at most 4 KiB with its line feed.
 *
 *     client                                            master
 *       │ {"kind":"request","request":"reload"} 0A        │
 *       ├────────────────────────────────────────────────▶│
 *       │ {"kind":"accepted"} 0A                          │  at once
 *       │◀────────────────────────────────────────────────┤
 *       │ {"kind":"outcome","ok":true,"text":"…"} 0A      │  when it is done
 *       │◀────────────────────────────────────────────────┤  EOF
 *
 *     7B … any bytes but 0A … 7D 0A
 *     └────── at most 4096 ───────┘
 *
 * One request per connection; closing it is giving up waiting. What is no
 * message of this protocol is a value here, never a throw; a line that is too
 * long ends the conversation. Source: ours; nginx has only signals.
 */

import type { Bytes } from "../base/unit.ts";
import { toBytes } from "../base/unit.ts";
import type { ControlRequest } from "../core/master/event.ts";

/** The longest line, its line feed included. */
export const CONTROL_LINE_BYTES_MAX = toBytes(4096);

/** Master to client: first that it heard, then how it ended. */
export type ControlAnswer =
  | { readonly kind: "accepted" }
  | { readonly kind: "outcome"; readonly ok: boolean; readonly text: string };

/** A line that was understood, or why not. */
export type ParsedLine<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string };

/** Bytes in, lines out; however the bytes are cut, the lines are the same. */
export interface LineReader {
  /**
   * The lines these bytes complete, without their line feeds. A line that is
   * too long breaks the reader for good: no more lines come.
   */
  push(bytes: Uint8Array): {
    readonly lines: readonly string[];
    readonly isBroken: boolean;
  };
}

const REQUESTS: readonly string[] = [
  "reload",
  "quit",
  "terminate",
  "reopen",
  "upgrade",
] satisfies readonly ControlRequest[];

const LINE_FEED = 0x0a;

/** A request as a line. */
export function encodeRequest(request: ControlRequest): string {
  return `${JSON.stringify({ kind: "request", request })}\n`;
}

/** A line as a request. */
export function parseRequest(line: string): ParsedLine<ControlRequest> {
  const fields = parseObject(line);
  const request = fields?.["request"];
  const isKnown = typeof request === "string" && REQUESTS.includes(request);
  return fields?.["kind"] === "request" && isKnown
    ? { ok: true, value: request as ControlRequest }
    : { ok: false, reason: "not a request" };
}

/** An answer as a line; a long text is cut to fit. */
export function encodeAnswer(answer: ControlAnswer): string {
  if (answer.kind === "accepted") return `{"kind":"accepted"}\n`;
  const { kind, ok } = answer;
  let line = lineOf(answer);
  let kept = answer.text;
  while (line === undefined) {
    // Never half a character: what the cut leaves alone is replaced.
    kept = kept.slice(0, Math.floor(kept.length * 0.9));
    line = lineOf({ kind, ok, text: `${kept.toWellFormed()}…` });
  }
  return line;
}

/** A line as an answer. */
export function parseAnswer(line: string): ParsedLine<ControlAnswer> {
  const { kind, ok, text } = parseObject(line) ?? {};
  if (kind === "accepted") return { ok: true, value: { kind } };
  return kind === "outcome" && typeof ok === "boolean" &&
      typeof text === "string"
    ? { ok: true, value: { kind, ok, text } }
    : { ok: false, reason: "not an answer" };
}

/** A reader of lines of at most `bytesMax` bytes, the line feed included. */
export function createLineReader(bytesMax: Bytes): LineReader {
  const pending = new Uint8Array(bytesMax);
  let length = 0;
  let isBroken = false;

  /** Keep a piece of a line; there is room for the line feed to come. */
  function keep(piece: Uint8Array): void {
    isBroken = length + piece.length >= bytesMax;
    if (isBroken) return;
    pending.set(piece, length);
    length += piece.length;
  }

  function push(bytes: Uint8Array): ReturnType<LineReader["push"]> {
    const lines: string[] = [];
    for (let from = 0; !isBroken && from < bytes.length;) {
      const lineFeed = bytes.indexOf(LINE_FEED, from);
      const end = lineFeed === -1 ? bytes.length : lineFeed;
      keep(bytes.subarray(from, end));
      from = end + 1;
      if (isBroken || lineFeed === -1) continue;
      lines.push(new TextDecoder().decode(pending.subarray(0, length)));
      length = 0;
    }
    return { lines, isBroken };
  }

  return { push };
}

/** An answer as a line; undefined when it is too long. */
function lineOf(answer: ControlAnswer): string | undefined {
  const line = `${JSON.stringify(answer)}\n`;
  const { length } = new TextEncoder().encode(line);
  return length <= CONTROL_LINE_BYTES_MAX ? line : undefined;
}

/** An object as JSON has it; undefined for everything else. */
function parseObject(
  line: string,
): { readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? { ...value }
      : undefined;
  } catch {
    return undefined;
  }
}
