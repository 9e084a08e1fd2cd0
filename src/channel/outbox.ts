/**
 * What waits to be written to one sibling, and how much may. Pure: it is told
 * of a frame, asked for the next bytes, and told when they are gone; frames
 * keep their order and are never cut. What does not fit is dropped and
 * counted: nginx drops it, too, and does not count (its weakness W11).
 */

import { FRAME_BYTES_MAX } from "./frame.ts";

/** The most that may wait for one sibling, what is being written included. */
export const BACKLOG_BYTES_MAX = 64 * 1024;

/** The frames for one sibling. */
export class Outbox {
  /** Frames that did not fit. */
  dropped = 0;
  #frames: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  #writingBytes = 0;

  /** Whether nothing waits and nothing is being written. */
  get isEmpty(): boolean {
    return this.#waitingBytes + this.#writingBytes === 0;
  }

  hasRoomFor(frame: Uint8Array<ArrayBuffer>): boolean {
    const bytes = this.#waitingBytes + this.#writingBytes + frame.length;
    return bytes <= BACKLOG_BYTES_MAX;
  }

  /** Keep a frame; false: it is dropped. */
  offer(frame: Uint8Array<ArrayBuffer>): boolean {
    if (!this.hasRoomFor(frame)) {
      this.dropped += 1;
      return false;
    }
    this.#frames.push(frame);
    this.#waitingBytes += frame.length;
    return true;
  }

  /**
   * The next whole frames to write at once; undefined: there are none, or the
   * last ones are not written yet.
   */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#writingBytes > 0 || this.#frames.length === 0) return undefined;
    let count = 0;
    let length = 0;
    for (const frame of this.#frames) {
      if (length + frame.length > FRAME_BYTES_MAX) break;
      length += frame.length;
      count += 1;
    }
    const taken = this.#frames.splice(0, count);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const frame of taken) {
      bytes.set(frame, at);
      at += frame.length;
    }
    this.#waitingBytes -= length;
    this.#writingBytes = length;
    return bytes;
  }

  /** What was taken last is with the kernel. */
  written(): void {
    this.#writingBytes = 0;
  }
}
