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
 * (role/service.ts) performs the effects in order and arms one timer for
 * `nextDeadline`. After an `exit` effect nothing follows.
 *
 * The wording is nginx's where nginx has the event. Source: nginx
 * src/os/unix/ngx_process_cycle.c, ngx_worker_process_cycle and
 * ngx_worker_process_exit.
 */

import { EXIT_CODE } from "../base/exit_code.ts";
import { unreachable } from "../base/invariant.ts";
import type { Instant } from "../base/unit.ts";
import { toMilliseconds } from "../base/unit.ts";
import { reopen, saying, signalLine } from "./hearing.ts";
import {
  EXIT_CLEANLY,
  finish,
  fire,
  leave,
  startDrain,
} from "./worker_drain.ts";
import type { Asker, WorkerEffect, WorkerEvent } from "./worker_event.ts";
import { noteTrimmed, startAccepting } from "./worker_rest.ts";
import type { WorkerPolicy, WorkerState, WorkerStep } from "./worker_state.ts";

/** Decide what one event means. */
export function step(
  state: WorkerState,
  event: WorkerEvent,
  policy: WorkerPolicy,
  now: Instant,
): WorkerStep {
  switch (event.kind) {
    case "started":
      return start(state, now);
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
      return finish(state, event, policy);
    case "appCrashed":
      return fail(state, event.reason, EXIT_CODE.FAILED);
    case "timerFired":
      return fire(state, event, policy, now);
    case "memoryTrimmed":
      return noteTrimmed(state, event.heapBytes);
    default:
      return unreachable(event);
  }
}

function start(state: WorkerState, now: Instant): WorkerStep {
  // Any other phase: it was told to go while it started, so it never serves.
  if (state.phase !== "booting") return { state, effects: [] };
  return {
    state: startAccepting(now),
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

/** The master is told too while somebody may wait for this worker. */
function fail(state: WorkerState, reason: string, code: number): WorkerStep {
  const said: WorkerEffect = { kind: "log", level: "emerg", text: reason };
  const told: readonly WorkerEffect[] = state.phase === "booting"
    ? [{ kind: "sendFailure", reason }]
    : [];
  return { state, effects: [said, ...told, { kind: "exit", code }] };
}

function brokenLine(reason: string): WorkerEffect {
  const text = `not a message of the master, ignored: ${reason}`;
  return { kind: "log", level: "error", text };
}
