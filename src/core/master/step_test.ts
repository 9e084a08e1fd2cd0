/** The whole function: total, pure, and a life from start to end. */

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  at,
  code,
  deepFreeze,
  exited,
  fresh,
  KILLED,
  labelsOf,
  loaded,
  opened,
  pidWritten,
  planOf,
  signalled,
  spawned,
  started,
  take,
  told,
} from "../../../tests/support/core.ts";
import { InvariantError } from "../../base/invariant.ts";
import type { MasterEvent } from "./event.ts";
import { step } from "./step.ts";

Deno.test("step() leads from the start to serving to the end", () => {
  const trail: string[] = [];
  let state = fresh();
  const events: readonly (() => MasterEvent)[] = [
    () => loaded(planOf(1)),
    () => opened(),
    () => pidWritten(),
    () => spawned(state, 0),
    () => told("childReady", state, 0),
    () => exited(KILLED, state),
    () => spawned(state, 0),
    () => told("childReady", state, 0),
    () => signalled("SIGQUIT"),
    () => exited(code(0), state),
  ];
  for (const event of events) {
    const after = take(state, event());
    trail.push(`${after.state.mode}: ${labelsOf(after).join(", ")}`);
    state = after.state;
  }
  assertEquals(trail, [
    "starting: openListeners 1",
    "starting: log notice listening, writePidFile 1",
    "starting: log notice workersStarting, spawn 0 gen 1 worker/0",
    "starting: log notice workerStarted, send init 0",
    "running: log info workerReady, adoptGeneration 1, " +
    "log notice generationReady, steer worker 0",
    "running: log alert workerExited, spawn 0 gen 1 worker/0",
    "running: log notice workerStarted, send init 0",
    "running: log info workerReady",
    "quitting: log notice signalReceived, send quit 0, closeListeners",
    "exited: log notice workerExited, removePidFile, log notice exiting, " +
    "exit 0",
  ]);
});

Deno.test("step() gives the same answer to the same question", () => {
  const state = deepFreeze(started(planOf(2)));
  const event = exited(KILLED, state, 1);
  assertEquals(step(state, event, at(5)), step(state, event, at(5)));
});

Deno.test("step() does nothing after the end", () => {
  const state = take(started(), signalled("SIGTERM")).state;
  const over = take(state, exited(code(0), state)).state;
  const events: readonly MasterEvent[] = [
    signalled("SIGHUP"),
    loaded(planOf(1), 2),
    exited(code(0), state),
    spawned(state, 0),
    { kind: "timerFired" },
  ];
  for (const event of events) {
    const after = take(over, event);
    assertStrictEquals(after.state, over, event.kind);
    assertEquals(labelsOf(after).filter((label) => !/debug/.test(label)), []);
  }
});

Deno.test("step() takes an event it does not know for a broken program", () => {
  const event = { kind: "nonsense" } as unknown as MasterEvent;
  assertThrows(() => step(fresh(), event, at(0)), InvariantError, "nonsense");
});
