/**
 * Random lives of the master for property tests: a draw is four plain numbers,
 * so that fast-check can shrink a list of them, and is read against the state
 * it meets. About half of them answer what the master waits for, the rest is
 * anything: signals, crashes, late answers, garbage, answers nobody asked for.
 *
 * The one promise kept is the kernel's: a new child's pid is no other live
 * child's. Pids are few, so that they come again soon.
 */

import { toGeneration, toPid, toSlotIndex } from "../../src/base/id.ts";
import type { Pid } from "../../src/base/id.ts";
import type { Instant } from "../../src/base/unit.ts";
import { toMilliseconds } from "../../src/base/unit.ts";
import type { ChildRef, MasterEvent } from "../../src/core/master/event.ts";
import type { Plan, Policy } from "../../src/core/master/policy.ts";
import { DEFAULT_POLICY } from "../../src/core/master/policy.ts";
import { SIGNALS } from "../../src/core/master/signal.ts";
import { isLive } from "../../src/core/master/slot.ts";
import type { MasterState, Step } from "../../src/core/master/state.ts";
import { initialState } from "../../src/core/master/state.ts";
import { step } from "../../src/core/master/step.ts";
import { nextDeadline } from "../../src/core/master/timer.ts";
import {
  at,
  code,
  deepFreeze,
  IN_USE,
  KILLED,
  NO_ACCESS,
  planOf,
  refAt,
  TIMER,
  TRY_AGAIN,
  withCache,
} from "./core.ts";

/** Four whole numbers from 0 to 255. */
export interface Draw {
  readonly what: number;
  readonly who: number;
  readonly how: number;
  readonly pause: number;
}

/** One step of a life. */
export interface Moment {
  readonly before: MasterState;
  readonly event: MasterEvent;
  readonly now: Instant;
  readonly step: Step;
}

/**
 * What a run begins with, its share of each kind of trouble included: every
 * life has its own (swarm testing), or all would be alike.
 */
export interface Origin {
  readonly seed: number;
  readonly slotsMax: number;
  /** How many of 256 draws are answers; the rest is shared out. */
  readonly calm: number;
  /** Which of the eight child events happen: a set of bits, not empty. */
  readonly troubles: number;
  /** Whether pauses are short. */
  readonly isHasty: boolean;
  /** The old master that executed this one. */
  readonly predecessor?: "alive" | "gone" | undefined;
}

const PLANS: readonly Plan[] = [
  planOf(1),
  planOf(2),
  planOf(3, { generationsMax: 1 }),
  planOf({ web: 2, api: 1 }),
  planOf(2, { limits: { drainTimeoutMs: toMilliseconds(0) } }),
  planOf(5),
  withCache(planOf(2), ["one", "two"]),
];

const PAUSES_MS = [0, 0, 0, 1, 40, 150, 500, 3000, 31_000];

const HASTY_PAUSES_MS = [0, 0, 1, 20, 100];

/** Signals that do not end everything come more often. */
const OFTEN = SIGNALS.filter(({ intent }) =>
  intent !== "terminate" && intent !== "quit"
);

/** The first state of a run. */
export function originOf(
  { seed, slotsMax, predecessor }: Origin,
): MasterState {
  const policy: Policy = { ...DEFAULT_POLICY, slotsMax };
  return initialState(policy, seed, predecessor);
}

/** A whole life, every state frozen. */
export function live(origin: Origin, draws: readonly Draw[]): Moment[] {
  return lead(origin, draws, (state, draw, now) => ({
    event: eventOf(state, draw, origin),
    pauseMs: pauseOf(state, draw, { now, isHasty: origin.isHasty }),
  }));
}

/**
 * A life in which workers come up and crash as fast as they may: nobody is
 * ever waited for but the master itself.
 */
