/** The new master: ready, dying, hanging; and the way back. */

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
  saidBy,
  signalled,
  started,
  take,
  TIMER,
} from "../../../tests/support/core.ts";
import {
  ended,
  READY,
  SUCCESSOR,
  upgraded,
  upgrading,
} from "../../../tests/support/upgrade_core.ts";

Deno.test("step() changes nothing when the new master is ready by hand", () => {
  const before = upgrading(started());
  const after = take(before, READY);
  assertEquals(labelsOf(after), ["log notice upgradeReady"]);
  assertEquals(after.state.slots, before.slots);
});

Deno.test("step() drains and leaves by itself when somebody waits", () => {
  const ready = take(upgrading(started(planOf(2)), 5), READY);
  assertEquals(doneBy(ready), ["send quit 0 linger", "send quit 1 linger"]);
  const half = take(ready.state, exited(code(0), ready.state, 0));
  assertEquals(doneBy(half), []);
  const gone = take(half.state, exited(code(0), half.state, 1));
  assertEquals(doneBy(gone), [
    "closeListeners shared",
    "removePidFile",
    "reply 5 ok: process 900 is the master now",
    "exit 0",
  ]);
});

Deno.test("step() ends an upgrade by hand with WINCH and QUIT", () => {
  const drained = take(upgraded(started()), signalled("SIGWINCH"));
  assertEquals(doneBy(drained), ["send quit 0 linger"]);
  const empty = take(drained.state, exited(code(0), drained.state, 0)).state;
  assertEquals(empty.mode, "running");
  const after = take(empty, signalled("SIGQUIT"));
  assertEquals(doneBy(after), [
    "closeListeners shared",
    "removePidFile",
    "exit 0",
  ]);
});

Deno.test("step() steers no more once the new master is ready", () => {
  const ready = upgraded(started(planOf(2)));
  const after = take(ready, exited(KILLED, ready, 1));
  assertEquals(doneBy(after), ["spawn 1 gen 1 worker/1"]);
  const back = take(after.state, ended(KILLED));
  assertEquals(doneBy(back), ["restorePidFile", "steer worker 0"]);
});

Deno.test("step() takes everything back when the new master dies", () => {
  for (const exit of [code(0), code(1), code(2), KILLED]) {
    const after = take(upgrading(started(), 5), ended(exit));
    assertEquals(after.state.upgrade, undefined);
    assertEquals(after.state.slots, started().slots);
    assertEquals(doneBy(after)[0], "restorePidFile");
    assertEquals(doneBy(after)[1]?.startsWith("reply 5 no: new binary"), true);
    const level = exit.kind === "signal"
      ? "alert"
      : exit.code === 0
      ? "notice"
      : "error";
    assertEquals(saidBy(after)[0], [
      level,
      { kind: "upgradeExited", pid: SUCCESSOR, exit },
    ]);
  }
});

Deno.test("step() says why the new master died in its own words", () => {
  const reported = take(upgrading(started(), 5), {
    kind: "upgradeReported",
    pid: SUCCESSOR,
    reason: "no such app",
  }).state;
  const after = take(reported, ended(code(1)));
  assertEquals(
    doneBy(after)[1],
    "reply 5 no: new binary process 900 exited with code 1 before it was " +
      "ready: no such app",
  );
});

Deno.test("step() brings the workers back when the new master dies after WINCH", () => {
  const drained = take(upgraded(started()), signalled("SIGWINCH")).state;
  const after = take(drained, ended(KILLED));
  assertEquals(after.state.noaccepting, false);
  assertEquals(doneBy(after), [
    "restorePidFile",
    "spawn 1 gen 1 worker/0",
    "steer worker 0",
  ]);
  // The old worker's end is not its successor's.
  const gone = take(after.state, exited(code(0), after.state, 0));
  assertEquals(doneBy(gone), []);
});

Deno.test("step() brings the workers back on HUP without reading anything", () => {
  const drained = take(upgraded(started(), 5), [
    asked("reload", 6),
  ]);
  assertEquals(doneBy(drained), [
    "reply 6 no: the configuration is not read during an upgrade, " +
    "the workers are back",
    "reply 5 no: reloaded meanwhile",
    "spawn 1 gen 1 worker/0",
  ]);
  // It does not leave by itself any more.
  const { state } = drained;
  assertEquals(state.upgrade, {
    stage: "ready",
    pid: SUCCESSOR,
    isDriven: false,
  });
  assertEquals(take(state, exited(code(0), state, 0)).state.mode, "running");
});

Deno.test("step() adds no workers on HUP before WINCH", () => {
  const before = upgraded(started());
  const after = take(before, signalled("SIGHUP", "SIGTTIN"));
  assertEquals(after.state, before);
  assertEquals(doneBy(after), []);
});

Deno.test("step() terminates a new master that hangs, then kills it", () => {
  const hung = upgrading(started(), 5);
  const told = take(hung, TIMER, 35_000);
  assertEquals(labelsOf(told), [
    "log error upgradeTimedOut",
    "killUpgrade SIGTERM 900",
  ]);
  assertEquals(doneBy(take(told.state, TIMER, 38_149)), []);
  const killed = take(told.state, TIMER, 38_150);
  assertEquals(doneBy(killed), ["killUpgrade SIGKILL 900"]);
  const again = take(killed.state, TIMER, 41_350);
  assertEquals(doneBy(again), ["killUpgrade SIGKILL 900"]);
  const after = take(again.state, ended(KILLED));
  assertEquals(labelsOf(after), [
    "log notice upgradeExited",
    "restorePidFile",
    "log error upgradeBackedOut",
    "reply 5 no: new binary process 900 exited on signal 9 before it was " +
    "ready: it was not ready in time",
  ]);
});

Deno.test("step() waits for the end of a new master that it terminates", () => {
  const told = take(upgrading(started()), TIMER, 35_000).state;
  const leaving = take({ ...told, slots: [] }, signalled("SIGQUIT")).state;
  assertEquals(leaving.mode, "quitting");
  const after = take(leaving, ended(KILLED));
  assertEquals(doneBy(after), [
    "restorePidFile",
    "closeListeners",
    "removePidFile",
    "exit 0",
  ]);
});

Deno.test("step() leaves a new master alone that only boots", () => {
  const leaving = take(upgrading(started()), signalled("SIGQUIT"));
  assertEquals(doneBy(leaving), ["send quit 0", "closeListeners shared"]);
  const gone = take(leaving.state, exited(code(0), leaving.state, 0));
  assertEquals(doneBy(gone), ["removePidFile", "exit 0"]);
});

Deno.test("step() takes no other process for the new master", () => {
  const state = upgraded(started());
  const pid = toPid(901);
  for (
    const event of [
      { kind: "upgradeReady", pid },
      { kind: "upgradeReported", pid, reason: "?" },
      { kind: "upgradeExited", pid, exit: KILLED },
    ] as const
  ) {
    assertEquals(take(state, event).state, state);
  }
});
