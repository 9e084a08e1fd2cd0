/**
 * One step of the master as the simulator sees it: what coverage, trace and
 * the checkers look at.
 */

import type { Instant } from "../../src/base/unit.ts";
import type { MasterEffect } from "../../src/core/master/effect.ts";
import type { ChildRef, MasterEvent } from "../../src/core/master/event.ts";
import type { MasterState } from "../../src/core/master/state.ts";

/** One step, seen from outside. */
export interface Transition {
  readonly now: Instant;
  readonly before: MasterState;
  readonly event: MasterEvent;
  readonly after: MasterState;
  readonly effects: readonly MasterEffect[];
}

/** A child in words. */
export function nameOf({ slot, generation, pid }: ChildRef): string {
  return `slot=${slot} gen=${generation} pid=${pid}`;
}

/** Whether the master is on its way out. */
export function isLeaving({ mode }: MasterState): boolean {
  return mode === "quitting" || mode === "terminating" ||
    mode === "relaying" || mode === "exited";
}