export function crash(origin: Origin, draws: readonly Draw[]): Moment[] {
  return lead(origin, draws, (state, draw, now) => {
    const events = [...answersTo(state), ...crashesOf(state, draw)];
    const event = events[draw.who % Math.max(1, events.length)];
    if (event !== undefined) return { event, pauseMs: draw.pause % 3 };
    const due = nextDeadline(state) ?? now;
    return { event: TIMER, pauseMs: Math.max(0, due - now) };
  });
}

/** What each draw leads to, one after the other. */
function lead(
  origin: Origin,
  draws: readonly Draw[],
  follow: (
    state: MasterState,
    draw: Draw,
    now: number,
  ) => { readonly event: MasterEvent; readonly pauseMs: number },
): Moment[] {
  const moments: Moment[] = [];
  let state = deepFreeze(originOf(origin));
  let now = 0;
  for (const draw of draws) {
    const { event, pauseMs } = follow(state, draw, now);
    now += pauseMs;
    const next = step(state, deepFreeze(event), at(now));
    deepFreeze(next.state);
    moments.push({ before: state, event, now: at(now), step: next });
    state = next.state;
  }
  return moments;
}

/** Ways for the workers of a running master to fail. */
function crashesOf(state: MasterState, { how }: Draw): readonly MasterEvent[] {
  if (state.mode !== "running") return [];
  return state.slots.flatMap((slot, index): readonly MasterEvent[] => {
    const ref = refAt(state, index);
    if (slot.phase === "spawning" && how % 4 === 0) {
      const { slot: row, generation } = ref;
      const error = TRY_AGAIN;
      return [{ kind: "spawnFailed", slot: row, generation, error }];
    }
    if (slot.phase === "serving" && how % 4 === 1) {
      return [{ kind: "childDraining", ...ref }];
    }
    const exit = how % 4 === 2 ? KILLED : code(1);
    const isUp = slot.phase === "booting" || slot.phase === "serving";
    return isUp ? [{ kind: "childExited", exit, ...ref }] : [];
  });
}

/** The state a life has come to. */
export function lastOf(origin: Origin, moments: readonly Moment[]): Moment {
  const last = moments.at(-1);
  if (last !== undefined) return last;
  const state = deepFreeze(originOf(origin));
  const nothing = { state, effects: [] };
  return { before: state, event: TIMER, now: at(0), step: nothing };
}

function pauseOf(
  state: MasterState,
  { pause }: Draw,
  { now, isHasty }: { readonly now: number; readonly isHasty: boolean },
): number {
  const due = nextDeadline(state);
  if (pause % 4 === 0 && due !== undefined) return Math.max(0, due - now);
  const pauses = isHasty ? HASTY_PAUSES_MS : PAUSES_MS;
  return pauses[pause % pauses.length] ?? 0;
}

/** What happens next. */
export function eventOf(
  state: MasterState,
  draw: Draw,
  { calm, troubles }: Origin,
): MasterEvent {
  const answers = answersTo(state);
  const answer = answers[draw.who % Math.max(1, answers.length)];
  if (draw.what < calm && answer !== undefined) return answer;
  // The rest of the draws, spread over the same numbers again.
  const kind = (draw.what * 37 + draw.who) % 128;
  if (kind < 30) return TIMER;
  if (kind < 50) return signalOf(draw);
  if (kind < 95) return childEvent(state, draw, troubles);
  if (kind < 105) return spawnEvent(state, draw);
  if (kind < 112) return changeoverEvent(state, draw);
  if (kind < 117) return upgradeEvent(state, draw);
  if (kind < 120) return strangerEvent(state, draw);
  if (kind === 120 && draw.how > 200) return { kind: "starterLost" };
  return controlEvent(draw);
}

