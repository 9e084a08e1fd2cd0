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

/** What an exchange hands over at once; it also stays in the CPU's cache. */
const CHUNK_BYTES = 128 * 1024;

/**
 * Buffers to read files into that nobody holds. A new one for each chunk costs
 * more than reading it does: its pages come one by one, and the collector has
 * them all to look after. One does for all clients that take what they get.
 */
const spareBuffers: Uint8Array<ArrayBuffer>[] = [];
const SPARE_MAX = 4;

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
      const buffer = takeBuffer(rest);
      const count = file.readSync(buffer.subarray(0, rest));
      if (count === null) throw new FileShorterError(rest);
      rest -= count;
      const room = exchange.write(buffer.subarray(0, count));
      const isFree = exchange.isFlushed;
      if (isFree) giveBack(buffer);
      if (room !== undefined) await room;
      if (exchange.ending !== undefined) return;
      if (!isFree && exchange.isFlushed) giveBack(buffer);
    }
    exchange.end();
  } finally {
    closeQuietly(file);
  }
}

/** For `bytes` or the next of them. */
function takeBuffer(bytes: number): Uint8Array<ArrayBuffer> {
  return spareBuffers.pop() ?? new Uint8Array(Math.min(bytes, CHUNK_BYTES));
}

function giveBack(buffer: Uint8Array<ArrayBuffer>): void {
  if (buffer.length < CHUNK_BYTES || spareBuffers.length >= SPARE_MAX) return;
  spareBuffers.push(buffer);
}
