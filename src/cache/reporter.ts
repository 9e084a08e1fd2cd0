/**
 * Tells the cache manager what becomes of a zone's files, a moment later and
 * many at once. Nobody waits for it: a manager that is not there, or does not
 * read, is told when it is, within the limits of notice.ts.
 */

import type { Item, ZoneNotice } from "./notice.ts";
import { NoticeBatch } from "./notice.ts";

/** Long enough to gather, short enough for a manager that keeps a limit. */
const GATHER_MS = 50;

/** How often it is told of the use of the same entry at most. */
const USED_AGAIN_MS = 1000;

/** Entries whose last use is remembered for that. */
const REMEMBERED_MAX = 10_000;

/** Sends a frame to the cache manager; false: not now. */
export type SendNotice = (notice: ZoneNotice) => boolean;

/** Reports on one zone. */
export class Reporter {
  readonly #batch: NoticeBatch;
  readonly #send: SendNotice;
  readonly #told = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(zone: string, send: SendNotice) {
    this.#batch = new NoticeBatch(zone);
    this.#send = send;
  }

  /** Tell it soon. */
  report(item: Item): void {
    if (item.kind === "used" && this.#isTold(item.hash)) return;
    this.#batch.add(item);
    this.#arm();
  }

  get isEmpty(): boolean {
    return this.#batch.isEmpty;
  }

  /** Tell it now, as far as it listens; the last time, or not. */
  flush(isLast = false): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (;;) {
      const notice = this.#batch.take(isLast);
      if (notice === undefined) return;
      if (!this.#send(notice)) {
        this.#batch.putBack(notice);
        // What was merely used is forgotten: the rest is tried again.
        if (!this.#batch.isEmpty && !isLast) this.#arm();
        return;
      }
      if (notice.isLast) return;
    }
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.flush(), GATHER_MS);
    Deno.unrefTimer(this.#timer);
  }

  #isTold(hash: string): boolean {
    const now = performance.now();
    const last = this.#told.get(hash);
    if (last !== undefined && now - last < USED_AGAIN_MS) return true;
    if (this.#told.size >= REMEMBERED_MAX) this.#told.clear();
    this.#told.set(hash, now);
    return false;
  }
}