/** What everyone would answer if nothing went wrong. */
export function answersTo(state: MasterState): readonly MasterEvent[] {
  return [
    ...changeoverAnswers(state),
    ...upgradeAnswers(state),
    ...state.slots.flatMap((slot, index): readonly MasterEvent[] => {
      const ref = refAt(state, index);
      switch (slot.phase) {
        case "spawning":
          return [{ kind: "childSpawned", ...ref, pid: freePid(state, 1) }];
        case "booting":
          return [{ kind: "childReady", ...ref }];
        case "draining":
        case "terminating":
          return [{ kind: "childExited", exit: code(0), ...ref }];
        default:
          return [];
      }
    }),
  ];
}

function changeoverAnswers(state: MasterState): readonly MasterEvent[] {
  const { changeover } = state;
  if (changeover === undefined) return [];
  const { generation, stage } = changeover;
  switch (stage) {
    case "loading": {
      const plan = PLANS[generation % PLANS.length] ?? planOf(1);
      return [{ kind: "configLoaded", generation, plan }];
    }
    case "opening":
      return [{ kind: "listenersOpened", generation, bound: ["[::]:80"] }];
    case "recording":
      return [{ kind: "pidFileWritten", generation }];
    default:
      return [];
  }
}

function upgradeAnswers(state: MasterState): readonly MasterEvent[] {
  const { upgrade } = state;
  switch (upgrade?.stage) {
    case "renaming":
      return [{ kind: "pidFileRenamed" }];
    case "executing":
      return [{ kind: "upgradeSpawned", pid: freePid(state, 3) }];
    case "booting":
      return [{ kind: "upgradeReady", pid: upgrade.pid }];
    case "terminating":
      return [{ kind: "upgradeExited", pid: upgrade.pid, exit: KILLED }];
    default:
      return [];
  }
}

/** A pid that no live child has; few of them, so they come again. */
export function freePid(state: MasterState, from: number): Pid {
  const taken = new Set(
    state.slots.filter(isLive).map(({ pid }) => pid as number),
  );
  const { upgrade } = state;
  if (upgrade !== undefined && "pid" in upgrade) taken.add(upgrade.pid);
  let pid = 1 + from % 12;
  while (taken.has(pid)) pid += 1;
  return toPid(pid);
}

function signalOf({ who, how }: Draw): MasterEvent {
  const rows = how % 8 === 0 ? SIGNALS : OFTEN;
  const signals = [rows[who % rows.length], rows[how % rows.length]]
    .flatMap((row) => row === undefined ? [] : [row.signal]);
  return { kind: "signalled", signals: signals.slice(0, 1 + how % 2) };
}

/** A row of the table, mostly; its child, mostly. */
function anyRef(state: MasterState, { who, how }: Draw): ChildRef {
  const ref = refAt(state, who % (state.slots.length + 1));
  if (how % 16 === 1) return { ...ref, pid: toPid(1 + who % 12) };
  if (how % 16 === 2) {
    return { ...ref, generation: toGeneration(ref.generation + 1) };
  }
  if (how % 16 === 3) {
    return { ...ref, generation: toGeneration(ref.generation - 1) };
  }
  return how % 16 === 4 ? { ...ref, slot: toSlotIndex(who) } : ref;
}

function childEvent(
  state: MasterState,
  draw: Draw,
  troubles: number,
): MasterEvent {
  const ref = anyRef(state, draw);
  const exits = [code(0), code(1), code(2), KILLED] as const;
  const kinds = [0, 1, 2, 3, 4, 5, 6, 7]
    .filter((bit) => (troubles >> bit) % 2 === 1);
  switch (kinds[(draw.how >> 4) % kinds.length]) {
    case 0:
      return { kind: "childReady", ...ref };
    case 1:
      return { kind: "childDraining", ...ref };
    case 2:
      if (draw.pause % 5 === 4) {
        return { kind: "connectionsCut", connections: draw.pause, ...ref };
      }
      return draw.pause % 2 === 0
        ? { kind: "childReopened", ...ref }
        : { kind: "childFailed", reason: "no app", ...ref };
    case 3:
      return draw.pause % 2 === 0 ? { kind: "channelClosed", ...ref } : {
        kind: "zoneLoaded",
        zone: draw.pause % 4 === 1 ? "one" : "two",
        ...ref,
      };
    case 4:
      return { kind: "channelBroken", reason: "[]", ...ref };
    case 5: {
      const commands = ["init", "quit", "terminate", "reopen"] as const;
      const command = commands[draw.pause % 4] ?? "init";
      return { kind: "sendFailed", command, ...ref };
    }
    default: {
      const exit = exits[draw.pause % 4] ?? KILLED;
      return { kind: "childExited", exit, ...ref };
    }
  }
}

