/**
 * Everything the master reacts to, on one queue: signals, exits, channel
 * messages, answers to effects, the timer, requests. It decides nothing.
 *
 * Signals coalesce in the runtime, so they are a set here too: whatever came
 * since the last wake-up is one event, and the core knows the order.
 * nginx: src/os/unix/ngx_process.c, ngx_signal_handler.
 */

import type { MasterEvent } from "../core/master/event.ts";
import type { Signal } from "../core/master/signal.ts";
import { SIGNALS } from "../core/master/signal.ts";
import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import { isUsr1Blocked } from "../os/reexec.ts";
import { onSignal, readUsr1 } from "../os/signal.ts";

/** Beyond this, what children say is dropped; exits never are. */
const CROWDED_EVENTS = 16_384;

/** The one queue. */
export class Inbox {
  readonly #events: MasterEvent[] = [];
  readonly #signals = new Set<Signal>();
  #wake: (() => void) | undefined;

  /** Add an event. */
  push(event: MasterEvent): void {
    this.#events.push(event);
    this.#wakeUp();
  }

  /** Add what a child said, unless children are flooding the master. */
  pushMessage(event: MasterEvent): void {
    if (this.#events.length < CROWDED_EVENTS) this.push(event);
  }

  /** Note a signal; several of the same count once. */
  signal(signal: Signal): void {
    this.#signals.add(signal);
    this.#wakeUp();
  }

  /** The next event, signals first; waits for one. */
  async take(): Promise<MasterEvent> {
    for (;;) {
      if (this.#signals.size > 0) {
        const signals = [...this.#signals];
        this.#signals.clear();
        return { kind: "signalled", signals };
      }
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
  }

  #wakeUp(): void {
    this.#wake?.();
  }
}

/** Listen to every signal the master acts on. */
export function gatherSignals(inbox: Inbox): Result<void> {
  // From source SIGUSR1 is blocked and comes over a descriptor.
  const blocked = isUsr1Blocked();
  for (const { signal } of SIGNALS) {
    if (signal === "SIGUSR1" && blocked) continue;
    onSignal(signal, () => inbox.signal(signal));
  }
  return blocked ? readUsr1(() => inbox.signal("SIGUSR1")) : success(undefined);
}
