/**
 * A buffer of the last N things: the journal's memory. Pushing never fails and
 * never grows it; the oldest member makes room and is counted as dropped.
 */

import { invariant } from "./invariant.ts";

/** The last `capacity` members pushed. */
export class Ring<Member> {
  readonly capacity: number;
  readonly #members: Member[] = [];
  /** Where the oldest member is once the ring is full. */
  #oldest = 0;
  #dropped = 0;

  /** `capacity` is a whole number, at least 1. */
  constructor(capacity: number) {
    invariant(
      Number.isSafeInteger(capacity) && capacity >= 1,
      "a ring's capacity is a whole number of at least 1",
    );
    this.capacity = capacity;
  }

  /** How many members it holds. */
  get length(): number {
    return this.#members.length;
  }

  /** How many members made room for newer ones, ever. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Add the newest member. */
  push(member: Member): void {
    if (this.#members.length < this.capacity) {
      this.#members.push(member);
      return;
    }
    this.#members[this.#oldest] = member;
    this.#oldest = (this.#oldest + 1) % this.capacity;
    this.#dropped += 1;
  }

  /** The members, oldest first; a copy. */
  toArray(): Member[] {
    return [
      ...this.#members.slice(this.#oldest),
      ...this.#members.slice(0, this.#oldest),
    ];
  }
}