function spawnEvent(state: MasterState, draw: Draw): MasterEvent {
  const { slot, generation } = anyRef(state, draw);
  if (draw.what % 2 === 0) {
    return { kind: "spawnFailed", slot, generation, error: TRY_AGAIN };
  }
  const pid = freePid(state, draw.pause);
  return { kind: "childSpawned", slot, generation, pid };
}

function changeoverEvent(state: MasterState, draw: Draw): MasterEvent {
  const late = draw.how % 8 === 0 ? 1 : 0;
  const generation = toGeneration(state.generationLast - late);
  switch (draw.what % 7) {
    case 0: {
      const plan = PLANS[draw.who % PLANS.length] ?? planOf(1);
      return { kind: "configLoaded", generation, plan };
    }
    case 1:
      return { kind: "configRejected", generation, reasons: ["a", "b"] };
    case 2:
      return { kind: "listenersOpened", generation, bound: [] };
    case 3:
      return { kind: "listenersFailed", generation, error: IN_USE };
    case 4:
      return { kind: "listenersFailed", generation, error: NO_ACCESS };
    case 5:
      return { kind: "pidFileWritten", generation };
    default:
      return { kind: "pidFileFailed", generation, error: NO_ACCESS };
  }
}

/** Somebody ends whose parent the master is: a child of its own, or not. */
function strangerEvent(state: MasterState, draw: Draw): MasterEvent {
  const process = draw.how % 3 === 0
    ? freePid(state, draw.pause)
    : anyRef(state, draw).pid;
  if (draw.what % 3 === 0) {
    return { kind: "orphanReaped", process, exit: code(draw.how % 4) };
  }
  return { kind: "processEnded", process };
}

function upgradeEvent(state: MasterState, draw: Draw): MasterEvent {
  const { upgrade } = state;
  const present = upgrade !== undefined && "pid" in upgrade
    ? upgrade.pid
    : freePid(state, draw.who);
  const pid = draw.how % 8 === 0 ? toPid(1 + draw.who % 12) : present;
  const exits = [code(0), code(1), KILLED] as const;
  switch (draw.what % 9) {
    case 0:
      return { kind: "pidFileRenamed" };
    case 1:
      return { kind: "pidFileRenameFailed", error: NO_ACCESS };
    case 2:
      return { kind: "upgradeSpawned", pid: freePid(state, draw.pause) };
    case 3:
      return { kind: "upgradeSpawnFailed", error: NO_ACCESS };
    case 4:
      return { kind: "upgradeReady", pid };
    case 5:
      return { kind: "upgradeReported", reason: "no app", pid };
    case 6:
      return { kind: "predecessorLost" };
    default: {
      const exit = exits[draw.pause % 3] ?? KILLED;
      return { kind: "upgradeExited", exit, pid };
    }
  }
}

function controlEvent({ who, how }: Draw): MasterEvent {
  const token = who % 4;
  if (how % 4 === 0) return { kind: "controlClosed", token };
  // Asking for the end is left to a few, or no life would be long.
  const requests = ["reload", "reopen", "reload", "upgrade"] as const;
  if (how > 245) {
    return {
      kind: "controlRequested",
      token,
      request: how % 2 === 0 ? "quit" : "terminate",
    };
  }
  const request = requests[how % 4] ?? "reload";
  return { kind: "controlRequested", token, request };
}
