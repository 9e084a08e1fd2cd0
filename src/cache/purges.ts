/**
 * What was purged lately: an entry may have been stored just before, and be
 * told of after it. Pure.
 */

import type { FiledEntry, Purge } from "./notice.ts";

/** Nobody tells of a store so much later. */
const REMEMBERED_MS = 60_000;

/** Purges that are remembered; of more, the first are forgotten. */
const REMEMBERED_MAX = 1000;

/** The purges of one zone. */
export class Purges {
  readonly #atByTag = new Map<string, number>();

  add({ tag, atMs }: Purge, nowMs: number): void {
    this.#atByTag.delete(tag);
    this.#atByTag.set(tag, atMs);
    for (const [old, at] of this.#atByTag) {
      const isOld = nowMs - at > REMEMBERED_MS ||
        this.#atByTag.size > REMEMBERED_MAX;
      if (!isOld) break;
      this.#atByTag.delete(old);
    }
  }

  /** Whether the entry was purged after it was stored. */
  has({ tags, atMs }: FiledEntry): boolean {
    return tags.some((tag) => atMs <= (this.#atByTag.get(tag) ?? -1));
  }
}
