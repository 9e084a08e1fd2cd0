/**
 * Changing generations: HUP begins the next one, and only when every one of
 * its workers is ready are the old ones told to drain.
 *
 * nginx (src/os/unix/ngx_process_cycle.c, ngx_master_process_cycle) sleeps
 * 100 ms instead of waiting for ready: its weakness W1.
 */

import type { Generation } from "../../base/id.ts";
import { toGeneration } from "../../base/id.ts";
import type { Instant } from "../../base/unit.ts";
import { keepLoaded } from "./cache.ts";
import type { ChildRef } from "./event.ts";
import { dismiss } from "./give_up.ts";
import type { Plan } from "./policy.ts";
import { announceReady } from "./predecessor.ts";
import { crowdOut, drainRow } from "./shutdown.ts";
import type { AssignedSlot } from "./slot.ts";
import { childOf, isAssigned, VACANT } from "./slot.ts";
import { fillHelpers } from "./spawn.ts";
import type { MasterState, Row, Step } from "./state.ts";
import {
  forEach,
  ignore,
  inOrder,
  liveSlotOf,
  refOf,
  rowsWhere,
  say,
  stay,
  withSlot,
  workersOf,
} from "./state.ts";
import { recall } from "./successor.ts";
import { answer } from "./waiter.ts";

/** HUP: begin the next generation; one on its way is superseded. */
export function reload(state: MasterState, now: Instant): Step {
  if (state.mode === "starting") {
    return stay({ ...state, reloadWanted: true });
  }
  if (state.mode !== "running") return stay(state);
  if (state.upgrade !== undefined) return recall(state);
  const generation = toGeneration(state.generationLast + 1);
  return inOrder(
    state,
    (current) => supersede(current, now),
    (current) =>
      stay(
        {
          ...current,
          reloadWanted: false,
          generationLast: generation,
          changeover: { generation, stage: "loading" },
        },
        say("notice", { kind: "reconfiguring" }),
        { kind: "loadConfig", generation },
      ),
  );
}

function supersede(state: MasterState, now: Instant): Step {
  const { changeover } = state;
  if (changeover === undefined) return stay(state);
  const { generation } = changeover;
  return inOrder(
    state,
    (current) =>
      stay(
        current,
        say("notice", { kind: "changeoverSuperseded", generation }),
      ),
    (current) => dismiss(current, { now, timedOut: false }),
  );
}

/** A worker said that it serves; saying it twice means nothing. */
export function onChildReady(
  state: MasterState,
  ref: ChildRef,
  now: Instant,
): Step {
  const slot = liveSlotOf(state, ref);
  if (slot?.phase !== "booting") return ignore(state, "childReady");
  const index = ref.slot;
  const serving = withSlot(state, index, {
    ...childOf(slot),
    phase: "serving",
    since: now,
  });
  return inOrder(
    serving,
    (current) =>
      stay(
        current,
        say("info", { kind: "workerReady", ...refOf({ index, slot }) }),
      ),
    (current) => commitIfReady(current, now),
  );
}

function commitIfReady(state: MasterState, now: Instant): Step {
  const { changeover } = state;
  if (changeover?.stage !== "booting") return stay(state);
  const { generation, plan } = changeover;
  const serving = state.slots.filter((slot) =>
    slot.phase === "serving" && slot.generation === generation
  );
  if (serving.length < workersOf(plan)) return stay(state);
  return commit(state, generation, plan, now);
}

/** Every new worker is ready: it is their turn. */
function commit(
  state: MasterState,
  generation: Generation,
  plan: Plan,
  now: Instant,
): Step {
  const workers = workersOf(plan);
  return inOrder(
    {
      ...state,
      mode: "running",
      generation,
      plan,
      changeover: undefined,
      noaccepting: false,
    },
    (current) =>
      stay(
        current,
        { kind: "adoptGeneration", generation },
        say("notice", { kind: "generationReady", generation, workers }),
      ),
    announceReady,
    (current) => retireOlder(current, now),
    (current) => crowdOut(current, now),
    (current) => fillHelpers(keepLoaded(current)),
    (current) => {
      // Who asked during the start waits for what is read after it.
      if (current.reloadWanted) return reload(current, now);
      const text = `generation ${generation} is ready`;
      return answer(current, "reload", { ok: true, text });
    },
  );
}

/** Everyone of an older generation drains or is forgotten. */
function retireOlder(state: MasterState, now: Instant): Step {
  const older = rowsWhere(
    state,
    (slot): slot is AssignedSlot =>
      isAssigned(slot) && slot.generation < state.generation,
  );
  return inOrder(
    state,
    forEach(older, (current, row) => retire(current, row, now)),
  );
}

function retire(
  state: MasterState,
  row: Row<AssignedSlot>,
  now: Instant,
): Step {
  const { slot, index } = row;
  switch (slot.phase) {
    case "serving":
    case "booting":
      return drainRow(state, { index, slot }, {
        now,
        linger: isSurplus(state, slot),
      });
    case "waiting":
    case "failed":
      return stay(withSlot(state, index, VACANT));
    case "spawning": // Decided when the kernel answers.
    case "draining":
    case "terminating":
      return stay(state);
  }
}

/** Whether the pool in force has no worker of that number any more. */
export function isSurplus(state: MasterState, slot: AssignedSlot): boolean {
  const pool = state.plan.pools.find(({ name }) => name === slot.pool);
  return pool !== undefined && slot.ordinal >= pool.workers;
}
