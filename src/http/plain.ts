/**
 * The server's own answers: a status and its words as plain text, with nothing
 * in them that came from the request or from inside.
 */

import type { Exchange } from "./exchange.ts";
import { reasonOf } from "./status.ts";

/** What the parser and the limits refuse leaves no way to go on. */
const CLOSING = [400, 408, 413, 414, 417, 501, 505];

/** Answer with `status` alone. */
export function sendPlain(exchange: Exchange, status: number): void {
  if (CLOSING.includes(status)) exchange.refuseKeepalive();
  const text = `${reasonOf(status)}\n`;
  const lines = ["Content-Type", "text/plain;charset=UTF-8"];
  const length = String(text.length);
  exchange.respond({ status, statusText: "", lines, length }, text);
}
