/**
 * Builders for tests of the master's core: plans, states that were reached by
 * real events, the events themselves, and effects as short labels to compare.
 *
 * Every state goes through `take`, which freezes what it hands to `step`, so
 * that a mutation throws, and checks the invariants of the state that comes
 * back. Nothing here decides anything: the states are those of the real core.
 */

import { assertEquals } from "@std/assert";
import type { Exit } from "../../src/base/exit.ts";
import type { Generation, Pid } from "../../src/base/id.ts";
import {
  toGeneration,
  toOrdinal,
  toPid,
  toSlotIndex,
} from "../../src/base/id.ts";
import type { Level } from "../../src/base/level.ts";
import type { SystemError } from "../../src/base/system_error.ts";
import type { Instant } from "../../src/base/unit.ts";
import { toInstant, toMilliseconds } from "../../src/base/unit.ts";
import { checkState } from "../../src/core/master/check.ts";
import type { MasterEffect } from "../../src/core/master/effect.ts";
import type {
  ChildRef,
  ControlRequest,
  MasterEvent,
} from "../../src/core/master/event.ts";
import type { MasterNotice } from "../../src/core/master/notice.ts";
import type { Limits, Plan, Policy } from "../../src/core/master/policy.ts";
import { DEFAULT_POLICY } from "../../src/core/master/policy.ts";
import type { Signal } from "../../src/core/master/signal.ts";
import type { Assignment, Phase, Slot } from "../../src/core/master/slot.ts";
import { VACANT } from "../../src/core/master/slot.ts";
import type { MasterState, Step } from "../../src/core/master/state.ts";
import { initialState, slotAt } from "../../src/core/master/state.ts";
import { step } from "../../src/core/master/step.ts";

/** Half a minute to start, twenty seconds to drain. */
export const LIMITS: Limits = {
  startupTimeoutMs: toMilliseconds(30_000),
  drainTimeoutMs: toMilliseconds(20_000),
};

/** When a worker told to drain at 0 is overdue: its limit and the grace. */
export const DRAIN_DEADLINE_MS = 22_000;

export const KILLED: Exit = { kind: "signal", signal: "SIGKILL" };

export const TIMER: MasterEvent = { kind: "timerFired" };

export const IN_USE: SystemError = {
  call: "bind() to 127.0.0.1:80",
  code: "EADDRINUSE",
  errno: 98,
  text: "Address already in use",
};

export const NO_ACCESS: SystemError = {
  call: 'open() "/run/procmgr.pid"',
  code: "EACCES",
  errno: 13,
  text: "Permission denied",
};

export const TRY_AGAIN: SystemError = {
  call: "spawn()",
  code: "EAGAIN",
  errno: 11,
  text: "Resource temporarily unavailable",
};

/** An exit by itself. */
export function code(value: number): Exit {
  return { kind: "code", code: value };
}

export function at(ms: number): Instant {
  return toInstant(ms);
}

/** One pool "worker" of that size, or pools by name. */
export function planOf(
  sizes: number | Readonly<{ [name: string]: number }>,
  over: {
    readonly limits?: Partial<Limits>;
    readonly generationsMax?: number;
  } = {},
): Plan {
  const named = typeof sizes === "number" ? { worker: sizes } : sizes;
  const limits = { ...LIMITS, ...over.limits };
  return {
    pools: Object.entries(named).map(([name, workers]) => ({
      name,
      workers,
      limits,
    })),
    generationsMax: over.generationsMax ?? 4,
  };
}

/** The plan with a cache of those zones. */
export function withCache(
  plan: Plan,
  zones: readonly string[] = ["zone"],
): Plan {
  return { ...plan, cache: { zones, limits: LIMITS } };
}

/** Freeze a value and all it holds; writing to any of it throws. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (Object.isFrozen(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
  return value;
}

/** The events one after the other at `now`; the effects of all of them. */
export function take(
  state: MasterState,
  events: MasterEvent | readonly MasterEvent[],
  now = 0,
): Step {
  const all = Array.isArray(events) ? events : [events];
  let taken: Step = { state: deepFreeze(state), effects: [] };
  for (const event of all) {
    const wasSound = checkState(taken.state).length === 0;
    const next = step(taken.state, deepFreeze(event), at(now));
    if (wasSound) assertEquals(checkState(next.state), []);
    taken = {
      state: deepFreeze(next.state),
      effects: [...taken.effects, ...next.effects],
    };
  }
  return taken;
}

/** The pid these builders give to the child in a slot. */
export function pidOf(generation: number, slot: number): Pid {
  return toPid(generation * 100 + slot);
}

