/** The old master beside a new one: told, outlived, taken over from. */

import { assertEquals } from "@std/assert";
import {
  code,
  doneBy,
  exited,
  labelsOf,
  loaded,
  opened,
  pidWritten,
  planOf,
  prepared,
  settled,
  signalled,
  spawned,
  started,
  take,
  told,
} from "../../../tests/support/core.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { MasterEvent } from "./event.ts";
import { initialState } from "./state.ts";

const LOST: MasterEvent = { kind: "predecessorLost" };

const child = initialState(DEFAULT_POLICY, 1, "alive");

Deno.test("step() tells the old master when every worker is ready", () => {
  const booting = prepared(child, planOf(1));
  const up = take(booting, spawned(booting, 0)).state;
  const after = take(up, told("childReady", up, 0));
  assertEquals(doneBy(after), [
    "adoptGeneration 1",
    "tellPredecessor ready",
    "steer worker 0",
  ]);
  assertEquals(after.state.predecessor, "alive");
});

Deno.test("step() tells the old master why it cannot start", () => {
  const booting = prepared(child, planOf(1));
  const up = take(booting, spawned(booting, 0)).state;
  const after = take(up, exited(code(1), up, 0));
  const tells = after.effects.filter(({ kind }) => kind === "tellPredecessor");
  assertEquals(tells, [{
    kind: "tellPredecessor",
    message: "failed",
    reason: "worker process 100 exited with code 1 before every worker was " +
      "ready",
  }]);
  // What the old one has it keeps.
  assertEquals(doneBy(after).slice(-3), [
    "closeListeners shared",
    "removePidFile shared",
    "exit 1",
  ]);
});

Deno.test("step() takes over what the old master left", () => {
  const running = settled(prepared(child, planOf(1)));
  const after = take(running, LOST);
  assertEquals(labelsOf(after), [
    "log notice predecessorLost",
    "adoptSockets",
    "steer worker 0",
  ]);
  assertEquals(after.state.predecessor, undefined);
  assertEquals(labelsOf(take(after.state, LOST)), ["log debug eventIgnored"]);
  // Now it may be replaced itself.
  assertEquals(
    doneBy(take(after.state, signalled("SIGUSR2"))),
    ["renamePidFile"],
  );
});

Deno.test("step() takes over at its commit from one that died before", () => {
  const orphan = take(child, [
    loaded(planOf(1)),
    LOST,
    opened(),
    pidWritten(),
  ]).state;
  assertEquals(orphan.predecessor, "gone");
  const up = take(orphan, spawned(orphan, 0)).state;
  const after = take(up, told("childReady", up, 0));
  assertEquals(doneBy(after).slice(0, 2), [
    "adoptGeneration 1",
    "adoptSockets",
  ]);
  assertEquals(after.state.predecessor, undefined);
});

Deno.test("step() removes the sockets' files when the old one is gone, too", () => {
  const running = settled(prepared(child, planOf(1)));
  const leaving = take(running, signalled("SIGQUIT"));
  assertEquals(doneBy(leaving), ["send quit 0", "closeListeners shared"]);
  const lost = take(leaving.state, LOST);
  assertEquals(doneBy(lost), ["closeListeners"]);
  const after = take(lost.state, exited(code(0), lost.state, 0));
  assertEquals(doneBy(after), ["removePidFile", "exit 0"]);
});

Deno.test("step() reloads beside the old master", () => {
  const running = settled(prepared(child, planOf(1)));
  const asked = take(running, signalled("SIGHUP")).state;
  const after = settled(prepared(asked, planOf(2)));
  assertEquals([after.generation, after.predecessor], [2, "alive"]);
});

Deno.test("step() has no old master to tell when nobody executed it", () => {
  const after = take(started(), LOST);
  assertEquals(labelsOf(after), ["log debug eventIgnored"]);
});
