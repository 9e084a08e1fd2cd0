/**
 * Giving a coming generation up: who drains, who is terminated, who is told,
 * and that a start which fails ends with exit code 1.
 */

import { assertEquals } from "@std/assert";
import {
  asked,
  at,
  booted,
  broken,
  code,
  doneBy,
  exited,
  fresh,
  labelsOf,
  phaseOf,
  pidOf,
  planOf,
  prepared,
  refAt,
  rejected,
  reloading,
  saidBy,
  signalled,
  slotIn,
  started,
  take,
  TIMER,
  told,
} from "../../../tests/support/core.ts";
import { toGeneration, toOrdinal } from "../../base/id.ts";
import { dismiss, giveUp, isNewcomer, longestStartupMs } from "./give_up.ts";

const gen2 = toGeneration(2);

Deno.test("isNewcomer() holds for the generation on its way alone", () => {
  const state = reloading(started(), planOf(1));
  assertEquals(state.slots.map((slot) => isNewcomer(state, slot)), [
    false,
    true,
  ]);
  const idle = { ...state, changeover: undefined };
  assertEquals(isNewcomer(idle, slotIn("vacant")), false);
  assertEquals(isNewcomer(state, slotIn("vacant")), false);
});

Deno.test("giveUp() means nothing when nothing is on its way", () => {
  const state = started();
  const after = giveUp(state, { kind: "tableFull" }, at(0));
  assertEquals(after, { state, effects: [] });
  const dismissed = dismiss(state, { now: at(0), timedOut: true });
  assertEquals(dismissed, { state, effects: [] });
});

Deno.test("dismiss() decides by phase and by what went wrong", () => {
  const phases = [
    "spawning",
    "booting",
    "serving",
    "draining",
    "terminating",
    "waiting",
    "failed",
  ] as const;
  const base = reloading(started(), planOf(7));
  const slots = phases.map((phase, index) =>
    slotIn(phase, {
      generation: gen2,
      ordinal: toOrdinal(index),
      pid: pidOf(2, index),
    })
  );
  const state = { ...base, slots };
  const crashed = dismiss(state, { now: at(5), timedOut: false });
  assertEquals(doneBy(crashed), [
    "send quit 1",
    "send quit 2",
    "abandonListeners 2",
  ]);
  assertEquals(crashed.state.slots.map(({ phase }) => phase), [
    "spawning",
    "draining",
    "draining",
    "draining",
    "terminating",
    "vacant",
    "vacant",
  ]);
  const timedOut = dismiss(state, { now: at(5), timedOut: true });
  assertEquals(doneBy(timedOut), [
    "send terminate 1",
    "send quit 2",
    "abandonListeners 2",
  ]);
});

Deno.test("step() terminates newcomers that hang, drains those that serve", () => {
  const state = reloading(started(planOf(2)), planOf(2));
  const half = take(state, told("childReady", state, 2)).state;
  const early = take(half, TIMER, 29_999);
  assertEquals(early.state, half);
  const after = take(half, TIMER, 30_000);
  assertEquals(doneBy(after), [
    "send quit 2",
    "send terminate 3",
    "abandonListeners 2",
  ]);
  assertEquals(saidBy(after), [["error", {
    kind: "changeoverFailed",
    generation: gen2,
    kept: toGeneration(1),
    failure: { kind: "startupTimedOut", timeoutMs: 30_000 as never },
  }]]);
});

Deno.test("step() lets the old workers alone when a reload fails", () => {
  const running = started(planOf(2));
  const state = reloading(running, planOf(3));
  const after = take(state, exited(code(1), state, 4));
  assertEquals(after.state.slots.slice(0, 2), running.slots);
  assertEquals(after.state.plan, running.plan);
  assertEquals(after.state.generation, running.generation);
  assertEquals(after.state.mode, "running");
});

Deno.test("step() gives up for garbage and for a newcomer that drains", () => {
  const state = reloading(started(), planOf(1));
  const garbage = take(state, broken(state, 1));
  assertEquals(doneBy(garbage), ["send terminate 1", "abandonListeners 2"]);
  const two = reloading(started(), planOf(2));
  const ready = take(two, told("childReady", two, 1)).state;
  const draining = take(ready, told("childDraining", ready, 1));
  assertEquals(labelsOf(draining), [
    "log notice workerDraining",
    "log error changeoverFailed",
    "send quit 2",
    "abandonListeners 2",
  ]);
});

Deno.test("step() ends a start that fails with exit code 1", () => {
  const state = prepared(fresh(), planOf(2));
  const one = take(state, { kind: "childSpawned", ...refAt(state, 0) }).state;
  const two = take(one, { kind: "childSpawned", ...refAt(one, 1) }).state;
  const failed = take(two, exited(code(1), two, 0));
  assertEquals(failed.state.mode, "terminating");
  assertEquals(labelsOf(failed), [
    "log error workerExited",
    "log emerg changeoverFailed",
    "send quit 1",
    "abandonListeners 1",
    "send terminate 1",
    "closeListeners",
  ]);
  const last = take(failed.state, exited(code(0), failed.state, 1));
  assertEquals(labelsOf(last).at(-1), "exit 1");
});

Deno.test("step() tells those who wait for the reload, and no other", () => {
  const state = take(started(), [asked("reload", 1), asked("reopen", 2)]).state;
  const after = take(state, rejected(2));
  assertEquals(doneBy(after), [
    "abandonListeners 2",
    "reply 1 no: procmgr.jsonc:1:1: bad; procmgr.jsonc:2:1: worse",
  ]);
  assertEquals(after.state.waiters, [{ token: 2, request: "reopen" }]);
});

Deno.test("step() ends the oldest of many generations given up", () => {
  const plan = planOf(1, { generationsMax: 2 });
  let state = take(started(plan), signalled("SIGHUP")).state;
  const crowded: string[] = [];
  for (let count = 0; count < 4; count++) {
    const next = booted(prepared(state, plan));
    const after = take(next, signalled("SIGHUP"));
    crowded.push(doneBy(after).filter((label) => /^send/.test(label)).join());
    state = after.state;
  }
  assertEquals(crowded, [
    "send quit 1",
    "send quit 2",
    "send quit 3,send terminate 1",
    "send quit 4,send terminate 2",
  ]);
  assertEquals(phaseOf(state, 0), "serving");
});

Deno.test("step() crowds nobody of the generation in force out", () => {
  const plan = planOf(2, { generationsMax: 1 });
  const running = started(plan);
  const drained = take(running, told("childDraining", running, 0)).state;
  const state = reloading(drained, plan);
  const after = take(state, signalled("SIGHUP"));
  assertEquals(phaseOf(after.state, 0), "draining");
});

Deno.test("step() gives a reload up before everything ends", () => {
  const state = reloading(started(), planOf(1));
  const waiting = { ...state, waiters: [{ token: 3, request: "reload" }] };
  const after = take(waiting as typeof state, signalled("SIGTERM"));
  assertEquals(doneBy(after), [
    "send quit 1",
    "abandonListeners 2",
    "reply 3 no: shut down meanwhile",
    "send terminate 0",
    "send terminate 1",
    "closeListeners",
  ]);
});

Deno.test("longestStartupMs() is the slowest pool's", () => {
  assertEquals(longestStartupMs({ pools: [], generationsMax: 1 }) as number, 0);
  assertEquals(longestStartupMs(planOf({ a: 1, b: 1 })) as number, 30_000);
});
