/**
 * The life of a worker: what each thing that happens means in each phase.
 *
 *     booting ─▶ accepting ─▶ draining ─▶ exiting
 *        └───────────┴────────────┴──────────▲
 *
 * booting    the app is imported, its init hook runs, nothing is accepted
 * accepting  it serves
 * draining   told to quit: no new connections, the others leave one by one
 * exiting    no connections are left; the app's shutdown hook runs
 *
 * `step` is total and pure, like the master's: no clock, no throw; the shell
 * (role/worker.ts) performs the effects in order and arms one timer for
 * `nextDeadline`. After an `exit` effect nothing follows.
 *
 * The wording is nginx's where nginx has the event. Source: nginx
 * src/os/unix/ngx_process_cycle.c, ngx_worker_process_cycle and
 * ngx_worker_process_exit.
 */

import { EXIT_CODE } from "../base/exit_code.ts";
import { unreachable } from "../base/invariant.ts";
import type { Instant, Milliseconds } from "../base/unit.ts";
import { after, between, earliest, toMilliseconds } from "../base/unit.ts";
import type {
  Asker,
  WorkerEffect,
  WorkerEvent,
  WorkerSignal,
} from "./worker_event.ts";

/** What the app's shutdown hook gets at least, whatever the drain took. */
export const SHUTDOWN_HOOK_MS_MIN = toMilliseconds(1000);

/** How often idle connections are looked at after the first time. */
export const SWEEP_MS = toMilliseconds(500);

/** The numbers a worker decides by. */
export interface WorkerPolicy {
  /** 0 means no limit. Source: nginx worker_shutdown_timeout. */
  readonly shutdownTimeoutMs: Milliseconds;
  /** How long an idle connection is kept. Source: keepalive_drain. */
  readonly keepaliveDrainMs: Milliseconds;
}

/** Where a worker is in its life, with what that phase must remember. */
export type WorkerState =
  | { readonly phase: "booting" }
  | { readonly phase: "accepting" }
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
    case "accepting":
      return undefined;
    case "draining":
      return earliest([state.acceptUntil, state.sweepAt, state.deadline]);
    case "exiting":
      return state.deadline;
  }
}

/** Decide what one event means. */
export function step(
  state: WorkerState,
  event: WorkerEvent,
  policy: WorkerPolicy,
  now: Instant,
): WorkerStep {
  switch (event.kind) {
    case "started":
      return start(state);
    case "startFailed":
      return fail(state, event.reason, EXIT_CODE.FATAL);
    case "quitAsked":
      return quit(state, event, policy, now);
    case "terminateAsked":
      return terminate(state, event.asker);
    case "reopenAsked":
      return { state, effects: reopen(event.asker) };
    case "signalIgnored":
      return { state, effects: [signalLine(event, "ignoring")] };
    case "masterLost":
      return loseMaster(state, policy, now);
    case "channelBroken":
      return { state, effects: [brokenLine(event.reason)] };
    case "connectionsGone":
      return leave(state, now);
    case "shutdownFinished":
      return finish(state, event);
    case "appCrashed":
      return fail(state, event.reason, EXIT_CODE.FAILED);
    case "timerFired":
      return fire(state, event.connections, policy, now);
    default:
      return unreachable(event);
  }
}

function start(state: WorkerState): WorkerStep {
  // Any other phase: it was told to go while it started, so it never serves.
  if (state.phase !== "booting") return { state, effects: [] };
  return {
    state: { phase: "accepting" },
    effects: [{ kind: "send", message: "ready" }],
  };
}

function quit(
  state: WorkerState,
  event: Extract<WorkerEvent, { readonly kind: "quitAsked" }>,
  policy: WorkerPolicy,
  now: Instant,
): WorkerStep {
  const { asker } = event;
  const heard = saying(asker, "shutting down");
  if (state.phase === "booting") {
    return { state, effects: [...heard, ...EXIT_CLEANLY] };
  }
  // Asked twice: the first drain goes on, its deadlines stand.
  if (state.phase !== "accepting") return { state, effects: heard };
  const effects: WorkerEffect[] = [...heard];
  // A master that did not ask must know, to start another worker at once.
  if (asker.kind === "signal") {
    effects.push({ kind: "send", message: "draining" });
  }
  const drain = startDrain(policy, event.lingerMs, now);
  return { state: drain.state, effects: [...effects, ...drain.effects] };
}

