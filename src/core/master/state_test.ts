/** The first state, and the small moves that decisions are made of. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  deepFreeze,
  fresh,
  pidOf,
  planOf,
  refAt,
  slotIn,
  started,
} from "../../../tests/support/core.ts";
import { toGeneration, toPid, toSlotIndex } from "../../base/id.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { isLive, VACANT } from "./slot.ts";
import {
  forEach,
  ignore,
  initialState,
  inOrder,
  isOccupied,
  liveSlotOf,
  MODES,
  refOf,
  rowsWhere,
  say,
  slotAt,
  stay,
  withSlot,
  workersOf,
} from "./state.ts";

Deno.test("initialState() waits for the configuration of generation 1", () => {
  const state = initialState(DEFAULT_POLICY, -1);
  assertEquals(state.mode, "starting");
  assertEquals(state.generation, toGeneration(0));
  assertEquals(state.changeover, {
    generation: toGeneration(1),
    stage: "loading",
  });
  assertEquals(state.random, 0xffffffff);
  assertEquals([state.slots.length, state.exitCode], [0, 0]);
  assertEquals(MODES.includes(state.mode), true);
});

Deno.test("inOrder() hands each move the state of the one before", () => {
  const done = inOrder(
    fresh(),
    (state) => stay({ ...state, exitCode: 1 }, { kind: "reopenLogs" }),
    (state) =>
      stay({ ...state, exitCode: state.exitCode + 1 }, {
        kind: "restorePidFile",
      }),
  );
  assertEquals(done.state.exitCode, 2);
  assertEquals(done.effects, [{ kind: "reopenLogs" }, {
    kind: "restorePidFile",
  }]);
});

Deno.test("forEach() moves once per item, in order", () => {
  const move = forEach(
    [5, 6],
    (state, code) =>
      stay({ ...state, exitCode: state.exitCode * 10 + code }, {
        kind: "exit",
        code,
      }),
  );
  const done = move(fresh());
  assertEquals(done.state.exitCode, 56);
  assertEquals(done.effects, [{ kind: "exit", code: 5 }, {
    kind: "exit",
    code: 6,
  }]);
});

Deno.test("withSlot() leaves the state it was given alone", () => {
  const state = deepFreeze(started(planOf(2)));
  const changed = withSlot(state, toSlotIndex(1), VACANT);
  assertEquals(changed.slots[1], VACANT);
  assertEquals(state.slots[1]?.phase, "serving");
  assertStrictEquals(changed.slots[0], state.slots[0]);
});

Deno.test("slotAt() is vacant beyond the table", () => {
  assertStrictEquals(slotAt(fresh(), toSlotIndex(3)), VACANT);
});

Deno.test("rowsWhere() keeps the order of the table", () => {
  const state = { ...fresh(), slots: [slotIn("serving"), VACANT, VACANT] };
  assertEquals(
    rowsWhere(state, (slot) => slot.phase === "vacant").map((row) => row.index),
    [1, 2].map(toSlotIndex),
  );
  assertEquals(rowsWhere(state, isLive).map(refOf), [refAt(state, 0)]);
});

Deno.test("liveSlotOf() finds no slot for a late reference", () => {
  const state = started();
  const ref = refAt(state, 0);
  const late = [
    { ...ref, pid: toPid(1) },
    { ...ref, generation: toGeneration(9) },
    { ...ref, slot: toSlotIndex(4) },
  ];
  assertStrictEquals(liveSlotOf(state, ref), state.slots[0]);
  for (const one of late) assertEquals(liveSlotOf(state, one), undefined);
  const waiting = { ...state, slots: [slotIn("waiting")] };
  assertEquals(liveSlotOf(waiting, ref), undefined);
  assertEquals(ref.pid, pidOf(1, 0));
});

Deno.test("isOccupied() counts a spawn on its way", () => {
  const occupied = (["vacant", "spawning", "draining", "waiting"] as const)
    .map((phase) => isOccupied(slotIn(phase)));
  assertEquals(occupied, [false, true, true, false]);
});

Deno.test("workersOf() sums the pools", () => {
  assertEquals(workersOf(planOf({ web: 3, api: 2 })), 5);
});

Deno.test("ignore() keeps the state and says so at debug", () => {
  const state = fresh();
  const done = ignore(state, "childReady");
  assertStrictEquals(done.state, state);
  assertEquals(done.effects, [
    say("debug", { kind: "eventIgnored", event: "childReady" }),
  ]);
});
