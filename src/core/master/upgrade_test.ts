/** USR2: the pid file's name first, then the new master; who is refused. */

import { assertEquals } from "@std/assert";
import {
  asked,
  at,
  doneBy,
  fresh,
  labelsOf,
  NO_ACCESS,
  planOf,
  reloading,
  saidBy,
  signalled,
  started,
  take,
} from "../../../tests/support/core.ts";
import {
  EXECUTED,
  RENAMED,
  SUCCESSOR,
  upgrading,
} from "../../../tests/support/upgrade_core.ts";
import { nextDeadline } from "./timer.ts";

const USR2 = signalled("SIGUSR2");

Deno.test("step() renames the pid file before it executes the new master", () => {
  const asks = take(started(), USR2);
  assertEquals(doneBy(asks), ["renamePidFile"]);
  const renamed = take(asks.state, RENAMED);
  assertEquals(doneBy(renamed), ["execUpgrade"]);
  const executed = take(renamed.state, EXECUTED, 1000);
  assertEquals(labelsOf(executed), ["log notice upgradeStarted"]);
  // The longest start of a worker and five seconds more.
  assertEquals(nextDeadline(executed.state), at(1000 + 30_000 + 5000));
});

Deno.test("step() refuses a second upgrade in nginx's words", () => {
  const old = upgrading(started());
  const young = { ...started(), predecessor: "alive" } as const;
  for (const state of [old, young]) {
    const after = take(state, USR2);
    assertEquals(after.state, state);
    assertEquals(saidBy(after).at(-1), [
      "crit",
      { kind: "upgradeRefused", refusal: "upgrading" },
    ]);
  }
});

Deno.test("step() refuses an upgrade when it starts, reloads or leaves", () => {
  const cases = [
    ["starting", fresh()],
    ["reloading", reloading(started(), planOf(1))],
    ["leaving", take(started(), signalled("SIGQUIT")).state],
  ] as const;
  for (const [refusal, state] of cases) {
    const after = take(state, USR2);
    assertEquals(after.state, state, refusal);
    assertEquals(saidBy(after).at(-1), [
      "warn",
      { kind: "upgradeRefused", refusal },
    ]);
  }
});

Deno.test("step() answers who asks for an upgrade that is refused", () => {
  const first = take(upgrading(started(), 1), asked("upgrade", 2));
  const [reply] = doneBy(first);
  assertEquals(reply?.startsWith("reply 2 no: you should shutdown"), true);
  // The first one goes on waiting.
  assertEquals(first.state.waiters, [{ token: 1, request: "upgrade" }]);
});

Deno.test("step() executes nobody when the pid file cannot be renamed", () => {
  const asks = take(started(), asked("upgrade", 3)).state;
  const after = take(asks, { kind: "pidFileRenameFailed", error: NO_ACCESS });
  assertEquals(after.state.upgrade, undefined);
  assertEquals(labelsOf(after), [
    "log error callFailed",
    "restorePidFile",
    "log error upgradeBackedOut",
    'reply 3 no: open() "/run/procmgr.pid" failed (13: Permission denied)',
  ]);
  // And the next one may (nginx never again: its weakness W6).
  assertEquals(doneBy(take(after.state, USR2)), ["renamePidFile"]);
});

Deno.test("step() takes the name back when there is no such program", () => {
  const renamed = take(started(), [USR2, RENAMED]).state;
  const after = take(renamed, {
    kind: "upgradeSpawnFailed",
    error: NO_ACCESS,
  });
  assertEquals(after.state.upgrade, undefined);
  assertEquals(doneBy(after), ["restorePidFile"]);
  assertEquals(after.state.slots, started().slots);
});

Deno.test("step() executes nobody after a quit", () => {
  const asks = take(started(), USR2).state;
  const leaving = take(asks, signalled("SIGQUIT")).state;
  const after = take(leaving, RENAMED);
  assertEquals(doneBy(after), ["restorePidFile"]);
});

Deno.test("step() leaves only when it knows what became of the new master", () => {
  const renamed = take(started(planOf(1)), [USR2, RENAMED]).state;
  const idle = { ...renamed, slots: [] };
  const leaving = take(idle, signalled("SIGTERM"));
  assertEquals(doneBy(leaving), ["closeListeners shared"]);
  assertEquals(leaving.state.mode, "terminating");
  const after = take(leaving.state, EXECUTED);
  assertEquals(doneBy(after), ["removePidFile", "exit 0"]);
});

Deno.test("step() ignores answers that no upgrade waits for", () => {
  const running = started();
  const error = NO_ACCESS;
  const reason = "no app";
  for (
    const event of [
      RENAMED,
      EXECUTED,
      { kind: "pidFileRenameFailed", error },
      { kind: "upgradeSpawnFailed", error },
      { kind: "upgradeReady", pid: SUCCESSOR },
      { kind: "upgradeReported", pid: SUCCESSOR, reason },
    ] as const
  ) {
    const after = take(running, event);
    assertEquals(after.state, running);
    assertEquals(labelsOf(after), ["log debug eventIgnored"]);
  }
});
