/**
 * Which workers get new connections. Every worker has a listening socket of
 * its own that the master keeps; a socket without a living reader would be a
 * black hole for its share of the connections. So they go to the serving
 * workers alone, or, when none serves, wait in everyone's queue.
 *
 * This is derived from the state, never stored: `steerChanges` compares the
 * state before a step with the one after it.
 * Source: man 7 socket, SO_ATTACH_REUSEPORT_CBPF.
 */

import type { Ordinal } from "../../base/id.ts";
import type { MasterEffect } from "./effect.ts";
import type { PoolPlan } from "./policy.ts";
import type { Slot } from "./slot.ts";
import { isAssigned } from "./slot.ts";
import { ordinalsOf } from "./spawn.ts";
import type { MasterState } from "./state.ts";

/** The workers of a pool that new connections may go to, in order. */
export function acceptingOf(
  state: MasterState,
  pool: PoolPlan,
): readonly Ordinal[] {
  const all = ordinalsOf(pool);
  // Who waits for a HUP waits where every configuration has a worker.
  if (state.noaccepting) return all.slice(0, 1);
  const serving = all.filter((ordinal) => isServed(state, pool.name, ordinal));
  return serving.length === 0 ? all : serving;
}

function isServed(
  state: MasterState,
  pool: string,
  ordinal: Ordinal,
): boolean {
  return state.slots.some((slot) =>
    slot.phase === "serving" && slot.generation === state.generation &&
    slot.pool === pool && slot.ordinal === ordinal
  );
}

/** The steering that a step made necessary. */
export function steerChanges(
  before: MasterState,
  now: MasterState,
): readonly MasterEffect[] {
  // A new master that is ready steers for both.
  if (now.mode !== "running" || now.upgrade?.stage === "ready") return [];
  return now.plan.pools.flatMap((pool): readonly MasterEffect[] => {
    const ordinals = acceptingOf(now, pool);
    if (isUnchanged(before, now, pool, ordinals)) return [];
    return [{ kind: "steer", pool: pool.name, ordinals }];
  });
}

/**
 * The sockets that a step left without a worker for good: their numbers are
 * beyond the plan and nobody holds their place any more. Unless they are
 * closed, what waits in their queues waits for ever.
 */
export function trimChanges(
  before: MasterState,
  now: MasterState,
): readonly MasterEffect[] {
  if (now.mode !== "running" || before.slots === now.slots) return [];
  return now.plan.pools.flatMap((pool): readonly MasterEffect[] => {
    const { name, workers } = pool;
    const isLeft = surplusOf(before, pool).some((ordinal) =>
      !now.slots.some((slot) => isWorker(slot, name, ordinal))
    );
    return isLeft ? [{ kind: "trimListeners", pool: name, workers }] : [];
  });
}

/** The numbers beyond `pool` that had a worker, or should have had. */
function surplusOf(
  state: MasterState,
  { name, workers }: PoolPlan,
): readonly number[] {
  const old = state.plan.pools.find((pool) => pool.name === name);
  return [
    ...state.slots.flatMap((slot) =>
      isAssigned(slot) && slot.pool === name ? [slot.ordinal] : []
    ),
    ...(old === undefined ? [] : ordinalsOf(old)),
  ].filter((ordinal) => ordinal >= workers);
}

function isWorker(slot: Slot, pool: string, ordinal: number): boolean {
  return isAssigned(slot) && slot.pool === pool && slot.ordinal === ordinal;
}

function isUnchanged(
  before: MasterState,
  now: MasterState,
  pool: PoolPlan,
  ordinals: readonly Ordinal[],
): boolean {
  // A commit may have added sockets: say it again even if it reads the same.
  if (before.generation !== now.generation) return false;
  // The other master steered meanwhile, or may have.
  if (before.upgrade?.stage === "ready") return false;
  if (before.predecessor !== now.predecessor) return false;
  const old = before.plan.pools.find(({ name }) => name === pool.name);
  if (old === undefined) return false;
  const former = acceptingOf(before, old);
  return former.length === ordinals.length &&
    former.every((ordinal, index) => ordinal === ordinals[index]);
}
