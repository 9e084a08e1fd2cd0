/**
 * An entry somebody reads. A small body is in memory and known to be right
 * before anybody sees it; a longer one comes from its file and is checked on
 * the way: its last bytes are given out only when the checksum of all of it is
 * right, so that no client takes a wrong body for the whole.
 */

import type { DecodedHead, EntryHead } from "./entry.ts";
import { addToSum } from "./entry.ts";

/** Enough to keep a fast client busy, little enough to hold for a slow one. */
const CHUNK_BYTES = 64 * 1024;

/** Bytes of a body, the end excluded. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An entry that was found; whoever has it reads its body or closes it. */
export interface Entry {
  readonly head: EntryHead;
  readonly bodyBytes: number;
  /** The body, when it is small; there is nothing to close then. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /**
   * The body as a stream, or a part of it, once; the file is closed at its
   * end, or when it is cancelled. A part is not checked.
   */
  body(range?: ByteRange): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Nobody wants the body. */
  close(): void;
}

/** The body is not what was stored, and the client has a part of it. */
export class BrokenBodyError extends Error {
  override readonly name = "BrokenBodyError";
}

/** What an entry is made of. */
export interface EntryParts {
  readonly decoded: DecodedHead;
  readonly file: Deno.FsFile;
  /** Checked already. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** The body turned out to be wrong. */
  readonly onBroken: (reason: string) => void;
}

/** An entry whose head is known to be right. */
export function createEntry(parts: EntryParts): Entry {
  const { decoded: { head, bodyBytes }, file, bytes } = parts;
  let isOpen = bytes === undefined;
  if (!isOpen) file.close();
  const close = (): void => {
    if (isOpen) file.close();
    isOpen = false;
  };
  return {
    head,
    bodyBytes,
    bytes,
    close,
    body(
      range: ByteRange = { start: 0, end: bodyBytes },
    ): ReadableStream<Uint8Array<ArrayBuffer>> {
      const { start, end } = range;
      if (bytes !== undefined) return streamOf(bytes.slice(start, end));
      const chunks = readChunks(parts, { start, end });
      return new ReadableStream({
        async pull(controller): Promise<void> {
          try {
            const { done, value } = await chunks.next();
            if (!done) return controller.enqueue(value);
            close();
            controller.close();
          } catch (error) {
            close();
            throw error;
          }
        },
        cancel: close,
      }, { highWaterMark: 0 });
    },
  };
}

function streamOf(
  bytes: Uint8Array<ArrayBuffer>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller): void {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

async function* readChunks(
  { decoded, file, onBroken }: EntryParts,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const isWhole = start === 0 && end === decoded.bodyBytes;
  await file.seek(decoded.bodyAt + start, Deno.SeekMode.Start);
  let sum = 0;
  let rest = end - start;
  while (rest > 0) {
    const chunk = new Uint8Array(Math.min(rest, CHUNK_BYTES));
    const count = await file.read(chunk);
    if (count === null) throw broken("it became shorter", onBroken);
    const bytes = chunk.subarray(0, count);
    rest -= count;
    if (isWhole) sum = addToSum(bytes, sum);
    if (rest === 0 && isWhole && sum !== decoded.bodySum) {
      throw broken("its body's checksum is wrong", onBroken);
    }
    yield bytes;
  }
}

function broken(reason: string, onBroken: (reason: string) => void): Error {
  onBroken(reason);
  return new BrokenBodyError(`A cache entry is broken: ${reason}`);
}
