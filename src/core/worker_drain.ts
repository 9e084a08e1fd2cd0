/**
 * A worker's way out: it drains, closes what is idle, cuts what is left at the
 * timeout, gives the app's shutdown hook its time, and looks whether a
 * connection was left open, which nobody may have: an alert, and a debug point.
 * What begins a drain is decided in worker.ts.
 *
 * Source: nginx src/os/unix/ngx_process_cycle.c, ngx_worker_process_exit;
 * src/event/ngx_event_timer.c, ngx_set_shutdown_timer.
 */

import { EXIT_CODE } from "../base/exit_code.ts";
import type { Instant, Milliseconds } from "../base/unit.ts";
import { after, between, toMilliseconds } from "../base/unit.ts";
import type { WorkerEffect, WorkerEvent } from "./worker_event.ts";
import { look } from "./worker_rest.ts";
import type { WorkerPolicy, WorkerState, WorkerStep } from "./worker_state.ts";

/** What the app's shutdown hook gets at least, whatever the drain took. */
export const SHUTDOWN_HOOK_MS_MIN = toMilliseconds(1000);

/** How often idle connections are looked at after the first time. */
export const SWEEP_MS = toMilliseconds(500);

/** The last three effects of a process that did all it had to. */
export const EXIT_CLEANLY: readonly WorkerEffect[] = [
  { kind: "log", level: "notice", text: "exiting" },
  { kind: "log", level: "notice", text: "exit" },
  { kind: "exit", code: EXIT_CODE.DONE },
];

/** Told to quit: no new connections, the others leave one by one. */
export function startDrain(
  policy: WorkerPolicy,
  lingerMs: Milliseconds,
  now: Instant,
): WorkerStep {
  const lingers = lingerMs > 0;
  const effects: WorkerEffect[] = [
    { kind: "retitle" },
    { kind: "log", level: "notice", text: "gracefully shutting down" },
    { kind: "tellApp" },
    { kind: "refuseKeepalive" },
  ];
  if (!lingers) effects.push({ kind: "closeListeners" });
  return {
    state: {
      phase: "draining",
      acceptUntil: lingers ? after(now, lingerMs) : undefined,
      sweepAt: after(now, policy.keepaliveDrainMs),
      deadline: policy.shutdownTimeoutMs > 0
        ? after(now, policy.shutdownTimeoutMs)
        : undefined,
    },
    effects,
  };
}

/** The drain is over: the app's shutdown hook gets what time is left. */
export function leave(state: WorkerState, now: Instant): WorkerStep {
  // While it accepts, no connections are just a quiet moment; while it
  // lingers, the next one may be waiting in the queue.
  if (state.phase !== "draining" || state.acceptUntil !== undefined) {
    return { state, effects: [] };
  }
  return {
    state: {
      phase: "exiting",
      deadline: hookDeadline(state.deadline, now),
      isCut: false,
    },
    effects: [{ kind: "shutDownApp" }],
  };
}

function hookDeadline(
  deadline: Instant | undefined,
  now: Instant,
): Instant | undefined {
  if (deadline === undefined) return undefined;
  const leftMs = between(now, deadline);
  return leftMs > SHUTDOWN_HOOK_MS_MIN
    ? deadline
    : after(now, SHUTDOWN_HOOK_MS_MIN);
}

/** The hook is over, one way or the other: what is left open is a bug. */
export function finish(
  state: WorkerState,
  event: Extract<WorkerEvent, { readonly kind: "shutdownFinished" }>,
  policy: WorkerPolicy,
): WorkerStep {
  // Its time was over, or it was never asked for.
  if (state.phase !== "exiting") return { state, effects: [] };
  const effects: WorkerEffect[] = [];
  if (event.failure !== undefined) {
    effects.push({ kind: "log", level: "error", text: event.failure });
  }
  if (event.connections > 0 && !state.isCut) {
    const saying = "open socket left in connection";
    effects.push({ kind: "logConnections", level: "alert", saying });
    effects.push(...debugPoint(policy));
  }
  return { state, effects: [...effects, ...EXIT_CLEANLY] };
}

/** nginx's ngx_debug_point, for a developer who asked for it. */
function debugPoint({ debugPoints }: WorkerPolicy): readonly WorkerEffect[] {
  if (debugPoints === "off") return [];
  const text = debugPoints === "stop" ? "stopping" : "aborting";
  return [{ kind: "log", level: "alert", text }, { kind: "killSelf" }];
}

/** The timer fired. */
export function fire(
  state: WorkerState,
  event: Extract<WorkerEvent, { readonly kind: "timerFired" }>,
  policy: WorkerPolicy,
  now: Instant,
): WorkerStep {
  switch (state.phase) {
    case "booting":
      // No timer is armed in this phase.
      return { state, effects: [] };
    case "accepting":
      return look(state, event, now);
    case "draining":
      return fireDraining(state, event.connections, policy, now);
    case "exiting": {
      if (!isDue(state.deadline, now)) return { state, effects: [] };
      const text = "shutdown hook did not finish in time, exiting without it";
      const line: WorkerEffect = { kind: "log", level: "error", text };
      return { state, effects: [line, ...EXIT_CLEANLY] };
    }
  }
}

function fireDraining(
  state: Extract<WorkerState, { readonly phase: "draining" }>,
  connections: number,
  policy: WorkerPolicy,
  now: Instant,
): WorkerStep {
  if (isDue(state.deadline, now)) return cutShort(connections, policy, now);
  const effects: WorkerEffect[] = [];
  const stopsAccepting = isDue(state.acceptUntil, now);
  if (stopsAccepting) effects.push({ kind: "closeListeners" });
  const sweeps = isDue(state.sweepAt, now);
  if (sweeps) effects.push({ kind: "closeIdle" });
  return {
    state: {
      ...state,
      acceptUntil: stopsAccepting ? undefined : state.acceptUntil,
      sweepAt: sweeps ? after(now, SWEEP_MS) : state.sweepAt,
    },
    effects,
  };
}

/** The shutdown timeout: what is still open is closed, and counted. */
function cutShort(
  connections: number,
  policy: WorkerPolicy,
  now: Instant,
): WorkerStep {
  const noun = connections === 1 ? "connection" : "connections";
  const text = `worker_shutdown_timeout of ${policy.shutdownTimeoutMs} ms ` +
    `passed, closing ${connections} ${noun}`;
  return {
    state: {
      phase: "exiting",
      deadline: after(now, SHUTDOWN_HOOK_MS_MIN),
      isCut: true,
    },
    effects: [
      { kind: "log", level: "notice", text },
      { kind: "logConnections", level: "notice", saying: "closing connection" },
      { kind: "closeListeners" },
      { kind: "closeAll" },
      { kind: "shutDownApp" },
    ],
  };
}

function isDue(at: Instant | undefined, now: Instant): boolean {
  return at !== undefined && at <= now;
}