/** A master before its first configuration. */
export function fresh(over: Partial<Policy> = {}): MasterState {
  return initialState({ ...DEFAULT_POLICY, ...over }, 1);
}

/** The coming generation up to its first workers' spawns. */
export function prepared(
  state: MasterState,
  plan: Plan,
  now = 0,
): MasterState {
  const generation = state.generationLast;
  return take(state, [
    loaded(plan, generation),
    opened(generation),
    pidWritten(generation),
  ], now).state;
}

/** Every spawn answered; all of its workers boot. */
export function booted(state: MasterState, now = 0): MasterState {
  return state.slots.reduce(
    (current, slot, index) =>
      slot.phase === "spawning"
        ? take(current, spawned(current, index), now).state
        : current,
    state,
  );
}

/** Everyone who boots says that it serves. */
export function settled(state: MasterState, now = 0): MasterState {
  const up = booted(state, now);
  const ready = up.slots.reduce(
    (current, slot, index) =>
      slot.phase === "booting"
        ? take(current, told("childReady", current, index), now).state
        : current,
    up,
  );
  // With a generation in force its helpers come.
  const more = ready.slots.some(({ phase }) => phase === "spawning");
  return more ? settled(ready, now) : ready;
}

/** Running, every worker of generation 1 serving since 0. */
export function started(
  plan: Plan = planOf(1),
  over: Partial<Policy> = {},
): MasterState {
  return settled(prepared(fresh(over), plan));
}

/** HUP, the configuration accepted, the new workers booting. */
export function reloading(
  state: MasterState,
  plan: Plan,
  now = 0,
): MasterState {
  return booted(
    prepared(take(state, signalled("SIGHUP"), now).state, plan, now),
    now,
  );
}

/** The child of a row; of a row without one, what it would be called. */
export function refAt(state: MasterState, index: number): ChildRef {
  const slot = slotAt(state, toSlotIndex(index));
  const generation = "generation" in slot ? slot.generation : toGeneration(1);
  const pid = "pid" in slot ? slot.pid : pidOf(generation, index);
  return { slot: toSlotIndex(index), generation, pid };
}

export function phaseOf(state: MasterState, index = 0): Phase {
  return slotAt(state, toSlotIndex(index)).phase;
}

export function phasesOf(state: MasterState): readonly Phase[] {
  return state.slots.map(({ phase }) => phase);
}

export function signalled(...signals: readonly Signal[]): MasterEvent {
  return { kind: "signalled", signals };
}

export function asked(request: ControlRequest, token = 7): MasterEvent {
  return { kind: "controlRequested", token, request };
}

export function loaded(plan: Plan, generation = 1): MasterEvent {
  return { kind: "configLoaded", generation: gen(generation), plan };
}

export function rejected(generation = 1): MasterEvent {
  const reasons = ["procmgr.jsonc:1:1: bad", "procmgr.jsonc:2:1: worse"];
  return { kind: "configRejected", generation: gen(generation), reasons };
}

export function opened(generation = 1): MasterEvent {
  const bound = ["127.0.0.1:80"];
  return { kind: "listenersOpened", generation: gen(generation), bound };
}

export function openFailed(error: SystemError, generation = 1): MasterEvent {
  return { kind: "listenersFailed", generation: gen(generation), error };
}

export function pidWritten(generation = 1): MasterEvent {
  return { kind: "pidFileWritten", generation: gen(generation) };
}

export function pidFailed(generation = 1): MasterEvent {
  const error = NO_ACCESS;
  return { kind: "pidFileFailed", generation: gen(generation), error };
}

export function spawned(state: MasterState, index: number): MasterEvent {
  return { kind: "childSpawned", ...refAt(state, index) };
}

export function spawnFailed(state: MasterState, index: number): MasterEvent {
  const { slot, generation } = refAt(state, index);
  return { kind: "spawnFailed", slot, generation, error: TRY_AGAIN };
}

/** Why the child in a row will never serve, in its words. */
export function failed(state: MasterState, index: number): MasterEvent {
  return { kind: "childFailed", reason: "no app", ...refAt(state, index) };
}

/** Something the child in a row said, or its channel. */
export function told(
  kind:
    | "childReady"
    | "childDraining"
    | "childReopened"
    | "channelClosed"
    | "meshAsked",
  state: MasterState,
  index: number,
): MasterEvent {
  return { kind, ...refAt(state, index) };
}

