/**
 * An answer that is known before there is a Response (prepared.ts), on the
 * wire: bytes in one write with the head, a file piece by piece as the client
 * takes it.
 *
 * A file is read synchronously, as nginx reads it: what is served is in the
 * page cache nearly always, and a thread costs more than the call.
 */

import type { Exchange } from "./exchange.ts";
import {
  closeQuietly,
  FileShorterError,
  type FileSlice,
  isFileSlice,
} from "./file_body.ts";
import type { Prepared } from "./prepared.ts";

/** Enough to keep a fast client busy, little enough to hold for a slow one. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Send it and close its file. Returns undefined when all was handed over at
 * once, else a promise that rejects when the file breaks.
 */
export function sendPrepared(
  { status, headers, length, body }: Prepared,
  exchange: Exchange,
): undefined | Promise<void> {
  const head = {
    status,
    statusText: "",
    lines: headers,
    length: length === undefined ? undefined : String(length),
  };
  if (!isFileSlice(body)) {
    exchange.respond(head, body);
    return undefined;
  }
  if (exchange.ending !== undefined) {
    closeQuietly(body.file);
    return undefined;
  }
  exchange.start(head);
  return sendSlice(body, exchange);
}

/** Resolves when all was handed over, or when the client is gone. */
async function sendSlice(
  { file, offset, length }: FileSlice,
  exchange: Exchange,
): Promise<void> {
  try {
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let rest = length; rest > 0;) {
      const chunk = new Uint8Array(Math.min(rest, CHUNK_BYTES));
      const count = file.readSync(chunk);
      if (count === null) throw new FileShorterError(rest);
      rest -= count;
      const room = exchange.write(chunk.subarray(0, count));
      if (room !== undefined) await room;
      if (exchange.ending !== undefined) return;
    }
    exchange.end();
  } finally {
    closeQuietly(file);
  }
}
