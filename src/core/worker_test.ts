/**
 * The whole table of core/worker.ts: each phase against each event, the next
 * phase and the effects in order; then the deadlines, which need a clock.
 * Source of the wording: nginx src/os/unix/ngx_process_cycle.c.
 */

import { assert, assertEquals } from "@std/assert";
import { toInstant, toMilliseconds } from "../base/unit.ts";
import {
  FIRST_STATE,
  nextDeadline,
  SHUTDOWN_HOOK_MS_MIN,
  step,
  SWEEP_MS,
  type WorkerPolicy,
  type WorkerState,
  type WorkerStep,
} from "./worker.ts";
import type { WorkerEvent } from "./worker_event.ts";

const POLICY: WorkerPolicy = {
  shutdownTimeoutMs: toMilliseconds(30_000),
  keepaliveDrainMs: toMilliseconds(5000),
};

const NOW = toInstant(1000);
const AT_ONCE = toMilliseconds(0);
const MASTER = { kind: "master" } as const;
const QUIT_SIGNAL = { kind: "signal", name: "SIGQUIT", signo: 3 } as const;

const STATES: { readonly [name: string]: WorkerState } = {
  booting: FIRST_STATE,
  accepting: { phase: "accepting" },
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

const EVENTS: { readonly [name: string]: WorkerEvent } = {
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
  timer: { kind: "timerFired", connections: 3 },
};

const LEAVE = "log:notice log:notice exit:0";
const DRAIN = "retitle log:notice tellApp refuseKeepalive closeListeners";
const LINGER = "retitle log:notice tellApp refuseKeepalive";
const TERMINATE = `closeListeners closeAll ${LEAVE}`;
const REOPEN = "log:notice reopenLog send:reopened";
const REOPEN_SIGNAL = "log:notice log:notice reopenLog";

/** Every phase and every event: the next phase, then the effects. */
const MATRIX: { readonly [state: string]: Record<string, string> } = {
  booting: {
    started: "accepting: send:ready",
    startFailed: "booting: log:emerg sendFailure exit:2",
    quit: `booting: ${LEAVE}`,
    quitLingering: `booting: ${LEAVE}`,
    quitSignal: `booting: log:notice ${LEAVE}`,
    terminate: `booting: ${TERMINATE}`,
    reopen: `booting: ${REOPEN}`,
    reopenSignal: `booting: ${REOPEN_SIGNAL}`,
    hup: "booting: log:notice",
    masterLost: `booting: log:error ${LEAVE}`,
    garbage: "booting: log:error",
    gone: "booting:",
    finished: "booting:",
    leaking: "booting:",
    crashed: "booting: log:emerg sendFailure exit:1",
    timer: "booting:",
  },
  accepting: {
    started: "accepting:",
    startFailed: "accepting: log:emerg exit:2",
    quit: `draining: ${DRAIN}`,
    quitLingering: `draining: ${LINGER}`,
    quitSignal: `draining: log:notice send:draining ${DRAIN}`,
    terminate: `accepting: ${TERMINATE}`,
    reopen: `accepting: ${REOPEN}`,
    reopenSignal: `accepting: ${REOPEN_SIGNAL}`,
    hup: "accepting: log:notice",
    masterLost: `draining: log:error ${DRAIN}`,
    garbage: "accepting: log:error",
    gone: "accepting:",
    finished: "accepting:",
    leaking: "accepting:",
    crashed: "accepting: log:emerg exit:1",
    timer: "accepting:",
  },
  lingering: {
    started: "draining:",
    startFailed: "draining: log:emerg exit:2",
    quit: "draining:",
    quitLingering: "draining:",
    quitSignal: "draining: log:notice",
    terminate: `draining: ${TERMINATE}`,
    reopen: `draining: ${REOPEN}`,
    reopenSignal: `draining: ${REOPEN_SIGNAL}`,
    hup: "draining: log:notice",
    masterLost: "draining: log:error",
    garbage: "draining: log:error",
    gone: "draining:",
    finished: "draining:",
    leaking: "draining:",
    crashed: "draining: log:emerg exit:1",
    timer: "draining:",
  },
  draining: {
    started: "draining:",
    startFailed: "draining: log:emerg exit:2",
    quit: "draining:",
    quitLingering: "draining:",
    quitSignal: "draining: log:notice",
    terminate: `draining: ${TERMINATE}`,
    reopen: `draining: ${REOPEN}`,
    reopenSignal: `draining: ${REOPEN_SIGNAL}`,
    hup: "draining: log:notice",
    masterLost: "draining: log:error",
    garbage: "draining: log:error",
    gone: "exiting: shutDownApp",
    finished: "draining:",
    leaking: "draining:",
    crashed: "draining: log:emerg exit:1",
    timer: "draining:",
  },
  exiting: {
    started: "exiting:",
    startFailed: "exiting: log:emerg exit:2",
    quit: "exiting:",
    quitLingering: "exiting:",
    quitSignal: "exiting: log:notice",
    terminate: `exiting: ${TERMINATE}`,
    reopen: `exiting: ${REOPEN}`,
    reopenSignal: `exiting: ${REOPEN_SIGNAL}`,
    hup: "exiting: log:notice",
    masterLost: "exiting: log:error",
    garbage: "exiting: log:error",
    gone: "exiting:",
    finished: `exiting: ${LEAVE}`,
    leaking: `exiting: log:error log:alert ${LEAVE}`,
    crashed: "exiting: log:emerg exit:1",
    timer: "exiting:",
  },
};

function summary({ state, effects }: WorkerStep): string {
  const words = effects.map((effect) => {
    switch (effect.kind) {
      case "log":
        return `log:${effect.level}`;
      case "send":
        return `send:${effect.message}`;
      case "exit":
        return `exit:${effect.code}`;
      default:
        return effect.kind;
    }
  });
  return [`${state.phase}:`, ...words].join(" ");
}

for (const [name, state] of Object.entries(STATES)) {
  Deno.test(`step() decides every event when ${name}`, () => {
    const decided: Record<string, string> = {};
    for (const [kind, event] of Object.entries(EVENTS)) {
      const before = structuredClone(state);
      decided[kind] = summary(step(state, event, POLICY, NOW));
      assertEquals(state, before, "step() must not change its argument");
    }
    assertEquals(decided, MATRIX[name]);
  });
}

function textsOf(taken: WorkerStep): string[] {
  return taken.effects.flatMap((e) => e.kind === "log" ? [e.text] : []);
}

function at(now: number, state: WorkerState): WorkerStep {
  const event: WorkerEvent = { kind: "timerFired", connections: 3 };
  return step(state, event, POLICY, toInstant(now));
}

Deno.test("step() arms no timer before the drain and one in it", () => {
  assertEquals(nextDeadline(STATES["booting"]!), undefined);
  assertEquals(nextDeadline(STATES["accepting"]!), undefined);
  assertEquals(nextDeadline(STATES["lingering"]!), 1500);
  assertEquals(nextDeadline(STATES["draining"]!), 6000);
  assertEquals(nextDeadline(STATES["exiting"]!), 31_000);
});

Deno.test("step() stops accepting when the linger is over", () => {
  const taken = at(1500, STATES["lingering"]!);
  assertEquals(summary(taken), "draining: closeListeners");
  assertEquals(nextDeadline(taken.state), 6000);
});

Deno.test("step() closes idle connections after keepalive_drain, again and again", () => {
  const first = at(6000, STATES["draining"]!);
  assertEquals(summary(first), "draining: closeIdle");
  assertEquals(nextDeadline(first.state), 6000 + SWEEP_MS);
  const second = at(6000 + SWEEP_MS, first.state);
  assertEquals(summary(second), "draining: closeIdle");
});

Deno.test("step() closes the rest at the shutdown timeout", () => {
  const taken = at(31_000, STATES["draining"]!);
  assertEquals(
    summary(taken),
    "exiting: log:notice closeListeners closeAll shutDownApp",
  );
  assertEquals(textsOf(taken), [
    "worker_shutdown_timeout of 30000 ms passed, closing 3 connections",
  ]);
  assertEquals(nextDeadline(taken.state), 31_000 + SHUTDOWN_HOOK_MS_MIN);
  const finished = step(taken.state, EVENTS["leaking"]!, POLICY, NOW);
  assertEquals(summary(finished), `exiting: log:error ${LEAVE}`);
});

Deno.test("step() never times a drain out when the timeout is 0", () => {
  const policy = { ...POLICY, shutdownTimeoutMs: AT_ONCE };
  let state = step(STATES["accepting"]!, EVENTS["quit"]!, policy, NOW).state;
  for (let sweep = 0; sweep < 1000; sweep++) {
    const due = nextDeadline(state);
    assert(due !== undefined);
    const taken = step(state, EVENTS["timer"]!, policy, due);
    assertEquals(summary(taken), "draining: closeIdle");
    state = taken.state;
  }
  const left = step(state, EVENTS["gone"]!, policy, toInstant(1e9));
  assertEquals(nextDeadline(left.state), undefined);
});

Deno.test("step() gives the shutdown hook what is left, at least a second", () => {
  const early = step(STATES["draining"]!, EVENTS["gone"]!, POLICY, NOW);
  assertEquals(nextDeadline(early.state), 31_000);
  const lateAt = toInstant(30_900);
  const late = step(STATES["draining"]!, EVENTS["gone"]!, POLICY, lateAt);
  assertEquals(nextDeadline(late.state), 30_900 + SHUTDOWN_HOOK_MS_MIN);
  const over = at(31_900, late.state);
  assertEquals(summary(over), `exiting: log:error ${LEAVE}`);
});

Deno.test("step() names the signal that a worker got itself", () => {
  const term = { kind: "signal", name: "SIGTERM", signo: 15 } as const;
  const event: WorkerEvent = { kind: "terminateAsked", asker: term };
  const taken = step(STATES["accepting"]!, event, POLICY, NOW);
  assertEquals(textsOf(taken), [
    "signal 15 (SIGTERM) received, exiting",
    "exiting",
    "exit",
  ]);
});
