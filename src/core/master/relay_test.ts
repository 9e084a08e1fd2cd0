/** PID 1 after an upgrade: signals passed on, newer masters followed. */

import { assertEquals } from "@std/assert";
import { toPid } from "../../base/id.ts";
import {
  asked,
  code,
  doneBy,
  exited,
  KILLED,
  labelsOf,
  planOf,
  signalled,
  started,
  take,
} from "../../../tests/support/core.ts";
import {
  ended,
  SUCCESSOR,
  upgraded,
  upgrading,
} from "../../../tests/support/upgrade_core.ts";
import type { MasterState } from "./state.ts";

/** As PID 1, told to quit beside a new master, and its worker gone. */
function relaying(): MasterState {
  const ready = upgraded(started(planOf(1), { isInit: true }));
  const leaving = take(ready, signalled("SIGQUIT")).state;
  return take(leaving, exited(code(0), leaving, 0)).state;
}

Deno.test("step() stays as PID 1 when everything of its own is gone", () => {
  const ready = upgraded(started(planOf(1), { isInit: true }), 5);
  const after = take(ready, exited(code(0), ready, 0));
  assertEquals(doneBy(after), [
    "closeListeners shared",
    "removePidFile",
    "reply 5 ok: process 900 is the master now",
    "releaseUpgrade 900",
  ]);
  assertEquals(after.state.mode, "relaying");
});

Deno.test("step() leaves as PID 1 when there is no new master", () => {
  const running = started(planOf(1), { isInit: true });
  const leaving = take(running, signalled("SIGQUIT")).state;
  const after = take(leaving, exited(code(0), leaving, 0));
  assertEquals(doneBy(after), ["removePidFile", "exit 0"]);
});

Deno.test("step() watches no start of a new master that it released", () => {
  const booting = upgrading(started(planOf(1), { isInit: true }));
  const leaving = take(booting, signalled("SIGQUIT")).state;
  const after = take(leaving, exited(code(0), leaving, 0));
  assertEquals(after.state.upgrade, {
    isDriven: false,
    stage: "ready",
    pid: SUCCESSOR,
  });
});

Deno.test("step() passes every signal on, in nginx's order", () => {
  const after = take(relaying(), signalled("SIGUSR1", "SIGHUP", "SIGWINCH"));
  assertEquals(labelsOf(after), [
    "relaySignal SIGHUP 900",
    "relaySignal SIGUSR1 900",
    "relaySignal SIGWINCH 900",
  ]);
  const answered = take(relaying(), asked("quit", 3));
  assertEquals(doneBy(answered), ["reply 3 no: shutting down"]);
});

Deno.test("step() ends with the new master's exit code", () => {
  for (const [exit, expected] of [[code(3), 3], [KILLED, 137]] as const) {
    const gone = take(relaying(), ended(exit));
    assertEquals(doneBy(gone), ["findMaster"]);
    const after = take(gone.state, { kind: "masterLost" });
    assertEquals(doneBy(after), [`exit ${expected}`]);
  }
});

Deno.test("step() follows the master that replaced the new one", () => {
  const pid = toPid(901);
  const gone = take(relaying(), ended(code(0))).state;
  const found = take(gone, { kind: "masterFound", pid }).state;
  assertEquals(doneBy(take(found, signalled("SIGTERM"))), [
    "relaySignal SIGTERM 901",
  ]);
  // That one is an orphan: nobody but us reaps it.
  const over = take(found, { kind: "processEnded", process: pid });
  assertEquals(doneBy(over), ["reapOrphan 901"]);
  const reaped = take(over.state, {
    kind: "orphanReaped",
    process: pid,
    exit: code(4),
  });
  assertEquals(doneBy(reaped), ["findMaster"]);
  const after = take(reaped.state, { kind: "masterLost" });
  assertEquals(doneBy(after), ["exit 4"]);
});

Deno.test("step() takes no other orphan for the master", () => {
  const state = relaying();
  const after = take(state, {
    kind: "orphanReaped",
    process: toPid(77),
    exit: code(1),
  });
  assertEquals(doneBy(after), []);
});
