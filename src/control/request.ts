/**
 * The control socket's protocol, between `--signal … --wait` and the master.
 * One JSON line each way at a time, at most 4 KiB with its line feed:
 *
 *     client                                   master
 *     {"kind":"request","request":"reload"}⏎ ─▶
 *                                            ◀─ {"kind":"accepted"}⏎
 *                          (the operator waits)
 *                                            ◀─ {"kind":"outcome",
 *                                                "ok":true,"text":"…"}⏎  EOF
 *
 * Garbage is a value, never a throw. Source: ours; nginx has only signals.
 */

import type { ControlRequest } from "../core/master/event.ts";

/** What an operator may ask for. */
export type ControlAsk = ControlRequest;

/** The longest line, its line feed included. */
export const LINE_BYTES_MAX = 4096;

/** Client to master. */
export interface Request {
  readonly request: ControlAsk;
}

/** Master to client. */
export type Answer =
  | { readonly kind: "accepted" }
  | { readonly kind: "outcome"; readonly ok: boolean; readonly text: string };

/** A line that was understood, or why not. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string };

const ASKS: readonly string[] = [
  "reload",
  "quit",
  "terminate",
  "reopen",
];

/** A request as a line. */
export function encodeRequest({ request }: Request): string {
  return `${JSON.stringify({ kind: "request", request })}\n`;
}

/** A line as a request. */
export function parseRequest(line: string): Parsed<Request> {
  const fields = parseObject(line);
  const request = fields?.["request"];
  if (fields?.["kind"] !== "request" || typeof request !== "string") {
    return { ok: false, reason: "not a request" };
  }
  return ASKS.includes(request)
    ? { ok: true, value: { request: request as ControlAsk } }
    : { ok: false, reason: "unknown request" };
}

/** An answer as a line; a long text is cut to fit. */
export function encodeAnswer(answer: Answer): string {
  const cut = answer.kind === "outcome"
    ? { ...answer, text: answer.text.slice(0, TEXT_UNITS_MAX) }
    : answer;
  return `${JSON.stringify(cut)}\n`;
}

/** Even if every unit of it needs six bytes, a line holds it. */
const TEXT_UNITS_MAX = 640;

/** A line as an answer. */
export function parseAnswer(line: string): Parsed<Answer> {
  const fields = parseObject(line);
  if (fields?.["kind"] === "accepted") {
    return { ok: true, value: { kind: "accepted" } };
  }
  const { ok, text } = { ok: fields?.["ok"], text: fields?.["text"] };
  const isOutcome = fields?.["kind"] === "outcome" &&
    typeof ok === "boolean" && typeof text === "string";
  return isOutcome
    ? { ok: true, value: { kind: "outcome", ok, text } }
    : { ok: false, reason: "not an answer" };
}

function parseObject(
  line: string,
): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? value as { readonly [name: string]: unknown }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whole lines so far, or a line that is too long. */
export type Read =
  | { readonly ok: true; readonly lines: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/** Bytes in, lines out; however the bytes are cut, the lines are the same. */
export interface LineReader {
  /** Lines end with a line feed, which is left out. */
  push(bytes: Uint8Array): Read;
}

/** A reader of lines of at most `bytesMax` bytes; broken once, for good. */
export function createLineReader(bytesMax: number): LineReader {
  let kept = new Uint8Array(0);
  let broken = false;
  return {
    push(bytes: Uint8Array): Read {
      const all = new Uint8Array(kept.length + bytes.length);
      all.set(kept);
      all.set(bytes, kept.length);
      const lines: string[] = [];
      let start = 0;
      for (;;) {
        const end = all.indexOf(0x0a, start);
        const length = (end === -1 ? all.length : end + 1) - start;
        broken ||= length > bytesMax;
        if (broken) return { ok: false, reason: "line too long" };
        if (end === -1) break;
        lines.push(new TextDecoder().decode(all.subarray(start, end)));
        start = end + 1;
      }
      kept = all.slice(start);
      return { ok: true, lines };
    },
  };
}
