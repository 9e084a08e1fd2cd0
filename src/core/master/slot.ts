/**
 * One row of the process table: a union whose members carry only the fields
 * that mean something in their phase. Eight legal phases instead of the
 * thirty-two bit patterns of nginx's five flags (nginx: src/os/unix/
 * ngx_process.h); `just_spawn` became "generation equals the wanted one".
 *
 *     vacant ─▶ spawning ─▶ booting ─▶ serving ─▶ draining ─┐
 *       ▲          │ ▲         │  │       │          │      │
 *       │          ▼ │         │  └───────┼──▶ terminating  │
 *       │        waiting ◀─────┴──────────┘          │      │
 *       ├────────── failed (exit code 2)             ▼      ▼
 *       └──────────────────────────────────────── reaped ◀──┘
 *
 * A deadline lives in its phase: leaving the phase is cancelling the timer
 * (gen_statem's state timeout). `nextDeadline` in timer.ts reads them.
 */

import type { Generation, Ordinal, Pid } from "../../base/id.ts";
import type { HelperRole } from "../../base/role.ts";
import type { Instant } from "../../base/unit.ts";
import type { Exit } from "../../base/exit.ts";
import type { Limits } from "./policy.ts";

/** Whose work a slot does: that worker of that pool of that generation. */
export interface Assignment {
  readonly generation: Generation;
  /** A helper has a name here that no pool can have. */
  readonly pool: string;
  /** A helper's role; a worker has none. */
  readonly helper?: HelperRole;
  readonly ordinal: Ordinal;
  readonly limits: Limits;
}

/** A worker's record, kept across its respawns. */
export interface Record {
  /** Unexpected ends since it was last stable, 0 at first. */
  readonly failures: number;
}

/** A process of ours, whatever it does. */
export interface Process {
  readonly pid: Pid;
  /** It asked for the mailboxes of its pool. */
  readonly mesh?: true;
}

/** One row of the process table. */
export type Slot =
  | { readonly phase: "vacant" }
  /** Asked for; the kernel has not answered. */
  | ({ readonly phase: "spawning" } & Assignment & Record)
  /** Alive, not yet ready. */
  | (
    & {
      readonly phase: "booting";
      readonly deadline: Instant;
      /** Why it will never serve, in its own words. */
      readonly reason?: string;
    }
    & Process
    & Assignment
    & Record
  )
  /** Ready: it said so. */
  | (
    & {
      readonly phase: "serving";
      readonly since: Instant;
    }
    & Process
    & Assignment
    & Record
  )
  /** Told to quit, or quitting by itself; without a deadline: no limit. */
  | (
    & {
      readonly phase: "draining";
      readonly deadline: Instant | undefined;
    }
    & Process
    & Assignment
    & Record
  )
  /** Told to terminate; `rung` of the ladder is taken at the deadline. */
  | (
    & {
      readonly phase: "terminating";
      readonly rung: number;
      readonly since: Instant;
      readonly deadline: Instant;
      /** It drained before: its place is its replacement's. */
      readonly replaced?: true;
    }
    & Process
    & Assignment
    & Record
  )
  /** Between two spawns of the same worker. */
  | (
    & { readonly phase: "waiting"; readonly deadline: Instant }
    & Assignment
    & Record
  )
  /** It exited with code 2: not respawned before the next reload. */
  | (
    & { readonly phase: "failed"; readonly exit: Exit }
    & Assignment
    & Record
  );

/** The phases a slot can be in. */
export type Phase = Slot["phase"];

/** Every phase, in the order of a life. */
export const PHASES: readonly Phase[] = [
  "vacant",
  "spawning",
  "booting",
  "serving",
  "draining",
  "terminating",
  "waiting",
  "failed",
];

/** A slot with a process in it. */
export type LiveSlot = Extract<Slot, { readonly pid: Pid }>;

/** A slot that somebody works in or will. */
export type AssignedSlot = Extract<Slot, Assignment>;

/** Nobody. */
export const VACANT: Slot = { phase: "vacant" };

/** Whether a process of ours lives in the slot. */
export function isLive(slot: Slot): slot is LiveSlot {
  return "pid" in slot;
}

/** Whether the slot belongs to some worker. */
export function isAssigned(slot: Slot): slot is AssignedSlot {
  return slot.phase !== "vacant";
}

/** Whether the slot belongs to a worker that has no process, nor one asked. */
export function isIdle(slot: Slot): boolean {
  return slot.phase === "waiting" || slot.phase === "failed";
}

/** Who works in a slot: what stays when its phase changes. */
export function workerOf(worker: Assignment & Record): Assignment & Record {
  const { generation, pool, ordinal, limits, failures } = worker;
  return { generation, pool, ordinal, limits, failures, ...roleOf(worker) };
}

/** A living child: what stays until its end. */
export function childOf(slot: LiveSlot): Assignment & Record & Process {
  const { pid, mesh } = slot;
  return { ...workerOf(slot), pid, ...mesh === true ? { mesh } : {} };
}

/** The role, where there is one: a worker's is not written down. */
export function roleOf(
  { helper }: { readonly helper?: HelperRole },
): { readonly helper?: HelperRole } {
  return helper === undefined ? {} : { helper };
}

/**
 * Whether the slot holds its worker's place, so that no other slot may be
 * given the same assignment. A draining one does not: its replacement may
 * start beside it; nor does one that is terminated because it drained too
 * long, or its end would be taken for its replacement's.
 */
export function holdsPlace(slot: Slot): slot is AssignedSlot {
  if (slot.phase === "terminating") return slot.replaced !== true;
  return slot.phase !== "vacant" && slot.phase !== "draining";
}
