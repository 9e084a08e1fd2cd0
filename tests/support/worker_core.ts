/**
 * A worker's core under test: a state of each phase, an event of each kind, and
 * effects as short words to compare.
 */

import { toBytes, toInstant, toMilliseconds } from "../../src/base/unit.ts";
import type { WorkerEvent } from "../../src/core/worker_event.ts";
import type {
  WorkerPolicy,
  WorkerState,
  WorkerStep,
} from "../../src/core/worker_state.ts";
import { FIRST_STATE } from "../../src/core/worker_state.ts";

export const POLICY: WorkerPolicy = {
  shutdownTimeoutMs: toMilliseconds(30_000),
  keepaliveDrainMs: toMilliseconds(5000),
  debugPoints: "off",
};

export const NOW = toInstant(1000);
export const AT_ONCE = toMilliseconds(0);
export const MASTER = { kind: "master" } as const;
export const QUIT_SIGNAL = {
  kind: "signal",
  name: "SIGQUIT",
  signo: 3,
} as const;

export const STATES: { readonly [name: string]: WorkerState } = {
  booting: FIRST_STATE,
  accepting: {
    phase: "accepting",
    lookAt: toInstant(2000),
    leftBytes: undefined,
  },
  lingering: {
    phase: "draining",
    acceptUntil: toInstant(1500),
    sweepAt: toInstant(6000),
    deadline: toInstant(31_000),
  },
  draining: {
    phase: "draining",
    acceptUntil: undefined,
    sweepAt: toInstant(6000),
    deadline: toInstant(31_000),
  },
  exiting: { phase: "exiting", deadline: toInstant(31_000), isCut: false },
};

export const EVENTS: { readonly [name: string]: WorkerEvent } = {
  started: { kind: "started" },
  startFailed: { kind: "startFailed", reason: "why" },
  quit: { kind: "quitAsked", asker: MASTER, lingerMs: AT_ONCE },
  quitLingering: {
    kind: "quitAsked",
    asker: MASTER,
    lingerMs: toMilliseconds(500),
  },
  quitSignal: { kind: "quitAsked", asker: QUIT_SIGNAL, lingerMs: AT_ONCE },
  terminate: { kind: "terminateAsked", asker: MASTER },
  reopen: { kind: "reopenAsked", asker: MASTER },
  reopenSignal: {
    kind: "reopenAsked",
    asker: { kind: "signal", name: "SIGUSR1", signo: 10 },
  },
  hup: { kind: "signalIgnored", name: "SIGHUP", signo: 1 },
  masterLost: { kind: "masterLost" },
  garbage: { kind: "channelBroken", reason: "{}" },
  gone: { kind: "connectionsGone" },
  finished: { kind: "shutdownFinished", failure: undefined, connections: 0 },
  leaking: { kind: "shutdownFinished", failure: "oops", connections: 2 },
  crashed: { kind: "appCrashed", reason: "why" },
  timer: { kind: "timerFired", connections: 3, heapBytes: toBytes(0) },
  trimmed: { kind: "memoryTrimmed", heapBytes: toBytes(7e6) },
};

/** The effects of a clean exit. */
export const LEAVE = "log:notice log:notice exit:0";

/** The next phase, then the effects. */
export function summary({ state, effects }: WorkerStep): string {
  const words = effects.map((effect) => {
    switch (effect.kind) {
      case "log":
        return `log:${effect.level}`;
      case "send":
        return `send:${effect.message}`;
      case "logConnections":
        return `${effect.kind}:${effect.level}`;
      case "exit":
        return `exit:${effect.code}`;
      default:
        return effect.kind;
    }
  });
  return [`${state.phase}:`, ...words].join(" ");
}

/** The lines a step logs. */
export function textsOf(taken: WorkerStep): string[] {
  return taken.effects.flatMap((e) => e.kind === "log" ? [e.text] : []);
}
