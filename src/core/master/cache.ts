/**
 * The two helpers of a generation with a cache: who is wanted when, and what
 * the master knows of the zones.
 *
 * They start when their generation is in force, never before: two managers of
 * one folder overlap for a moment, and a reload that fails has started none.
 * So they are no part of what a reload waits for. The manager is respawned
 * like a worker. The loader runs once: its end, whatever it was, is the end of
 * it until the next reload, and none is started for zones that are loaded.
 *
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_start_cache_manager_processes
 * (RESPAWN, NORESPAWN, JUST_SPAWN); src/http/ngx_http_file_cache.c,
 * ngx_http_file_cache_init, which forgets to load a zone whose loader was cut
 * short by a reload.
 */

import type { Generation } from "../../base/id.ts";
import { toOrdinal } from "../../base/id.ts";
import type { HelperRole } from "../../base/role.ts";
import { helperName } from "../../base/role.ts";
import type { MasterEffect } from "./effect.ts";
import type { MasterEvent } from "./event.ts";
import type { CachePlan, Plan } from "./policy.ts";
import type { Assignment, LiveSlot } from "./slot.ts";
import { holdsPlace, isAssigned, VACANT } from "./slot.ts";
import type { MasterState, Step } from "./state.ts";
import { ignore, liveSlotOf, slotAt, stay } from "./state.ts";

/** How many rows the helpers of a plan may take. */
export function helpersOf(plan: Plan): number {
  return plan.cache === undefined ? 0 : 2;
}

/** The helpers a plan asks for, once its generation is in force. */
export function helperRequests(
  state: MasterState,
  { cache }: Plan,
  generation: Generation,
): readonly Assignment[] {
  if (cache === undefined || generation !== state.generation) return [];
  const mayLoad = isCold(state, cache) &&
    state.cache.loaderEnded !== generation;
  const roles: readonly HelperRole[] = mayLoad
    ? ["cache_manager", "cache_loader"]
    : ["cache_manager"];
  return roles.map((helper) => ({
    generation,
    // No pool can have this name: it has a space.
    pool: helperName(helper),
    helper,
    ordinal: toOrdinal(0),
    limits: cache.limits,
  }));
}

/** Whether a zone is left that no loader has gone through. */
export function isCold(state: MasterState, { zones }: CachePlan): boolean {
  return zones.some((zone) => !state.cache.loaded.includes(zone));
}

/**
 * A loader that was not told to end by us does not come back; one that was, by
 * WINCH, does after the next HUP.
 */
export function noteLoaderEnd(
  state: MasterState,
  slot: LiveSlot,
): MasterState {
  const { helper, generation } = slot;
  if (helper !== "cache_loader" || !holdsPlace(slot)) return state;
  if (generation !== state.generation) return state;
  return { ...state, cache: { ...state.cache, loaderEnded: generation } };
}

/** A loader has gone through a zone: the next reload need not. */
export function onZoneLoaded(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "zoneLoaded" }>,
): Step {
  const slot = liveSlotOf(state, event);
  const { zone } = event;
  const { loaded } = state.cache;
  const isNews = slot?.helper === "cache_loader" && !loaded.includes(zone) &&
    state.plan.cache?.zones.includes(zone) === true;
  if (!isNews) return ignore(state, event.kind);
  return stay(withoutNeedless({
    ...state,
    cache: { ...state.cache, loaded: [...loaded, zone] },
  }));
}

/** The last of an older loader's zones spares the one that waits to spawn. */
function withoutNeedless(state: MasterState): MasterState {
  const { cache } = state.plan;
  if (cache === undefined || isCold(state, cache)) return state;
  const slots = state.slots.map((slot) =>
    slot.phase === "waiting" && slot.helper === "cache_loader" ? VACANT : slot
  );
  return { ...state, slots };
}

/** Zones that the plan in force does not have are forgotten. */
export function keepLoaded(state: MasterState): MasterState {
  const zones = state.plan.cache?.zones ?? [];
  const loaded = state.cache.loaded.filter((zone) => zones.includes(zone));
  return { ...state, cache: { ...state.cache, loaded } };
}

/** Say of whom a notice is: the table knows who a slot's child was, or is. */
export function withRoles(before: MasterState, decided: Step): Step {
  const tables = [before, decided.state];
  if (!tables.some(({ slots }) => slots.some(isHelper))) return decided;
  const effects = decided.effects.map((effect): MasterEffect => {
    if (effect.kind !== "log" || !("slot" in effect.notice)) return effect;
    const { notice } = effect;
    const slot = tables.map((table) => slotAt(table, notice.slot))
      .find((one) => isAssigned(one) && one.generation === notice.generation);
    return slot !== undefined && isAssigned(slot) && slot.helper !== undefined
      ? { ...effect, notice: { ...notice, helper: slot.helper } }
      : effect;
  });
  return { state: decided.state, effects };
}

function isHelper(slot: MasterState["slots"][number]): boolean {
  return isAssigned(slot) && slot.helper !== undefined;
}