/** The child in a row has gone through a zone. */
export function zoneLoaded(
  state: MasterState,
  index: number,
  zone = "zone",
): MasterEvent {
  return { kind: "zoneLoaded", zone, ...refAt(state, index) };
}

export function broken(state: MasterState, index: number): MasterEvent {
  return { kind: "channelBroken", reason: "[]", ...refAt(state, index) };
}

export function sendFailed(
  command: "init" | "quit" | "terminate" | "reopen",
  state: MasterState,
  index: number,
): MasterEvent {
  return { kind: "sendFailed", command, ...refAt(state, index) };
}

export function exited(
  exit: Exit,
  state: MasterState,
  index = 0,
): MasterEvent {
  return { kind: "childExited", exit, ...refAt(state, index) };
}

/** The child in a row cut some of its connections. */
export function cut(state: MasterState, connections: number): MasterEvent {
  return { kind: "connectionsCut", connections, ...refAt(state, 0) };
}

/** The canonical slot of a phase: worker 0, asked for at 0. */
export function slotIn(
  phase: Phase,
  over: Partial<Assignment> & { readonly pid?: Pid } = {},
): Slot {
  const { pid = toPid(100), ...assignment } = over;
  const worker = {
    generation: gen(1),
    pool: "worker",
    ordinal: toOrdinal(0),
    limits: LIMITS,
    failures: 0,
    ...assignment,
  };
  const deadline = at(10_000);
  const since = at(0);
  switch (phase) {
    case "vacant":
      return VACANT;
    case "spawning":
      return { phase, ...worker };
    case "booting":
    case "draining":
      return { phase, ...worker, pid, deadline };
    case "serving":
      return { phase, ...worker, pid, since };
    case "terminating":
      return { phase, ...worker, pid, rung: 0, since, deadline };
    case "waiting":
      return { phase, ...worker, deadline };
    case "failed":
      return { phase, ...worker, exit: { kind: "code", code: 2 } };
  }
}

/** What was said, as level and notice. */
export function saidBy(
  { effects }: Step,
): readonly (readonly [Level, MasterNotice])[] {
  return effects.flatMap((effect) =>
    effect.kind === "log" ? [[effect.level, effect.notice] as const] : []
  );
}

/** What is done besides saying something, as labels. */
export function doneBy({ effects }: Step): readonly string[] {
  return effects.filter(({ kind }) => kind !== "log").map(labelOf);
}

/** Everything in order, as labels. */
export function labelsOf({ effects }: Step): readonly string[] {
  return effects.map(labelOf);
}

/** An effect in a few words: "send quit 0 linger", "log error workerExited". */
export function labelOf(effect: MasterEffect): string {
  switch (effect.kind) {
    case "spawn":
      return `spawn ${effect.slot} gen ${effect.generation} ` +
        `${effect.pool}/${effect.ordinal}`;
    case "send":
      return `send ${effect.command} ${effect.slot}` +
        ("linger" in effect && effect.linger === true ? " linger" : "");
    case "kill":
      return `kill ${effect.signal} ${effect.slot}`;
    case "log":
      return `log ${effect.level} ${effect.notice.kind}`;
    case "reply":
      return `reply ${effect.token} ${effect.outcome.ok ? "ok" : "no"}: ` +
        effect.outcome.text;
    case "steer":
      return `steer ${effect.pool} ${effect.ordinals.join(",")}`;
    case "trimListeners":
      return `trimListeners ${effect.pool} ${effect.workers}`;
    case "reapOrphan":
      return `reapOrphan ${effect.process}`;
    case "openMailboxes":
    case "closeMailboxes":
      return `${effect.kind} ${effect.slot} ` +
        effect.peers.map(({ slot }) => slot).join(",");
    case "exit":
      return `exit ${effect.code}`;
    case "closeListeners":
    case "removePidFile":
      return effect.isShared ? `${effect.kind} shared` : effect.kind;
    case "killUpgrade":
      return `killUpgrade ${effect.signal} ${effect.pid}`;
    case "releaseUpgrade":
      return `releaseUpgrade ${effect.pid}`;
    case "relaySignal":
      return `relaySignal ${effect.signal} ${effect.pid}`;
    case "findMaster":
      return effect.kind;
    case "tellPredecessor":
      return `tellPredecessor ${effect.message}`;
    case "adoptSockets":
    case "execUpgrade":
    case "renamePidFile":
    case "reopenLogs":
    case "restorePidFile":
      return effect.kind;
    default:
      return `${effect.kind} ${effect.generation}`;
  }
}

function gen(generation: number): Generation {
  return toGeneration(generation);
}
