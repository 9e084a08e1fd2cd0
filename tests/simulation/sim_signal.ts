/**
 * Signals to the simulated master: they coalesce until it wakes up, and what
 * it takes is a set. man 7 signal
 */

import type { MasterEvent } from "../../src/core/master/event.ts";
import type { Signal } from "../../src/core/master/signal.ts";

/** The signals that wait. */
export class SimSignals {
  readonly #waiting = new Set<Signal>();
  readonly #wakeUp: (take: () => MasterEvent) => void;

  /** `wakeUp` is given how to take what has come by then. */
  constructor(wakeUp: (take: () => MasterEvent) => void) {
    this.#wakeUp = wakeUp;
  }

  /** Some arrive. */
  raise(signals: readonly Signal[]): void {
    const wasIdle = this.#waiting.size === 0;
    for (const signal of signals) this.#waiting.add(signal);
    if (wasIdle) this.#wakeUp(() => this.#take());
  }

  #take(): MasterEvent {
    const signals = [...this.#waiting];
    this.#waiting.clear();
    return { kind: "signalled", signals };
  }
}
