/**
 * When a worker gives memory back: soon after its start, for what only the
 * start needed, and after a load, once it is over. Never while a connection is
 * open: the collection stops the worker for tens of milliseconds.
 *
 * nginx has no such moment: its memory goes with each connection's pool
 * (src/core/ngx_palloc.c). V8's goes when V8 allocates, so an idle worker
 * would keep what its busiest minute took.
 */

import type { Bytes, Instant } from "../base/unit.ts";
import { after, toMilliseconds } from "../base/unit.ts";
import type { WorkerEvent } from "./worker_event.ts";
import type { WorkerState, WorkerStep } from "./worker_state.ts";

/** After the start; the first answers are not to wait for it. */
export const FIRST_LOOK_MS = toMilliseconds(1000);

/** Between two looks: a worker with traffic every minute stays warm. */
export const LOOK_MS = toMilliseconds(30_000);

/** The heap has grown when it is this many times what was left last time. */
export const GROWTH = 1.5;

type Accepting = Extract<WorkerState, { readonly phase: "accepting" }>;

/** A worker that begins to serve. */
export function startAccepting(now: Instant): Accepting {
  return {
    phase: "accepting",
    lookAt: after(now, FIRST_LOOK_MS),
    leftBytes: undefined,
  };
}

/** The time to look has come. */
export function look(
  state: Accepting,
  event: Extract<WorkerEvent, { readonly kind: "timerFired" }>,
  now: Instant,
): WorkerStep {
  if (now < state.lookAt) return { state, effects: [] };
  const { connections, heapBytes } = event;
  const next = { ...state, lookAt: after(now, LOOK_MS) };
  const isWorthIt = connections === 0 && hasGrown(state.leftBytes, heapBytes);
  return { state: next, effects: isWorthIt ? [{ kind: "trimMemory" }] : [] };
}

/** What is left is what later looks compare with. */
export function noteTrimmed(state: WorkerState, heapBytes: Bytes): WorkerStep {
  // It may have been told to go meanwhile.
  if (state.phase !== "accepting") return { state, effects: [] };
  return { state: { ...state, leftBytes: heapBytes }, effects: [] };
}

function hasGrown(leftBytes: Bytes | undefined, heapBytes: Bytes): boolean {
  return leftBytes === undefined || heapBytes > leftBytes * GROWTH;
}
