/** The changeover's end: ready, commit, who retires, who is crowded out. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  asked,
  at,
  booted,
  code,
  doneBy,
  exited,
  fresh,
  labelsOf,
  LIMITS,
  phasesOf,
  planOf,
  prepared,
  refAt,
  reloading,
  saidBy,
  settled,
  signalled,
  slotIn,
  spawned,
  started,
  take,
  told,
} from "../../../tests/support/core.ts";
import { toGeneration, toOrdinal } from "../../base/id.ts";
import type { AssignedSlot } from "./slot.ts";
import { PHASES } from "./slot.ts";
import { isSurplus } from "./reload.ts";

Deno.test("step() commits when every new worker is ready, not before", () => {
  const state = reloading(started(planOf(2)), planOf(2));
  const one = take(state, told("childReady", state, 3), 50);
  assertEquals(labelsOf(one), ["log info workerReady"]);
  assertEquals<unknown>(one.state.slots[3], {
    ...slotIn("serving", {
      generation: toGeneration(2),
      ordinal: toOrdinal(1),
      pid: refAt(state, 3).pid,
    }),
    since: at(50),
  });
  const two = take(one.state, told("childReady", one.state, 2), 60);
  assertEquals(labelsOf(two), [
    "log info workerReady",
    "adoptGeneration 2",
    "log notice generationReady",
    "send quit 0",
    "send quit 1",
    "steer worker 0,1",
  ]);
  assertEquals(two.state.changeover, undefined);
  assertEquals(two.state.generation, toGeneration(2));
  assertEquals(saidBy(two)[1]?.[1], {
    kind: "generationReady",
    generation: toGeneration(2),
    workers: 2,
  });
});

Deno.test("step() counts readiness by worker, not by message", () => {
  const state = reloading(started(), planOf(2));
  const once = take(state, told("childReady", state, 1)).state;
  const twice = take(once, told("childReady", once, 1));
  assertStrictEquals(twice.state, once);
  assertEquals(labelsOf(twice), ["log debug eventIgnored"]);
});

Deno.test("step() hears ready from a booting child alone", () => {
  for (const phase of PHASES.filter((one) => one !== "booting")) {
    const state = { ...started(), slots: [slotIn(phase)] };
    const after = take(state, told("childReady", state, 0));
    assertStrictEquals(after.state, state, phase);
  }
});

Deno.test("step() retires the old generation by phase", () => {
  const base = reloading(started(), planOf(1));
  const phases = PHASES.filter((phase) => phase !== "vacant");
  const old = phases.map((phase, index) =>
    slotIn(phase, { ordinal: toOrdinal(index), pid: (100 + index) as never })
  );
  const newcomer = base.slots[1] ?? slotIn("vacant");
  const state = { ...base, slots: [...old, newcomer] };
  const after = take(state, told("childReady", state, 7), 5);
  const retired = phases.map((phase, index) =>
    `${phase} ${after.state.slots[index]?.phase}`
  );
  assertEquals(retired, [
    "spawning spawning",
    "booting draining",
    "serving draining",
    "draining draining",
    "terminating terminating",
    "waiting vacant",
    "failed vacant",
  ]);
  const sent = doneBy(after).filter((label) => label.startsWith("send"));
  assertEquals(sent, ["send quit 1 linger", "send quit 2 linger"]);
});

Deno.test("step() lets a worker linger whose socket loses its reader", () => {
  const state = reloading(started(planOf(3)), planOf(2));
  const after = settled(state);
  const labels = doneBy(
    take(take(state, told("childReady", state, 3)).state, [
      told("childReady", state, 4),
    ]),
  );
  assertEquals(labels.slice(1, 4), [
    "send quit 0",
    "send quit 1",
    "send quit 2 linger",
  ]);
  assertEquals(phasesOf(after).filter((one) => one === "draining").length, 3);
});

Deno.test("isSurplus() compares with the pool in force", () => {
  const state = started(planOf(2));
  const cases: readonly (readonly [string, number, boolean])[] = [
    ["worker", 1, false],
    ["worker", 2, true],
    ["gone", 9, false],
  ];
  for (const [pool, ordinal, expected] of cases) {
    const over = { pool, ordinal: toOrdinal(ordinal) };
    const slot = slotIn("serving", over) as AssignedSlot;
    assertEquals(isSurplus(state, slot), expected, pool);
  }
});

Deno.test("step() supersedes a reload with a newer one", () => {
  const state = reloading(started(), planOf(1));
  const ready = reloading(started(), planOf(2));
  const half = take(ready, told("childReady", ready, 1)).state;
  for (const one of [state, half]) {
    const after = take(one, signalled("SIGHUP"), 3);
    const newcomers = one.slots.slice(1).map((_, index) =>
      `send quit ${index + 1}`
    );
    assertEquals(doneBy(after), [
      ...newcomers,
      "abandonListeners 2",
      "loadConfig 3",
    ]);
    assertEquals(saidBy(after).map(([, { kind }]) => kind), [
      "signalReceived",
      "changeoverSuperseded",
      "reconfiguring",
    ]);
    assertEquals(after.state.slots[0], one.slots[0]);
    assertEquals(after.state.changeover, {
      generation: toGeneration(3),
      stage: "loading",
    });
  }
});

Deno.test("step() answers a superseded reload with the newer one", () => {
  const first = take(started(), asked("reload", 1)).state;
  const second = take(first, asked("reload", 2));
  assertEquals(doneBy(second), ["abandonListeners 2", "loadConfig 3"]);
  const state = booted(prepared(second.state, planOf(1)));
  const replies = doneBy(take(state, told("childReady", state, 1)))
    .filter((label) => label.startsWith("reply"));
  assertEquals(replies, [
    "reply 1 ok: generation 3 is ready",
    "reply 2 ok: generation 3 is ready",
  ]);
});

Deno.test("step() reloads after the start when asked during it", () => {
  for (const event of [signalled("SIGHUP"), asked("reload", 5)]) {
    const early = take(fresh(), event);
    assertEquals(doneBy(early), []);
    assertEquals(early.state.reloadWanted, true);
    const state = booted(prepared(early.state, planOf(1)));
    const after = take(state, told("childReady", state, 0));
    // Its answer is that of the reload, not of the start.
    assertEquals(doneBy(after), [
      "adoptGeneration 1",
      "loadConfig 2",
      "steer worker 0",
    ]);
    assertEquals(after.state.reloadWanted, false);
    assertEquals(after.state.waiters, early.state.waiters);
  }
});

Deno.test("step() ignores HUP when everything ends", () => {
  const state = take(started(), signalled("SIGQUIT")).state;
  const after = take(state, signalled("SIGHUP"));
  assertStrictEquals(after.state, state);
  assertEquals(labelsOf(after), ["log notice signalReceived"]);
});

Deno.test("step() ends a spawn of the old generation when it answers", () => {
  const running = started(planOf(1));
  const dead = take(running, exited(code(1), running)).state;
  const state = reloadingBeside(dead);
  assertEquals(phasesOf(state), ["spawning", "serving"]);
  const after = take(state, spawned(state, 0));
  assertEquals(doneBy(after), ["send terminate 0"]);
});

/** A reload up to its spawn's answer, slot 0 left waiting for its own. */
function reloadingBeside(state: Parameters<typeof prepared>[0]): typeof state {
  const next = prepared(take(state, signalled("SIGHUP")).state, planOf(1));
  const booting = take(next, spawned(next, 1)).state;
  return take(booting, told("childReady", booting, 1)).state;
}

Deno.test("step() terminates the oldest of too many generations", () => {
  const plan = planOf(1, { generationsMax: 2, limits: LIMITS });
  let state = started(plan);
  const crowded: string[][] = [];
  for (let count = 0; count < 3; count++) {
    const next = reloading(state, plan);
    const index = next.slots.length - 1;
    const after = take(next, told("childReady", next, index));
    crowded.push(
      labelsOf(after).filter((label) =>
        label.includes("Crowded") || label.startsWith("send terminate")
      ),
    );
    state = after.state;
  }
  assertEquals(crowded, [[], [], [
    "log warn generationCrowdedOut",
    "send terminate 0",
  ]]);
  assertEquals(phasesOf(state), [
    "terminating",
    "draining",
    "draining",
    "serving",
  ]);
});
