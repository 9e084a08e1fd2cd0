/**
 * The mailboxes of the simulated machine: which pairs of processes have one.
 * A pair of which one died in the meantime is not made, as in
 * role/children.ts; what dies takes its mailboxes along.
 */

import type { MasterEffect } from "../../src/core/master/effect.ts";
import type { ChildRef } from "../../src/core/master/event.ts";

/** Who has a mailbox of whom, and what was ordered wrongly. */
export class SimMailboxes {
  /** Rules that an order broke, until they are asked for. */
  #broken: string[] = [];
  readonly #pairs = new Set<string>();
  readonly #isThere: (ref: ChildRef) => boolean;

  constructor(isThere: (ref: ChildRef) => boolean) {
    this.#isThere = isThere;
  }

  /** What was ordered wrongly since the last time. */
  takeBroken(): readonly string[] {
    const broken = this.#broken;
    this.#broken = [];
    return broken;
  }

  has(left: number, right: number): boolean {
    return this.#pairs.has(pairOf(left, right));
  }

  open(
    { peers, ...ref }: Extract<
      MasterEffect,
      { readonly kind: "openMailboxes" }
    >,
  ): void {
    for (const peer of peers) {
      if (!this.#isThere(ref) || !this.#isThere(peer)) {
        this.#broken.push(`P13 a mailbox for somebody who is gone`);
      }
      if (this.has(ref.pid, peer.pid)) {
        this.#broken.push(`P13 ${ref.pid} and ${peer.pid} are connected twice`);
      }
      this.#pairs.add(pairOf(ref.pid, peer.pid));
    }
  }

  close(
    { pid, peers }: Extract<
      MasterEffect,
      { readonly kind: "closeMailboxes" }
    >,
  ): void {
    for (const peer of peers) {
      if (!this.#gone.delete(pairOf(pid, peer.pid))) {
        this.#broken.push(`P13 ${peer.pid} is told of ${pid}, of no use`);
      }
    }
  }

  /** Pairs whose end was not told yet. */
  readonly #gone = new Set<string>();

  /** The child is reaped: its siblings are owed a word. */
  forget({ pid }: ChildRef): void {
    for (const pair of [...this.#pairs]) {
      if (!pair.split("-").includes(String(pid))) continue;
      this.#pairs.delete(pair);
      this.#gone.add(pair);
    }
  }

  /** Siblings who were not told that one of them is gone. */
  untold(isAlive: (pid: number) => boolean): readonly string[] {
    const untold = [...this.#gone].filter((pair) =>
      pair.split("-").some((pid) => isAlive(Number(pid)))
    );
    this.#gone.clear();
    return untold.map((pair) => `P13 of ${pair} one is gone, untold`);
  }
}

function pairOf(left: number, right: number): string {
  return left < right ? `${left}-${right}` : `${right}-${left}`;
}
