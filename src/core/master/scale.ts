/**
 * TTIN and TTOU: one worker more or fewer in every pool, until the next
 * reload reads the configuration again. nginx has neither; unicorn, puma and
 * gunicorn have both (gunicorn: arbiter.py, handle_ttin and handle_ttou).
 */

import type { Instant } from "../../base/unit.ts";
import type { PoolPlan } from "./policy.ts";
import { isSurplus } from "./reload.ts";
import { drainRow, isTellable } from "./shutdown.ts";
import type { AssignedSlot } from "./slot.ts";
import { isAssigned, isIdle, VACANT } from "./slot.ts";
import { fill, missingOf, rowsFree } from "./spawn.ts";
import type { MasterState, Row, Step } from "./state.ts";
import { forEach, inOrder, rowsWhere, say, stay, withSlot } from "./state.ts";

/** Change every pool of the generation in force by one worker. */
export function scale(
  state: MasterState,
  change: 1 | -1,
  now: Instant,
): Step {
  if (state.mode !== "running" || state.noaccepting) return stay(state);
  // A socket more or fewer would change the order the new master counts by.
  if (state.upgrade !== undefined) return refuse(state);
  return inOrder(
    state,
    forEach(
      state.plan.pools,
      (current, pool) => scalePool(current, pool, change),
    ),
    (current) => retireSurplus(current, now),
    (current) => fill(current, current.plan, current.generation),
  );
}

function refuse(state: MasterState): Step {
  return stay(
    state,
    ...state.plan.pools.map(({ name, workers }) =>
      say("warn", { kind: "scaleRefused", pool: name, workers })
    ),
  );
}

function scalePool(
  state: MasterState,
  pool: PoolPlan,
  change: 1 | -1,
): Step {
  const workers = pool.workers + change;
  const isInRange = workers >= 1 && workers <= state.policy.workersMax;
  if (!isInRange || (change === 1 && rowsNeeded(state) >= rowsFree(state))) {
    const { name } = pool;
    return stay(
      state,
      say("warn", { kind: "scaleRefused", pool: name, workers: pool.workers }),
    );
  }
  const pools = state.plan.pools.map((one) =>
    one.name === pool.name ? { ...one, workers } : one
  );
  return stay(
    { ...state, plan: { ...state.plan, pools } },
    say("notice", { kind: "scaled", pool: pool.name, workers }),
  );
}

function rowsNeeded(state: MasterState): number {
  return missingOf(state, state.plan, state.generation).length;
}

/** Workers beyond the wanted number drain, their sockets emptied first. */
function retireSurplus(state: MasterState, now: Instant): Step {
  const surplus = rowsWhere(
    state,
    (slot): slot is AssignedSlot =>
      isAssigned(slot) && slot.generation === state.generation &&
      isSurplus(state, slot),
  );
  return inOrder(
    state,
    forEach(surplus, (current, row) => retireRow(current, row, now)),
  );
}

function retireRow(
  state: MasterState,
  row: Row<AssignedSlot>,
  now: Instant,
): Step {
  const { slot, index } = row;
  if (isTellable(slot)) {
    return drainRow(state, { index, slot }, { now, linger: true });
  }
  return isIdle(slot) ? stay(withSlot(state, index, VACANT)) : stay(state);
}
