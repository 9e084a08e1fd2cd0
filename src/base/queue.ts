/**
 * A bounded first-in, first-out queue. It never grows past its capacity: what
 * does not fit is refused, and the refusal is the caller's to handle or count.
 * Taking is cheap however long the queue is.
 */

import { invariant } from "./invariant.ts";

/** Below this many taken members the array is not worth moving. */
const TAKEN_MIN = 32;

/** A queue of at most `capacity` members. */
export class Queue<Member> {
  readonly capacity: number;
  #members: Member[] = [];
  /** Where the next member to take is; what is before it has been taken. */
  #head = 0;
  #refused = 0;

  /** `capacity` is a whole number, at least 1. */
  constructor(capacity: number) {
    invariant(
      Number.isSafeInteger(capacity) && capacity >= 1,
      "a queue's capacity is a whole number of at least 1",
    );
    this.capacity = capacity;
  }

  /** How many members wait. */
  get length(): number {
    return this.#members.length - this.#head;
  }

  /** How many members were refused because the queue was full, ever. */
  get refused(): number {
    return this.#refused;
  }

  /** Add a member at the end; false, and not added, when full. */
  push(member: Member): boolean {
    if (this.length >= this.capacity) {
      this.#refused += 1;
      return false;
    }
    this.#members.push(member);
    return true;
  }

  /** The oldest member, removed; undefined when there is none. */
  take(): Member | undefined {
    if (this.length === 0) return undefined;
    const member = this.#members[this.#head];
    this.#head += 1;
    this.#dropTaken();
    return member;
  }

  /** All members, oldest first; the queue is empty afterwards. */
  takeAll(): Member[] {
    const members = this.#members.slice(this.#head);
    this.#members = [];
    this.#head = 0;
    return members;
  }

  /** Moves at most as many members as were taken: constant time on average. */
  #dropTaken(): void {
    if (this.#head < TAKEN_MIN || this.#head < this.length) return;
    this.#members = this.#members.slice(this.#head);
    this.#head = 0;
  }
}
