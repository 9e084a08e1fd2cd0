/**
 * The control socket's protocol, between `--signal … --wait` and the master:
 * one JSON value per line, UTF-8, each line at most 4 KiB.
 *
 *     client                                            master
 *       │ {"kind":"request","request":"reload"} 0A        │
 *       ├────────────────────────────────────────────────▶│
 *       │ {"kind":"accepted"} 0A                          │  at once
 *       │◀────────────────────────────────────────────────┤
 *       │ {"kind":"outcome","ok":true,"text":"…"} 0A      │  when it is done
 *       │◀────────────────────────────────────────────────┤
 *
 *      7B … any bytes but 0A, at most 4096 …  7D   0A
 *      └──────────────── one line ───────────────┘ end
 *
 * One request per connection; closing it is giving up waiting. What is no
 * message of this protocol is a value here, never a throw; a line that is too
 * long ends the conversation. Source: gunicorn ctl/protocol.py (its framing).
 */

import type { Bytes } from "../base/unit.ts";
import { toBytes } from "../base/unit.ts";
import type { ControlRequest } from "../core/master/event.ts";

/** The longest line, its newline not counted. */
export const CONTROL_LINE_BYTES_MAX = toBytes(4096);

/** What the master answers: first that it heard, then how it ended. */
export type ControlAnswer =
  | { readonly kind: "accepted" }
  | {
    readonly kind: "outcome";
    readonly ok: boolean;
    /** One line for the operator; cut when the line would be too long. */
    readonly text: string;
  };

/** A line, read: its meaning, or why it has none. */
export type ParsedLine<Meaning> =
  | { readonly ok: true; readonly value: Meaning }
  | { readonly ok: false; readonly reason: string };

/** Takes bytes as they come and gives lines. */
export interface LineReader {
  /**
   * The lines these bytes complete, without their newlines. Once a line is
   * too long it is broken for good and gives no more.
   */
  push(chunk: Uint8Array): {
    readonly lines: readonly string[];
    readonly isBroken: boolean;
  };
}

const REQUESTS: readonly string[] = [
  "reload",
  "quit",
  "terminate",
  "reopen",
] satisfies readonly ControlRequest[];

const NEWLINE = 0x0a;

/** A request as a line, its newline included. */
export function encodeRequest(request: ControlRequest): string {
  return `${JSON.stringify({ kind: "request", request })}\n`;
}

/** An answer as a line, its newline included; never too long. */
export function encodeAnswer(answer: ControlAnswer): string {
  if (answer.kind === "accepted") return `{"kind":"accepted"}\n`;
  const { kind, ok } = answer;
  let text = answer.text;
  for (let cut = text; isTooLong({ kind, ok, text }); text = `${cut}…`) {
    // Never between the halves of a character: a lone one is replaced.
    cut = cut.slice(0, Math.floor(cut.length * 0.9)).toWellFormed();
  }
  return `${JSON.stringify({ kind, ok, text })}\n`;
}

/** What a client asks for. */
export function parseRequest(line: string): ParsedLine<ControlRequest> {
  const value = parseObject(line);
  const request = value?.["request"];
  const isKnown = typeof request === "string" && REQUESTS.includes(request);
  return value?.["kind"] === "request" && isKnown
    ? { ok: true, value: request as ControlRequest }
    : { ok: false, reason: "not a request" };
}

/** What the master answers. */
export function parseAnswer(line: string): ParsedLine<ControlAnswer> {
  const value = parseObject(line);
  if (value?.["kind"] === "accepted") {
    return { ok: true, value: { kind: "accepted" } };
  }
  const { kind, ok, text } = value ?? {};
  return kind === "outcome" && typeof ok === "boolean" &&
      typeof text === "string"
    ? { ok: true, value: { kind, ok, text } }
    : { ok: false, reason: "not an answer" };
}

/** A reader of lines of at most `bytesMax` bytes. */
export function createLineReader(bytesMax: Bytes): LineReader {
  const pending = new Uint8Array(bytesMax);
  let length = 0;
  let isBroken = false;

  /** Keep a piece of a line; false when the line gets too long. */
  function keep(piece: Uint8Array): boolean {
    if (length + piece.length > bytesMax) return false;
    pending.set(piece, length);
    length += piece.length;
    return true;
  }

  function push(chunk: Uint8Array): ReturnType<LineReader["push"]> {
    const lines: string[] = [];
    for (let from = 0; !isBroken && from < chunk.length;) {
      const newline = chunk.indexOf(NEWLINE, from);
      const end = newline === -1 ? chunk.length : newline;
      isBroken = !keep(chunk.subarray(from, end));
      from = end + 1;
      if (isBroken || newline === -1) continue;
      lines.push(new TextDecoder().decode(pending.subarray(0, length)));
      length = 0;
    }
    return { lines, isBroken };
  }

  return { push };
}

function isTooLong(answer: ControlAnswer): boolean {
  const { length } = new TextEncoder().encode(JSON.stringify(answer));
  return length > CONTROL_LINE_BYTES_MAX;
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
