/**
 * Everything the master knows, as one plain value, and the small moves every
 * decision is made of. What the operator wants (`plan`, `changeover`) and what
 * is (`slots`) are separate facts; decisions close the gap (s6, OTP).
 *
 * Nothing here is mutated: a step that fails leaves the state it started from.
 */

import type { Generation, Pid, SlotIndex } from "../../base/id.ts";
import { toGeneration, toSlotIndex } from "../../base/id.ts";
import type { Level } from "../../base/level.ts";
import type { Instant } from "../../base/unit.ts";
import type { Counts } from "./counts.ts";
import { NO_COUNTS } from "./counts.ts";
import type { MasterEffect } from "./effect.ts";
import type { ChildRef, ControlRequest, MasterEvent } from "./event.ts";
import type { MasterNotice } from "./notice.ts";
import type { Plan, Policy } from "./policy.ts";
import type { LiveSlot, Slot } from "./slot.ts";
import { isLive, VACANT } from "./slot.ts";

/** Where the master is in its life. */
export type Mode =
  /** The first generation is not ready yet. */
  | "starting"
  | "running"
  /** QUIT: draining everything, then exit. */
  | "quitting"
  /** TERM or INT, or a failed start: ending everything, then exit. */
  | "terminating"
  /** PID 1 after an upgrade: the new master's init. */
  | "relaying"
  | "exited";

/** Every mode, in the order of a life. */
export const MODES: readonly Mode[] = [
  "starting",
  "running",
  "quitting",
  "terminating",
  "relaying",
  "exited",
];

/** A new generation on its way, from HUP (or the start) to its commit. */
export type Changeover =
  & { readonly generation: Generation }
  & (
    | { readonly stage: "loading" }
    | {
      readonly stage: "opening";
      readonly plan: Plan;
      /** bind() attempts made, this one included. */
      readonly attempt: number;
    }
    | {
      readonly stage: "retrying";
      readonly plan: Plan;
      readonly attempt: number;
      readonly deadline: Instant;
    }
    | { readonly stage: "recording"; readonly plan: Plan }
    | {
      readonly stage: "booting";
      readonly plan: Plan;
      readonly deadline: Instant;
    }
  );

/**
 * A new master that replaces this one, from USR2 to the end of either. It is
 * no row of the process table: the master may leave without it.
 */
export type Upgrade =
  & {
    /** We leave by ourselves when it is ready: somebody waits for that. */
    readonly isDriven: boolean;
  }
  & (
    /** Our pid file is being renamed. */
    | { readonly stage: "renaming" }
    /** Asked for; the kernel has not answered. */
    | { readonly stage: "executing" }
    /** Alive, its workers not ready. */
    | {
      readonly stage: "booting";
      readonly pid: Pid;
      readonly deadline: Instant;
      /** Why it never will be, in its own words. */
      readonly reason?: string;
    }
    /** Its workers serve. */
    | { readonly stage: "ready"; readonly pid: Pid }
    /** It had its time: told to terminate, killed at the deadline. */
    | {
      readonly stage: "terminating";
      readonly pid: Pid;
      readonly deadline: Instant;
      readonly reason: string;
    }
  );

/** A new master that has a process. */
export type LiveUpgrade = Extract<Upgrade, { readonly pid: Pid }>;

/** An operator who waits for an answer. */
export interface Waiter {
  readonly token: number;
  readonly request: ControlRequest;
}

/** A reopen whose workers have not all answered. */
export interface Reopening {
  readonly pending: readonly Pid[];
  readonly deadline: Instant;
}

/** What is known of the cache. */
export interface CacheState {
  /** The zones of the plan in force that a loader has gone through. */
  readonly loaded: readonly string[];
  /** The generation whose loader has ended, however; 0: none. */
  readonly loaderEnded: Generation;
}

/** The whole value. */
export interface MasterState {
  readonly mode: Mode;
  readonly policy: Policy;
  /** The generation in force; 0 before the first. */
  readonly generation: Generation;
  /** What it wants; TTIN and TTOU change its worker counts. */
  readonly plan: Plan;
  readonly changeover: Changeover | undefined;
  /** HUP came while starting: reload once started. */
  readonly reloadWanted: boolean;
  /** WINCH came: the workers drain and none is spawned. */
  readonly noaccepting: boolean;
  /** The highest generation ever begun. */
  readonly generationLast: Generation;
  readonly slots: readonly Slot[];
  readonly cache: CacheState;
  readonly waiters: readonly Waiter[];
  /** The new master we executed, if any. */
  readonly upgrade: Upgrade | undefined;
  /**
   * The old master that executed us, if any; "gone": it is, and what it left
   * is to be taken over when our first generation is ready.
   */
  readonly predecessor: "alive" | "gone" | undefined;
  readonly reopening: Reopening | undefined;
  /** The last timer was late and was forgiven; the next one is not. */
  readonly lateForgiven: boolean;
  /** Seeded generator of the backoff's jitter. */
  readonly random: number;
  /** What has happened so far. */
  readonly counts: Counts;
  /** The code to exit with. */
  readonly exitCode: number;
}

