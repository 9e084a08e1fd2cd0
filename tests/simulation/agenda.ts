/**
 * What the simulated machine will do and when: a binary heap ordered by time,
 * then by the order of asking, so that a run is the same every time. Nothing
 * runs by itself; the simulator takes the next entry and moves the clock.
 */

import type { Instant } from "../../src/base/unit.ts";
import { toInstant } from "../../src/base/unit.ts";

/** One thing to come. */
export interface Entry {
  readonly at: Instant;
  readonly run: () => void;
}

interface Numbered extends Entry {
  readonly number: number;
}

/** The things to come, earliest first. */
export class Agenda {
  #heap: Numbered[] = [];
  #asked = 0;

  /** When the next thing happens; undefined: nothing ever. */
  get next(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Let something happen at an instant. */
  add(at: Instant, run: () => void): void {
    this.#asked += 1;
    this.#heap.push({ at, run, number: this.#asked });
    this.#up(this.#heap.length - 1);
  }

  /** The next thing, removed. */
  take(): Entry | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#down(0);
    }
    return first;
  }

  /** The whole machine stood still: everything happens that much later. */
  delayAll(byMs: number): void {
    this.#heap = this.#heap.map((entry) => ({
      ...entry,
      at: toInstant(entry.at + byMs),
    }));
  }

  #up(index: number): void {
    let at = index;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(index: number): void {
    let at = index;
    for (;;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, first)) {
          first = child;
        }
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const one = this.#heap[left];
    const other = this.#heap[right];
    if (one === undefined || other === undefined) return false;
    return one.at === other.at ? one.number < other.number : one.at < other.at;
  }

  #swap(left: number, right: number): void {
    const one = this.#heap[left];
    const other = this.#heap[right];
    if (one === undefined || other === undefined) return;
    this.#heap[left] = other;
    this.#heap[right] = one;
  }
}
