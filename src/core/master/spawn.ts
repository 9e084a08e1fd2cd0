/**
 * Filling the process table: which workers a plan wants that no slot holds,
 * where they go, and what becomes of a spawn's answer.
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_start_worker_processes and
 * ngx_spawn_process.
 *
 * A slot that holds its worker's place is left alone, whatever its phase; a
 * draining one does not hold it, so a replacement may start beside it.
 */

import type { Generation, Ordinal, SlotIndex } from "../../base/id.ts";
import { toOrdinal, toSlotIndex } from "../../base/id.ts";
import type { Instant } from "../../base/unit.ts";
import { after } from "../../base/unit.ts";
import { helperRequests, isCold } from "./cache.ts";
import type { ChildRef, MasterEvent } from "./event.ts";
import type { Plan, PoolPlan } from "./policy.ts";
import { backoffAfter } from "./respawn.ts";
import { finishIfDone, terminateRow } from "./shutdown.ts";
import type { AssignedSlot, Assignment } from "./slot.ts";
import { holdsPlace, isAssigned, roleOf, VACANT, workerOf } from "./slot.ts";
import type { MasterState, Step } from "./state.ts";
import {
  forEach,
  ignore,
  inOrder,
  say,
  slotAt,
  stay,
  withSlot,
} from "./state.ts";

/**
 * The assignments of a plan that no slot holds: workers, then helpers, whose
 * turn comes when their generation is in force.
 */
export function missingOf(
  state: MasterState,
  plan: Plan,
  generation: Generation,
): readonly Assignment[] {
  const workers = plan.pools.flatMap((pool) =>
    ordinalsOf(pool).map((ordinal) => assignmentOf(pool, generation, ordinal))
  );
  return [...workers, ...helperRequests(state, plan, generation)]
    .filter((wanted) => !isHeld(state, wanted));
}

/** The numbers of a pool's workers. */
export function ordinalsOf(pool: PoolPlan): readonly Ordinal[] {
  return Array.from({ length: pool.workers }, (_, index) => toOrdinal(index));
}

function assignmentOf(
  pool: PoolPlan,
  generation: Generation,
  ordinal: Ordinal,
): Assignment {
  return { generation, pool: pool.name, ordinal, limits: pool.limits };
}

/** Whether some slot holds that worker's place. */
export function isHeld(state: MasterState, wanted: Assignment): boolean {
  return state.slots.some((slot) =>
    holdsPlace(slot) && isSameAssignment(slot, wanted)
  );
}

/** Whether two assignments are the same worker of the same generation. */
export function isSameAssignment(left: Assignment, right: Assignment): boolean {
  return left.generation === right.generation &&
    left.pool === right.pool && left.ordinal === right.ordinal;
}

/** Whether the generation in force wants this worker. */
export function isWanted(state: MasterState, wanted: Assignment): boolean {
  if (state.mode !== "running" && state.mode !== "starting") return false;
  if (state.noaccepting) return false;
  if (wanted.generation !== state.generation) return false;
  const { cache, pools } = state.plan;
  if (wanted.helper !== undefined) {
    return cache !== undefined &&
      (wanted.helper !== "cache_loader" || isCold(state, cache));
  }
  return pools.some((pool) =>
    pool.name === wanted.pool && wanted.ordinal < pool.workers
  );
}

/** Whether its end is to be followed by another: the loader runs once. */
export function mayReturn(state: MasterState, slot: AssignedSlot): boolean {
  return isWanted(state, slot) && slot.helper !== "cache_loader";
}

/** Rows left in the process table. */
export function rowsFree(state: MasterState): number {
  const taken = state.slots.filter((slot) => slot.phase !== "vacant").length;
  return state.policy.slotsMax - taken;
}

/** Spawn what `generation` wants and nobody holds. */
export function fill(
  state: MasterState,
  plan: Plan,
  generation: Generation,
): Step {
  const missing = missingOf(state, plan, generation);
  return inOrder(
    state,
    forEach(
      missing,
      (current, wanted) => spawnNew(current, { ...wanted, failures: 0 }),
    ),
  );
}

/**
 * Whoever found the table full has the row that became vacant, whoever left
 * it and however. Only as many as there are rows: the others were told.
 */
export function fillVacated(before: MasterState, state: MasterState): Step {
  if (state.mode !== "running" || state.noaccepting) return stay(state);
  const isRoom = state.slots.some((slot, index) =>
    slot.phase === "vacant" && isAssigned(slotAt(before, toSlotIndex(index)))
  );
  if (!isRoom) return stay(state);
  const { plan, generation } = state;
  const missing = missingOf(state, plan, generation);
  return inOrder(
    state,
    forEach(
      missing.slice(0, rowsFree(state)),
      (current, wanted) => spawnNew(current, { ...wanted, failures: 0 }),
    ),
  );
}

