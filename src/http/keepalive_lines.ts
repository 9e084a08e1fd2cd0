/**
 * The lines that keep a connection open, made once per timeout.
 * Source: RFC 9112 section 9.3; RFC 2068 section 19.7.1 for Keep-Alive.
 */

import type { Milliseconds } from "../base/unit.ts";

const keepaliveTexts = new Map<Milliseconds, string>();

/**
 * `Connection: keep-alive` and for how long, with line ends: in whole seconds,
 * as clients read it, and never more than it is.
 */
export function keepaliveLines(timeoutMs: Milliseconds): string {
  let text = keepaliveTexts.get(timeoutMs);
  if (text === undefined) {
    const seconds = Math.floor(timeoutMs / 1000);
    text = "Connection: keep-alive\r\n";
    if (seconds > 0) text += `Keep-Alive: timeout=${seconds}\r\n`;
    keepaliveTexts.set(timeoutMs, text);
  }
  return text;
}
