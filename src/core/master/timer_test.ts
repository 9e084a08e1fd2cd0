/** The one timer: what is next, what is due, and the suspend guard. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  at,
  code,
  doneBy,
  exited,
  fresh,
  IN_USE,
  labelsOf,
  loaded,
  openFailed,
  phaseOf,
  phasesOf,
  planOf,
  prepared,
  refAt,
  reloading,
  saidBy,
  signalled,
  slotIn,
  spawned,
  started,
  take,
  TIMER,
  told,
} from "../../../tests/support/core.ts";
import { toOrdinal } from "../../base/id.ts";
import { checkTimer } from "./check.ts";
import { PHASES } from "./slot.ts";
import type { MasterState } from "./state.ts";
import { nextDeadline } from "./timer.ts";

Deno.test("nextDeadline() is the earliest of all, or none", () => {
  assertEquals(nextDeadline(started()), undefined);
  const reopening = { pending: [], deadline: at(7) };
  const waiting = { ...slotIn("waiting"), deadline: at(6) } as const;
  const state: MasterState = {
    ...reloading(started(), planOf(1), 100),
    reopening,
  };
  assertEquals(nextDeadline(state), at(7));
  assertEquals(nextDeadline({ ...state, slots: [waiting] }), at(6));
  const alone = { ...state, reopening: undefined, slots: [] };
  assertEquals(nextDeadline(alone), at(30_100));
});

Deno.test("nextDeadline() reads the timed phases alone", () => {
  const timed = PHASES.filter((phase) =>
    nextDeadline({ ...started(), slots: [slotIn(phase)] }) !== undefined
  );
  assertEquals(timed, ["booting", "draining", "terminating", "waiting"]);
});

Deno.test("step() does nothing when the timer is early", () => {
  const state = { ...started(), slots: [slotIn("waiting")] };
  for (const now of [0, 9_999]) {
    assertEquals(take(state, TIMER, now), { state, effects: [] });
  }
  const idle = started();
  assertEquals(take(idle, TIMER, 1e9), { state: idle, effects: [] });
});

Deno.test("step() acts on what is due by phase", () => {
  const cases = [
    ["booting", "terminating", "log warn startupTimedOut, send terminate 0"],
    ["draining", "terminating", "log warn drainTimedOut, send terminate 0"],
    ["terminating", "terminating", "send terminate 0"],
    ["waiting", "spawning", "spawn 0 gen 1 worker/0"],
  ] as const;
  for (const [phase, next, done] of cases) {
    const state = { ...started(), slots: [slotIn(phase)] };
    const after = take(state, TIMER, 10_000);
    assertEquals(labelsOf(after).join(", "), done);
    assertEquals(phaseOf(after.state), next);
  }
});

Deno.test("step() acts on everything that is due, what ends first", () => {
  const slots = [
    { ...slotIn("waiting", { ordinal: toOrdinal(1) }), deadline: at(9) },
    { ...slotIn("draining"), deadline: at(10) },
    { ...slotIn("waiting", { ordinal: toOrdinal(2) }), deadline: at(11) },
  ] as const;
  const state = { ...started(planOf(3)), slots } as unknown as MasterState;
  const after = take(state, TIMER, 10);
  assertEquals(doneBy(after), ["send terminate 1", "spawn 0 gen 1 worker/1"]);
  assertEquals(phasesOf(after.state), ["spawning", "terminating", "waiting"]);
  assertEquals(checkTimer(after.state, at(10)), []);
});

Deno.test("step() gives up a respawned worker's start, not the master's", () => {
  const running = started(planOf(2));
  const state = take(running, exited(code(1), running, 1)).state;
  const booting = take(state, spawned(state, 1), 100).state;
  const after = take(booting, TIMER, 30_100);
  assertEquals(labelsOf(after), [
    "log warn startupTimedOut",
    "send terminate 1",
  ]);
  assertEquals(after.state.slots[0], running.slots[0]);
});

Deno.test("step() gives a whole generation up for one worker's deadline", () => {
  const state = reloading(started(planOf(1)), planOf(2));
  // Spawned again after a failure: its own deadline is later than the reload's.
  const changeover = { ...state.changeover, deadline: at(90_000) };
  const later = { ...state, changeover } as MasterState;
  const after = take(later, TIMER, 30_000);
  assertEquals(labelsOf(after), [
    "log error startupTimedOut",
    "log error changeoverFailed",
    "send terminate 1",
    "send terminate 2",
    "abandonListeners 2",
  ]);
});

Deno.test("step() forgives one late timer, and not the next", () => {
  const quitting = take(started(planOf(2)), signalled("SIGQUIT")).state;
  const late = take(quitting, TIMER, 60_000);
  assertEquals(saidBy(late), [
    ["warn", { kind: "timerLate", lateMs: 38_000 as never }],
  ]);
  assertEquals(phasesOf(late.state), ["draining", "draining"]);
  assertEquals(nextDeadline(late.state), at(65_000));
  const again = take(late.state, TIMER, 120_000);
  assertEquals(doneBy(again), ["send terminate 0", "send terminate 1"]);
  assertEquals(again.state.lateForgiven, false);
});

Deno.test("step() forgives from just over the limit on", () => {
  const quitting = take(started(), signalled("SIGQUIT")).state;
  const due = 22_000;
  const exact = take(quitting, TIMER, due + 5000);
  assertEquals(doneBy(exact), ["send terminate 0"]);
  const over = take(quitting, TIMER, due + 5001);
  assertEquals(labelsOf(over), ["log warn timerLate"]);
});

Deno.test("step() forgives again after a timer that was on time", () => {
  const quitting = take(started(), signalled("SIGQUIT")).state;
  const late = take(quitting, TIMER, 60_000).state;
  const climbing = take(late, TIMER, 65_000).state;
  assertEquals(phaseOf(climbing), "terminating");
  const twice = take(climbing, TIMER, 90_000);
  assertEquals(labelsOf(twice), ["log warn timerLate"]);
});

Deno.test("step() moves a deadline to a little from now, not by the jump", () => {
  // TERM came after the jump and before the late timer: no hour of waiting.
  const state = reloading(started(), planOf(1));
  const jumped = take(state, signalled("SIGQUIT"), 3_600_000).state;
  const mixed = { ...jumped, slots: [slotIn("waiting"), ...jumped.slots] };
  const after = take(mixed, TIMER, 3_600_000);
  assertEquals(labelsOf(after), ["log warn timerLate"]);
  assertEquals(after.state.slots[1], jumped.slots[0]);
  assertEquals(after.state.slots[0], slotIn("waiting"));
});

Deno.test("step() keeps the ladder's rungs apart after a jump", () => {
  let state = take(started(), signalled("SIGTERM")).state;
  const climbed: string[] = [];
  let now = 60_000;
  for (let count = 0; count < 6; count++) {
    const after = take(state, TIMER, now);
    climbed.push(`${now} ${labelsOf(after).join(", ")}`);
    state = after.state;
    now = nextDeadline(state) ?? 0;
  }
  assertEquals(climbed, [
    "60000 log warn timerLate",
    "65000 send terminate 0",
    "65200 send terminate 0",
    "65600 send terminate 0",
    "66400 send terminate 0",
    "68000 log warn terminateIgnored, kill SIGKILL 0",
  ]);
});

Deno.test("step() forgives a generation's start, and lets a bind be late", () => {
  const state = reloading(started(), planOf(1));
  const after = take(state, TIMER, 100_000).state;
  const { changeover } = after;
  assert(changeover?.stage === "booting");
  assertEquals(changeover.deadline, at(105_000));
  const slot = after.slots[1];
  assert(slot?.phase === "booting" && slot.deadline === at(105_000));
  const ready = take(after, told("childReady", after, 1), 100_001);
  assertEquals(ready.state.generation, slot.generation);

  const failed = [loaded(planOf(1)), openFailed(IN_USE)];
  const retrying = take(fresh(), failed).state;
  const late = take(retrying, TIMER, 60_000).state;
  assertEquals(late.changeover, retrying.changeover);
  assertEquals(doneBy(take(late, TIMER, 60_000)), ["openListeners 1"]);
});

Deno.test("step() sees a row as it is when its turn comes", () => {
  // Row 0 gives the generation up, which changes row 1 before its turn.
  const state = reloading(started(planOf(1)), planOf(2));
  const { generation } = refAt(state, 1);
  const second = { ordinal: toOrdinal(1), generation };
  const slots = [
    state.slots[1] ?? slotIn("vacant"),
    { ...slotIn("waiting", second), deadline: at(30_000) },
    state.slots[0] ?? slotIn("vacant"),
  ];
  const changeover = { ...state.changeover, deadline: at(90_000) };
  const mixed = { ...state, slots, changeover } as MasterState;
  const after = take(mixed, TIMER, 30_000);
  assertStrictEquals(after.state.slots[1]?.phase, "vacant");
  assertEquals(doneBy(after).includes("spawn 1 gen 2 worker/1"), false);
});

Deno.test("step() spawns nobody whose start it gives up with that timer", () => {
  const state = prepared(fresh(), planOf(2));
  const waits = { ...slotIn("waiting"), deadline: at(30_000) };
  const boots = {
    ...slotIn("booting", { ordinal: toOrdinal(1) }),
    deadline: at(30_000),
  };
  const changeover = { ...state.changeover, deadline: at(90_000) };
  const slots = [waits, boots];
  const starting = { ...state, slots, changeover } as MasterState;
  const after = take(starting, TIMER, 30_000);
  assertEquals(after.state.mode, "terminating");
  assertEquals(phasesOf(after.state), ["vacant", "terminating"]);
  assertEquals(doneBy(after), [
    "send terminate 1",
    "abandonListeners 1",
    "closeListeners",
  ]);
});
