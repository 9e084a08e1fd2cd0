/**
 * The invariants of the master's state as code: what must hold after every
 * step, and what must not (TIGER_STYLE). Used by unit tests, properties, the
 * simulator after each transition, and sampled in production.
 *
 * Source: tests/property/master_test.ts; nginx's process table has none
 * of these checks and its weaknesses W5 to W10 are what they would have caught.
 */

import type { Instant } from "../../base/unit.ts";
import { holdsPlace, isAssigned, isLive } from "./slot.ts";
import { isSameAssignment } from "./spawn.ts";
import { isUndecided } from "./shutdown.ts";
import type { MasterState } from "./state.ts";
import { isOccupied } from "./state.ts";
import { nextDeadline } from "./timer.ts";

/** Every broken rule in words; empty when all hold. */
export function checkState(state: MasterState): readonly string[] {
  return [
    ...checkPids(state),
    ...checkPlaces(state),
    ...checkGenerations(state),
    ...checkMode(state),
    ...checkDeadlines(state),
    ...checkLimits(state),
    ...checkHelpers(state),
    ...checkUpgrade(state),
  ];
}

function checkPids(state: MasterState): readonly string[] {
  const pids = state.slots.filter(isLive).map(({ pid }) => pid);
  return new Set(pids).size === pids.length
    ? []
    : [`two live slots share a pid: ${pids.join(", ")}`];
}

function checkPlaces(state: MasterState): readonly string[] {
  const held = state.slots.filter(holdsPlace);
  return held.flatMap((slot, index) =>
    held.slice(index + 1).some((other) =>
        isSameAssignment(slot, other) && !isEnding(slot) && !isEnding(other)
      )
      ? [`two slots hold worker ${slot.pool}/${slot.ordinal}`]
      : []
  );
}

function isEnding(slot: { readonly phase: string }): boolean {
  return slot.phase === "terminating";
}

function checkGenerations(state: MasterState): readonly string[] {
  const broken: string[] = [];
  if (state.generation > state.generationLast) {
    broken.push("the generation in force was never begun");
  }
  const { changeover } = state;
  if (changeover && changeover.generation <= state.generation) {
    broken.push("the coming generation is not newer than the one in force");
  }
  for (const slot of state.slots.filter(isAssigned)) {
    if (slot.generation > state.generationLast) {
      broken.push(`a slot has generation ${slot.generation} of the future`);
    }
  }
  return broken;
}

function checkMode(state: MasterState): readonly string[] {
  const broken: string[] = [];
  const isLeaving = state.mode === "quitting" || state.mode === "terminating";
  if ((isLeaving || state.mode === "exited") && state.changeover) {
    broken.push(`a generation is on its way while ${state.mode}`);
  }
  if (isLeaving && !state.slots.some(isOccupied) && !isUndecided(state)) {
    broken.push(`nobody is left and the master is still ${state.mode}`);
  }
  if (state.mode === "exited" && state.slots.some(isOccupied)) {
    broken.push("the master left a child behind");
  }
  const serves = state.slots.some((slot) =>
    (slot.phase === "serving" || slot.phase === "waiting") &&
    slot.generation === state.generation
  );
  if (state.mode === "running" && state.noaccepting && serves) {
    broken.push("a worker serves or is to come after WINCH");
  }
  const waits = state.slots.some(({ phase }) => phase === "waiting");
  if ((isLeaving || state.mode === "exited") && waits) {
    broken.push(`a slot waits to spawn while ${state.mode}`);
  }
  return broken;
}

function checkUpgrade(state: MasterState): readonly string[] {
  const { mode, predecessor, upgrade } = state;
  const broken: string[] = [];
  if (upgrade !== undefined && predecessor === "alive") {
    broken.push("an upgrade while the old master lives");
  }
  if (upgrade !== undefined && (mode === "starting" || mode === "exited")) {
    broken.push(`an upgrade while ${mode}`);
  }
  if (upgrade !== undefined && state.changeover !== undefined) {
    broken.push("an upgrade and a reload at the same time");
  }
  if (mode === "relaying" && upgrade?.stage !== "ready") {
    broken.push("signals are passed on to nobody");
  }
  if (mode === "relaying" && state.slots.some(isOccupied)) {
    broken.push("a child of our own while relaying");
  }
  if (predecessor === "gone" && mode !== "starting") {
    broken.push(`what the old master left is not taken over while ${mode}`);
  }
  const pid = upgrade !== undefined && "pid" in upgrade
    ? upgrade.pid
    : undefined;
  if (state.slots.some((slot) => isLive(slot) && slot.pid === pid)) {
    broken.push(`the new master and a worker share pid ${pid}`);
  }
  return broken;
}

function checkDeadlines(state: MasterState): readonly string[] {
  return state.slots.flatMap((slot) => {
    const mustEnd = slot.phase === "terminating" ||
      (slot.phase === "draining" && slot.limits.drainTimeoutMs !== 0);
    return mustEnd && slot.deadline === undefined
      ? [`a ${slot.phase} slot has no deadline`]
      : [];
  });
}

function checkLimits(state: MasterState): readonly string[] {
  return state.slots.length > state.policy.slotsMax
    ? [`${state.slots.length} slots, more than ${state.policy.slotsMax}`]
    : [];
}

/** Helpers come with their generation, and a loader comes once. */
function checkHelpers(state: MasterState): readonly string[] {
  const { loaderEnded, loaded } = state.cache;
  const zones = state.plan.cache?.zones ?? [];
  const broken = loaded.filter((zone) => !zones.includes(zone))
    .map((zone) => `the zone ${zone} is loaded and not there`);
  for (const slot of state.slots.filter(isAssigned)) {
    const { helper, generation } = slot;
    if (helper === undefined) continue;
    if (generation > state.generation) {
      broken.push(`a ${helper} before generation ${generation} is in force`);
    }
    const isBack = helper === "cache_loader" && holdsPlace(slot) &&
      generation === state.generation && generation === loaderEnded;
    if (isBack) broken.push("a cache_loader is back after its end");
    if (helper === "cache_loader" && slot.phase === "failed") {
      broken.push("a cache_loader keeps its row after its end");
    }
  }
  return broken;
}

/**
 * Whether the timer that was armed before a step did its work: nothing that
 * was due is still due after `timerFired`, unless it was forgiven.
 */
export function checkTimer(
  state: MasterState,
  now: Instant,
): readonly string[] {
  const due = nextDeadline(state);
  return due !== undefined && due <= now
    ? [`a deadline of ${due} is still there at ${now}`]
    : [];
}
