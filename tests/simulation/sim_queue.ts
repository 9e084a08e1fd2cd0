/**
 * The one queue of the simulated master. Some of its events are lies: said by
 * a child that was reaped, or answered twice. The shell promises the master
 * none whose subject is alive again under the same name, so those are dropped
 * when they are taken.
 */

import type { MasterEvent } from "../../src/core/master/event.ts";

/** What may still be on its way from a child that is gone. */
export const LATE_KINDS = [
  "childReady",
  "childReopened",
  "childDraining",
  "channelClosed",
] as const;

/** Events in the order of their arrival. */
export class SimQueue {
  readonly #late = new WeakSet<MasterEvent>();
  readonly #isCurrent: (event: MasterEvent) => boolean;
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

  /** The oldest event that may be heard. */
  take(): MasterEvent | undefined {
    for (;;) {
      const event = this.#events.shift();
      if (event === undefined) return undefined;
      if (!this.#late.has(event) || !this.#isCurrent(event)) return event;
    }
  }
}
