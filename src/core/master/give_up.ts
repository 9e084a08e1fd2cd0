/**
 * Giving a coming generation up: its workers end, what was opened for it alone
 * is closed, the generation in force goes on untouched, and everyone who waits
 * is told why. nginx: src/core/ngx_cycle.c, failed: (the rollback of a cycle).
 *
 * Workers that said they serve may have connections already, for they share
 * the sockets: they drain. Only those that hang at start are terminated.
 */

import type { Instant, Milliseconds } from "../../base/unit.ts";
import { toMilliseconds } from "../../base/unit.ts";
import type { Failure } from "./notice.ts";
import { formatFailure } from "./notice.ts";
import type { Plan } from "./policy.ts";
import { announceFailure } from "./predecessor.ts";
import {
  crowdOut,
  drainRow,
  isTellable,
  terminate,
  terminateRow,
} from "./shutdown.ts";
import type { AssignedSlot, Slot } from "./slot.ts";
import { isAssigned, isIdle, VACANT } from "./slot.ts";
import type { MasterState, Row, Step } from "./state.ts";
import {
  forEach,
  inOrder,
  refOf,
  rowsWhere,
  say,
  stay,
  withSlot,
} from "./state.ts";
import { answer } from "./waiter.ts";

/** Whether a slot's worker belongs to the generation on its way. */
export function isNewcomer(state: MasterState, slot: Slot): boolean {
  return isAssigned(slot) && slot.generation === state.changeover?.generation;
}

/**
 * Give the coming generation up. A reload keeps what is in force; a start has
 * nothing to keep and ends with exit code 1.
 */
export function giveUp(
  state: MasterState,
  failure: Failure,
  now: Instant,
): Step {
  const { changeover } = state;
  if (changeover === undefined) return stay(state);
  const { generation } = changeover;
  const kept = state.generation;
  const isStart = state.mode === "starting";
  return inOrder(
    state,
    (current) =>
      stay(
        current,
        say(isStart ? "emerg" : "error", {
          kind: "changeoverFailed",
          generation,
          kept,
          failure,
        }),
      ),
    (current) =>
      dismiss(current, { now, timedOut: failure.kind === "startupTimedOut" }),
    (current) =>
      answer(current, "reload", { ok: false, text: formatFailure(failure) }),
    (current) =>
      isStart
        ? announceFailure(current, formatFailure(failure))
        : stay(current),
    (current) =>
      isStart ? terminate({ ...current, exitCode: 1 }, now) : stay(current),
  );
}

/**
 * End the workers of the coming generation: those that may have connections
 * drain, those that hang at start are terminated, the rest is forgotten.
 */
export function dismiss(
  state: MasterState,
  options: { readonly now: Instant; readonly timedOut: boolean },
): Step {
  const { changeover } = state;
  if (changeover === undefined) return stay(state);
  const { generation } = changeover;
  const newcomers = rowsWhere(
    state,
    (slot): slot is AssignedSlot =>
      isAssigned(slot) && slot.generation === generation,
  );
  return inOrder(
    { ...state, changeover: undefined },
    forEach(newcomers, (current, row) => dismissRow(current, row, options)),
    (current) => stay(current, { kind: "abandonListeners", generation }),
    (current) => crowdOut(current, options.now),
  );
}

function dismissRow(
  state: MasterState,
  row: Row<AssignedSlot>,
  options: { readonly now: Instant; readonly timedOut: boolean },
): Step {
  const { slot, index } = row;
  const { now, timedOut } = options;
  if (isIdle(slot)) {
    return stay(withSlot(state, index, VACANT));
  }
  if (slot.phase === "booting" && timedOut) {
    return terminateRow(state, refOf({ index, slot }), now);
  }
  return isTellable(slot)
    ? drainRow(state, { index, slot }, { now })
    : stay(state);
}

/** The deadline of a whole generation: its slowest pool's. */
export function longestStartupMs(plan: Plan): Milliseconds {
  const all = plan.pools.map(({ limits }) => limits.startupTimeoutMs as number);
  return toMilliseconds(Math.max(0, ...all));
}
