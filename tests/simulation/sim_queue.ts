/**
 * The one queue of the simulated master. Some of its events are lies: said by
 * a child that was reaped, or answered twice. The shell promises the master
 * none whose subject is alive again under the same name, so those are dropped
 * when they are taken.
 */

import type { Pid } from "../../src/base/id.ts";
import type { ChildRef, MasterEvent } from "../../src/core/master/event.ts";
import type { Conditions } from "./condition.ts";

/** What may still be on its way from a child that is gone. */
const LATE_KINDS = [
  "childReady",
  "childReopened",
  "childDraining",
  "channelClosed",
] as const;

/** Where late messages come from. */
interface Haunted {
  readonly conditions: Conditions;
  later(afterMs: number, run: () => void): void;
}

/** Events in the order of their arrival. */
export class SimQueue {
  readonly #late = new WeakSet<MasterEvent>();
  readonly #isCurrent: (event: MasterEvent) => boolean;
  /** Who had a pid before. */
  readonly #former = new Map<Pid, ChildRef>();
  #events: MasterEvent[] = [];

  /** `isCurrent` tells whether a late event would be taken for a true one. */
  constructor(isCurrent: (event: MasterEvent) => boolean) {
    this.#isCurrent = isCurrent;
  }

  get length(): number {
    return this.#events.length;
  }

  push(event: MasterEvent): void {
    this.#events.push(event);
  }

  /** The event again, as one that comes too late. */
  late(event: MasterEvent): MasterEvent {
    const again = { ...event };
    this.#late.add(again);
    return again;
  }

  /** A child that was reaped is heard of once more. */
  haunt(ref: ChildRef, machine: Haunted): void {
    this.#former.set(ref.pid, ref);
    const { conditions } = machine;
    if (!conditions.hits("lateMessage")) return;
    const kind = LATE_KINDS[conditions.int("lateMessage", LATE_KINDS.length)];
    if (kind === undefined) return;
    const late = this.late({ kind, ...ref });
    const delayMs = conditions.int("lateMessage", 2000);
    machine.later(delayMs, () => this.push(late));
  }

  /** So is whoever had that pid before, now that somebody else has it. */
  hauntFormer(pid: Pid, machine: Haunted): void {
    const former = this.#former.get(pid);
    if (former !== undefined) this.haunt(former, machine);
  }

  /** The oldest event that may be heard. */
  take(): MasterEvent | undefined {
    for (;;) {
      const event = this.#events.shift();
      if (event === undefined) return undefined;
      if (!this.#late.has(event) || !this.#isCurrent(event)) return event;
    }
  }
}
