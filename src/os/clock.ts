/**
 * The clock and the one timer. Time reaches the core as an argument; this is
 * where it comes from. Instants are of CLOCK_MONOTONIC (man 2 clock_gettime),
 * which no operator sets and a suspended machine does not advance.
 */

import type { Instant } from "../base/unit.ts";
import { toInstant } from "../base/unit.ts";

/** setTimeout takes 31 bits; a longer wait fires early and is armed again. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** Now, by the monotonic clock. */
export function monotonicNow(): Instant {
  return toInstant(performance.now());
}

/** A timer that is armed anew for each deadline. */
export interface Timer {
  /**
   * Fire once at `at`, instead of whenever it was armed for before; at once,
   * but never within this call, when that has passed. undefined: not at all.
   */
  arm(at: Instant | undefined): void;
  /** Never fire again. */
  close(): void;
}

/** A timer, not armed. `onFired` is never called earlier than asked for. */
export function createTimer(onFired: () => void): Timer {
  let handle: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function disarm(): void {
    if (handle !== undefined) clearTimeout(handle);
    handle = undefined;
  }

  function arm(at: Instant | undefined): void {
    disarm();
    if (at === undefined || closed) return;
    // Rounded up: a timer a fraction early would find nothing due and be
    // armed again and again until the deadline.
    const delayMs = Math.max(0, Math.ceil(at - monotonicNow()));
    handle = setTimeout(() => {
      handle = undefined;
      if (monotonicNow() < at) arm(at);
      else onFired();
    }, Math.min(delayMs, DELAY_MS_MAX));
  }

  return {
    arm,
    close(): void {
      closed = true;
      disarm();
    },
  };
}