/** Spawn the helpers in force that nobody holds. */
export function fillHelpers(state: MasterState): Step {
  const { plan, generation } = state;
  const missing = helperRequests(state, plan, generation).filter((wanted) =>
    isWanted(state, wanted) && !isHeld(state, wanted)
  );
  return inOrder(
    state,
    forEach(
      missing,
      (current, wanted) => spawnNew(current, { ...wanted, failures: 0 }),
    ),
  );
}

/** Spawn into the first vacant row. */
function spawnNew(state: MasterState, request: SpawnRequest): Step {
  return inVacantRow(
    state,
    (current, index) => spawnAt(current, index, request),
  );
}

/** A replacement in a row of its own, now or after its backoff. */
export function place(
  state: MasterState,
  wanted: Assignment,
  options: { readonly failures: number; readonly now: Instant },
): Step {
  const { failures, now } = options;
  return inVacantRow(
    state,
    (current, index) => respawnAt(current, index, { ...wanted, failures }, now),
  );
}

function inVacantRow(
  state: MasterState,
  move: (state: MasterState, index: SlotIndex) => Step,
): Step {
  const vacant = state.slots.findIndex((slot) => slot.phase === "vacant");
  const index = vacant === -1 ? state.slots.length : vacant;
  const { slotsMax } = state.policy;
  if (index >= slotsMax) {
    return stay(state, say("error", { kind: "tableFull", slotsMax }));
  }
  return move(state, toSlotIndex(index));
}

/** What a spawn needs to know. */
type SpawnRequest = Assignment & { readonly failures: number };

/** Spawn into a row, whatever was in it. */
export function spawnAt(
  state: MasterState,
  index: SlotIndex,
  request: SpawnRequest,
): Step {
  const { generation, pool, ordinal } = request;
  return stay(
    withSlot(state, index, { ...workerOf(request), phase: "spawning" }),
    {
      kind: "spawn",
      slot: index,
      generation,
      pool,
      ordinal,
      ...roleOf(request),
    },
  );
}

/** Spawn again into the same row: now, or after the backoff. */
export function respawnAt(
  state: MasterState,
  index: SlotIndex,
  request: SpawnRequest,
  now: Instant,
): Step {
  const { delayMs, random } = backoffAfter(
    request.failures,
    state.random,
    state.policy,
  );
  const drawn = { ...state, random };
  if (delayMs === 0) return spawnAt(drawn, index, request);
  const { generation, failures } = request;
  return stay(
    withSlot(drawn, index, {
      ...workerOf(request),
      phase: "waiting",
      deadline: after(now, delayMs),
    }),
    say("warn", {
      kind: "respawnDelayed",
      slot: index,
      generation,
      delayMs,
      failures,
    }),
  );
}

/** The kernel answered with a pid: the child boots, and is told its part. */
export function onChildSpawned(
  state: MasterState,
  ref: ChildRef,
  now: Instant,
): Step {
  const slot = slotAt(state, ref.slot);
  if (slot.phase !== "spawning" || slot.generation !== ref.generation) {
    return ignore(state, "childSpawned");
  }
  const booting = withSlot(state, ref.slot, {
    ...slot,
    phase: "booting",
    pid: ref.pid,
    deadline: after(now, slot.limits.startupTimeoutMs),
  });
  const started = say("notice", { kind: "workerStarted", ...ref });
  if (!isExpected(state, slot)) {
    // It was asked for before a quit, a newer reload or a TTOU.
    return inOrder(
      booting,
      (current) => stay(current, started),
      (current) => terminateRow(current, ref, now),
    );
  }
  return stay(booting, started, { kind: "send", command: "init", ...ref });
}

/** The kernel refused: try again later, however often that takes. */
export function onSpawnFailed(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "spawnFailed" }>,
  now: Instant,
): Step {
  const slot = slotAt(state, event.slot);
  if (slot.phase !== "spawning" || slot.generation !== event.generation) {
    return ignore(state, "spawnFailed");
  }
  const said = stay(
    state,
    say("error", {
      kind: "spawnFailed",
      slot: event.slot,
      generation: event.generation,
      error: event.error,
    }),
  );
  if (!isExpected(state, slot)) {
    // It may have been all that a quit was waiting for.
    return inOrder(
      state,
      () => said,
      (current) => stay(withSlot(current, event.slot, VACANT)),
      finishIfDone,
    );
  }
  // Never at once: what was short a moment ago still is.
  const failures = Math.max(2, slot.failures + 1);
  return inOrder(
    state,
    () => said,
    (current) => respawnAt(current, event.slot, { ...slot, failures }, now),
  );
}

/** Whether the worker is wanted by the present or the coming generation. */
export function isExpected(state: MasterState, slot: AssignedSlot): boolean {
  return isWanted(state, slot) || isComing(state, slot);
}

/** Whether the worker belongs to the generation on its way. */
export function isComing(state: MasterState, slot: AssignedSlot): boolean {
  return state.changeover?.stage === "booting" &&
    state.changeover.generation === slot.generation;
}
