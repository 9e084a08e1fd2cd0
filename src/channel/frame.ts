/**
 * Mailbox frames: one JSON value per line, no longer than a limit. Sans-io: it
 * is pushed bytes as they come and answers with the values that are complete,
 * the same ones however the bytes were cut. The first thing that is no frame
 * breaks it for good: what follows cannot be trusted to begin where it seems.
 *
 * Source: h11's shape; nginx's channel has frames of a fixed size
 * (src/os/unix/ngx_channel.h).
 */

/** The longest frame, its newline included. */
export const FRAME_BYTES_MAX = 32 * 1024;

const NEWLINE = 10;

/** What came of some bytes. */
export interface Frames {
  readonly values: readonly unknown[];
  /** Why nothing can be read any more; undefined: it can. */
  readonly broken?: string;
}

/** A value as a frame; undefined: it is too long. */
export function encodeFrame(
  value: unknown,
): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  return bytes.length <= FRAME_BYTES_MAX ? bytes : undefined;
}

/** Reads the frames of one sender. */
export class FrameReader {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #rest: Uint8Array = new Uint8Array();
  #broken: string | undefined;

  /** More bytes came. */
  push(chunk: Uint8Array): Frames {
    if (this.#broken !== undefined) return this.#answer([]);
    const bytes = joined(this.#rest, chunk);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    // A copy: the chunk may be the caller's to use again.
    this.#rest = bytes.slice(end);
    const values: unknown[] = [];
    this.#readLines(bytes.subarray(0, end), values);
    if (this.#rest.length >= FRAME_BYTES_MAX) this.#broken ??= TOO_LONG;
    return this.#answer(values);
  }

  #readLines(bytes: Uint8Array, values: unknown[]): void {
    let start = 0;
    while (start < bytes.length && this.#broken === undefined) {
      const end = bytes.indexOf(NEWLINE, start) + 1;
      if (end - start > FRAME_BYTES_MAX) this.#broken = TOO_LONG;
      else this.#readLine(bytes.subarray(start, end - 1), values);
      start = end;
    }
  }

  #readLine(line: Uint8Array, values: unknown[]): void {
    try {
      values.push(JSON.parse(this.#decoder.decode(line)));
    } catch {
      this.#broken = "not a line of JSON";
    }
  }

  #answer(values: readonly unknown[]): Frames {
    return this.#broken === undefined
      ? { values }
      : { values, broken: this.#broken };
  }
}

const TOO_LONG = `a frame longer than ${FRAME_BYTES_MAX} bytes`;

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