/** What the master decided: the state to keep and what to do, in order. */
export interface Step {
  readonly state: MasterState;
  readonly effects: readonly MasterEffect[];
}

/** A part of a decision: from the state so far to the next. */
export type Move = (state: MasterState) => Step;

/** The state before the first event: waiting for the first configuration. */
export function initialState(
  policy: Policy,
  seed: number,
  predecessor?: "alive" | "gone",
): MasterState {
  const first = toGeneration(1);
  return {
    mode: "starting",
    policy,
    generation: toGeneration(0),
    plan: { pools: [], generationsMax: 1 },
    changeover: { generation: first, stage: "loading" },
    reloadWanted: false,
    noaccepting: false,
    generationLast: first,
    slots: [],
    cache: { loaded: [], loaderEnded: toGeneration(0) },
    waiters: [],
    upgrade: undefined,
    predecessor,
    reopening: undefined,
    lateForgiven: false,
    random: seed >>> 0,
    counts: NO_COUNTS,
    exitCode: 0,
  };
}

/** A step that keeps `state` and does `effects`. */
export function stay(
  state: MasterState,
  ...effects: readonly MasterEffect[]
): Step {
  return { state, effects };
}

/** One move after the other, their effects in that order. */
export function inOrder(
  state: MasterState,
  ...moves: readonly Move[]
): Step {
  let step = stay(state);
  for (const move of moves) {
    const next = move(step.state);
    step = { state: next.state, effects: [...step.effects, ...next.effects] };
  }
  return step;
}

/** The move for each item in turn. */
export function forEach<Item>(
  items: readonly Item[],
  move: (state: MasterState, item: Item) => Step,
): Move {
  return (state) =>
    inOrder(
      state,
      ...items.map((item): Move => (current) => move(current, item)),
    );
}

/** Say something. */
export function say(level: Level, notice: MasterNotice): MasterEffect {
  return { kind: "log", level, notice };
}

/** The state with one slot replaced. */
export function withSlot(
  state: MasterState,
  index: SlotIndex,
  slot: Slot,
): MasterState {
  const slots = state.slots.slice();
  slots[index] = slot;
  return { ...state, slots };
}

/** The slot at an index; vacant when there is no such row. */
export function slotAt(state: MasterState, index: SlotIndex): Slot {
  return state.slots[index] ?? VACANT;
}

/** A slot together with its index. */
export interface Row<Kind extends Slot = Slot> {
  readonly index: SlotIndex;
  readonly slot: Kind;
}

/** The rows whose slot satisfies `wanted`, in table order. */
export function rowsWhere<Kind extends Slot>(
  state: MasterState,
  wanted: (slot: Slot) => slot is Kind,
): readonly Row<Kind>[];
export function rowsWhere(
  state: MasterState,
  wanted: (slot: Slot) => boolean,
): readonly Row[];
export function rowsWhere(
  state: MasterState,
  wanted: (slot: Slot) => boolean,
): readonly Row[] {
  return state.slots.flatMap((slot, index) =>
    wanted(slot) ? [{ index: toSlotIndex(index), slot }] : []
  );
}

/** The live slot an event is about; undefined when it is late. */
export function liveSlotOf(
  state: MasterState,
  ref: ChildRef,
): LiveSlot | undefined {
  const slot = slotAt(state, ref.slot);
  if (!isLive(slot)) return undefined;
  if (slot.pid !== ref.pid || slot.generation !== ref.generation) {
    return undefined;
  }
  return slot;
}

/** How effects and notices name the child of a live row. */
export function refOf(row: Row<LiveSlot>): ChildRef {
  return {
    slot: row.index,
    generation: row.slot.generation,
    pid: row.slot.pid,
  };
}

/** Whether a process of ours lives or is about to. */
export function isOccupied(slot: Slot): boolean {
  return slot.phase === "spawning" || isLive(slot);
}

/** How many workers a plan wants in all. */
export function workersOf(plan: Plan): number {
  return plan.pools.reduce((sum, pool) => sum + pool.workers, 0);
}

/** A late event changes nothing, but is seen at debug level. */
export function ignore(state: MasterState, event: MasterEvent["kind"]): Step {
  return stay(state, say("debug", { kind: "eventIgnored", event }));
}

/** Whether another master has our listening sockets, too. */
export function isShared({ predecessor, upgrade }: MasterState): boolean {
  return predecessor === "alive" ||
    (upgrade !== undefined && upgrade.stage !== "renaming");
}

/** The new master, while there is a process of it. */
export function liveUpgrade({ upgrade }: MasterState): LiveUpgrade | undefined {
  return upgrade !== undefined && "pid" in upgrade ? upgrade : undefined;
}
