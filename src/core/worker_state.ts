/**
 * What a worker is: its phases with what each must remember, the numbers it
 * decides by, and when it must wake up. What happens in each phase is decided
 * in worker.ts and worker_drain.ts.
 *
 * A deadline lives in its phase: leaving the phase is cancelling the timer
 * (gen_statem's state timeout). Source: nginx
 * src/os/unix/ngx_process_cycle.c, ngx_exiting, ngx_worker_process_cycle.
 */

import type { DebugPoints } from "../base/debug_points.ts";
import type { Bytes, Instant, Milliseconds } from "../base/unit.ts";
import { earliest } from "../base/unit.ts";
import type { WorkerEffect } from "./worker_event.ts";

/** The numbers a worker decides by. */
export interface WorkerPolicy {
  /** 0 means no limit. Source: nginx worker_shutdown_timeout. */
  readonly shutdownTimeoutMs: Milliseconds;
  /** How long an idle connection is kept. Source: keepalive_drain. */
  readonly keepaliveDrainMs: Milliseconds;
  /** What becomes of a process that finds itself wrong. */
  readonly debugPoints: DebugPoints;
}

/** Where a worker is in its life, with what that phase must remember. */
export type WorkerState =
  | { readonly phase: "booting" }
  | {
    readonly phase: "accepting";
    /** When to see whether memory can be given back. */
    readonly lookAt: Instant;
    /** What V8's heap was after the last time; undefined: never done. */
    readonly leftBytes: Bytes | undefined;
  }
  | {
    readonly phase: "draining";
    /** Until when connections are accepted; undefined: no longer. */
    readonly acceptUntil: Instant | undefined;
    /** When idle connections are looked at next. */
    readonly sweepAt: Instant;
    /** When the rest is closed; undefined: never. */
    readonly deadline: Instant | undefined;
  }
  | {
    readonly phase: "exiting";
    /** When the shutdown hook has had its time; undefined: no limit. */
    readonly deadline: Instant | undefined;
    /** Connections were cut: some may not be gone yet. */
    readonly isCut: boolean;
  };

/** What a worker decided. */
export interface WorkerStep {
  readonly state: WorkerState;
  /** In the order they are to be performed. */
  readonly effects: readonly WorkerEffect[];
}

/** How every worker begins. */
export const FIRST_STATE: WorkerState = { phase: "booting" };

/** When `timerFired` is due; undefined: no timer. */
export function nextDeadline(state: WorkerState): Instant | undefined {
  switch (state.phase) {
    case "booting":
      return undefined;
    case "accepting":
      return state.lookAt;
    case "draining":
      return earliest([state.acceptUntil, state.sweepAt, state.deadline]);
    case "exiting":
      return state.deadline;
  }
}
