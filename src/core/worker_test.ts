/**
 * The whole table of core/worker.ts: each phase against each event, the next
 * phase and the effects in order.
 * Source of the wording: nginx src/os/unix/ngx_process_cycle.c.
 */

import { assertEquals } from "@std/assert";
import {
  EVENTS,
  LEAVE,
  NOW,
  POLICY,
  STATES,
  summary,
  textsOf,
} from "../../tests/support/worker_core.ts";
import { step } from "./worker.ts";
import type { WorkerEvent } from "./worker_event.ts";

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
    trimmed: "booting:",
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
    trimmed: "accepting:",
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
    trimmed: "draining:",
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
    trimmed: "draining:",
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
    leaking: `exiting: log:error logConnections:alert ${LEAVE}`,
    crashed: "exiting: log:emerg exit:1",
    timer: "exiting:",
    trimmed: "exiting:",
  },
};

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
