/**
 * From HUP or the start to booting: load, open, record, spawn; each stage's
 * failure, and answers that come too late.
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  at,
  doneBy,
  fresh,
  IN_USE,
  labelsOf,
  loaded,
  NO_ACCESS,
  opened,
  openFailed,
  phasesOf,
  pidFailed,
  pidWritten,
  planOf,
  rejected,
  reloading,
  saidBy,
  signalled,
  started,
  take,
  TIMER,
} from "../../../tests/support/core.ts";
import { toGeneration } from "../../base/id.ts";
import type { MasterEvent } from "./event.ts";
import type { MasterState } from "./state.ts";

const plan = planOf(2);

/** HUP to a running master with two workers of generation 1. */
function hupped(): MasterState {
  return take(started(plan), signalled("SIGHUP")).state;
}

Deno.test("step() starts in order: load, open, record, spawn", () => {
  const one = take(fresh(), loaded(plan));
  assertEquals(labelsOf(one), ["openListeners 1"]);
  const two = take(one.state, opened());
  assertEquals(labelsOf(two), ["log notice listening", "writePidFile 1"]);
  assertEquals(saidBy(two), [
    ["notice", { kind: "listening", addresses: ["127.0.0.1:80"] }],
  ]);
  const three = take(two.state, pidWritten(), 5);
  assertEquals(labelsOf(three), [
    "log notice workersStarting",
    "spawn 0 gen 1 worker/0",
    "spawn 1 gen 1 worker/1",
  ]);
  assertEquals(three.state.changeover, {
    generation: toGeneration(1),
    stage: "booting",
    plan,
    deadline: at(30_005),
  });
});

Deno.test("step() reloads beside the workers that serve", () => {
  const state = hupped();
  const all = take(state, [loaded(plan, 2), opened(2), pidWritten(2)]);
  assertEquals(doneBy(all), [
    "openListeners 2",
    "writePidFile 2",
    "spawn 2 gen 2 worker/0",
    "spawn 3 gen 2 worker/1",
  ]);
  assertEquals(all.state.slots.slice(0, 2), state.slots);
});

Deno.test("step() gives the slowest pool of a generation its time", () => {
  const slow = planOf({ fast: 1, slow: 1 });
  const [first, second] = slow.pools;
  if (first === undefined || second === undefined) throw new Error("no pools");
  const startupTimeoutMs = 90_000 as never;
  const limits = { ...second.limits, startupTimeoutMs };
  const pools = [first, { ...second, limits }];
  const events = [loaded({ ...slow, pools }), opened(), pidWritten()];
  const { changeover } = take(fresh(), events).state;
  const isBooting = changeover?.stage === "booting";
  assertEquals(isBooting && changeover.deadline, at(90_000));
});

Deno.test("step() keeps everything when the config is bad", () => {
  const before = started(plan);
  const after = take(hupped(), rejected(2));
  assertEquals(after.state, {
    ...before,
    generationLast: toGeneration(2),
    counts: { ...before.counts, reloadsFailed: 1 },
  });
  assertEquals(labelsOf(after), [
    "log emerg configWrong",
    "log emerg configWrong",
    "log error changeoverFailed",
    "abandonListeners 2",
  ]);
});

Deno.test("step() exits with 1 when the first config is bad", () => {
  const after = take(fresh(), rejected(1));
  assertEquals(labelsOf(after), [
    "log emerg configWrong",
    "log emerg configWrong",
    "log emerg changeoverFailed",
    "abandonListeners 1",
    "closeListeners",
    "removePidFile",
    "log notice exiting",
    "exit 1",
  ]);
});

Deno.test("step() tries an address in use five times, then gives up", () => {
  let state = take(fresh(), loaded(plan)).state;
  for (let attempt = 1; attempt < 5; attempt++) {
    const now = attempt * 500;
    const failed = take(state, openFailed(IN_USE), now - 500);
    assertEquals(labelsOf(failed), [
      "log emerg callFailed",
      "log notice bindRetried",
    ]);
    const early = take(failed.state, TIMER, now - 1);
    assertStrictEquals(early.state, failed.state);
    const due = take(failed.state, TIMER, now);
    assertEquals(labelsOf(due), ["openListeners 1"]);
    state = due.state;
  }
  const last = take(state, openFailed(IN_USE), 2000);
  assertEquals(labelsOf(last).slice(0, 3), [
    "log emerg callFailed",
    "log emerg bindGivenUp",
    "log emerg changeoverFailed",
  ]);
  assertEquals(last.state.mode, "exited");
});

Deno.test("step() does not retry what will not heal", () => {
  const state = take(hupped(), loaded(plan, 2)).state;
  const after = take(state, openFailed(NO_ACCESS, 2));
  assertEquals(labelsOf(after), [
    "log emerg callFailed",
    "log error changeoverFailed",
    "abandonListeners 2",
  ]);
  assertEquals(after.state.mode, "running");
});

Deno.test("step() gives a reload up when the pid file cannot be", () => {
  const state = take(hupped(), [loaded(plan, 2), opened(2)]).state;
  const after = take(state, pidFailed(2));
  assertEquals(labelsOf(after), [
    "log emerg callFailed",
    "log error changeoverFailed",
    "abandonListeners 2",
  ]);
  assertEquals(phasesOf(after.state), ["serving", "serving"]);
});

Deno.test("step() refuses a generation that does not fit the table", () => {
  const state = take(started(plan, { slotsMax: 3 }), signalled("SIGHUP")).state;
  const after = take(state, [loaded(plan, 2), opened(2), pidWritten(2)]);
  assertEquals(labelsOf(after).slice(-3), [
    "log emerg tableFull",
    "log error changeoverFailed",
    "abandonListeners 2",
  ]);
  assertEquals(phasesOf(after.state), ["serving", "serving"]);
  const fits = started(plan, { slotsMax: 4 });
  const fitted = reloading(fits, plan);
  assertEquals(fitted.slots.length, 4);
});

Deno.test("step() ignores an answer of another stage or generation", () => {
  const loading = hupped();
  const opening = take(loading, loaded(plan, 2)).state;
  const recording = take(opening, opened(2)).state;
  const booting = take(recording, pidWritten(2)).state;
  const stages = [started(plan), loading, opening, recording, booting];
  const answers: readonly (readonly [number, MasterEvent, MasterEvent])[] = [
    [1, loaded(plan, 2), loaded(plan, 1)],
    [1, rejected(2), rejected(1)],
    [2, opened(2), opened(1)],
    [2, openFailed(IN_USE, 2), openFailed(IN_USE, 1)],
    [2, openFailed(NO_ACCESS, 2), openFailed(NO_ACCESS, 1)],
    [3, pidWritten(2), pidWritten(1)],
    [3, pidFailed(2), pidFailed(1)],
  ];
  for (const [stage, current, stale] of answers) {
    stages.forEach((state, index) => {
      const events = index === stage ? [stale] : [current, stale];
      for (const event of events) {
        const after = take(state, event);
        assertStrictEquals(after.state, state, `${index} ${event.kind}`);
        assertEquals(saidBy(after), [
          ["debug", { kind: "eventIgnored", event: event.kind }],
        ]);
      }
    });
  }
});