function startDrain(
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

/** At once, in any phase: no hook, no waiting. */
function terminate(state: WorkerState, asker: Asker): WorkerStep {
  return {
    state,
    effects: [
      ...saying(asker, "exiting"),
      { kind: "closeListeners" },
      { kind: "closeAll" },
      ...EXIT_CLEANLY,
    ],
  };
}

function reopen(asker: Asker): readonly WorkerEffect[] {
  const answer: readonly WorkerEffect[] = asker.kind === "master"
    ? [{ kind: "send", message: "reopened" }]
    : [];
  return [
    ...saying(asker, "reopening logs"),
    // In the old file, as in nginx: it says where the log went on.
    { kind: "log", level: "notice", text: "reopening logs" },
    { kind: "reopenLog" },
    ...answer,
  ];
}

function loseMaster(
  state: WorkerState,
  policy: WorkerPolicy,
  now: Instant,
): WorkerStep {
  const text = "master process is gone, shutting down";
  const line: WorkerEffect = { kind: "log", level: "error", text };
  switch (state.phase) {
    case "booting":
      return { state, effects: [line, ...EXIT_CLEANLY] };
    case "accepting": {
      const drain = startDrain(policy, toMilliseconds(0), now);
      return { state: drain.state, effects: [line, ...drain.effects] };
    }
    case "draining":
    case "exiting":
      // It leaves already, within its deadlines.
      return { state, effects: [line] };
  }
}

/** The drain is over: the app's shutdown hook gets what time is left. */
function leave(state: WorkerState, now: Instant): WorkerStep {
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

function finish(
  state: WorkerState,
  event: Extract<WorkerEvent, { readonly kind: "shutdownFinished" }>,
): WorkerStep {
  // Its time was over, or it was never asked for.
  if (state.phase !== "exiting") return { state, effects: [] };
  const effects: WorkerEffect[] = [];
  if (event.failure !== undefined) {
    effects.push({ kind: "log", level: "error", text: event.failure });
  }
  if (event.connections > 0 && !state.isCut) {
    const text = `${event.connections} open socket left in connection`;
    effects.push({ kind: "log", level: "alert", text });
  }
  return { state, effects: [...effects, ...EXIT_CLEANLY] };
}

function fire(
  state: WorkerState,
  connections: number,
  policy: WorkerPolicy,
  now: Instant,
): WorkerStep {
  switch (state.phase) {
    case "booting":
    case "accepting":
      // No timer is armed in these phases: a late one of an earlier phase.
      return { state, effects: [] };
    case "draining":
      return fireDraining(state, connections, policy, now);
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
      { kind: "closeListeners" },
      { kind: "closeAll" },
      { kind: "shutDownApp" },
    ],
  };
}

function isDue(at: Instant | undefined, now: Instant): boolean {
  return at !== undefined && at <= now;
}

const EXIT_CLEANLY: readonly WorkerEffect[] = [
  { kind: "log", level: "notice", text: "exiting" },
  { kind: "log", level: "notice", text: "exit" },
  { kind: "exit", code: EXIT_CODE.DONE },
];

/** The master is told too while somebody may wait for this worker. */
function fail(state: WorkerState, reason: string, code: number): WorkerStep {
  const said: WorkerEffect = { kind: "log", level: "emerg", text: reason };
  const told: readonly WorkerEffect[] = state.phase === "booting"
    ? [{ kind: "sendFailure", reason }]
    : [];
  return { state, effects: [said, ...told, { kind: "exit", code }] };
}

/** What a signal is answered with in the log; a message needs no line. */
function saying(asker: Asker, what: string): readonly WorkerEffect[] {
  return asker.kind === "signal" ? [signalLine(asker, what)] : [];
}

function signalLine(signal: WorkerSignal, what: string): WorkerEffect {
  const text = `signal ${signal.signo} (${signal.name}) received, ${what}`;
  return { kind: "log", level: "notice", text };
}

function brokenLine(reason: string): WorkerEffect {
  const text = `not a message of the master, ignored: ${reason}`;
  return { kind: "log", level: "error", text };
}
