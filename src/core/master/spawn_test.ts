/** Who is missing, where they go, and what becomes of a spawn's answer. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  at,
  doneBy,
  exited,
  fresh,
  KILLED,
  labelsOf,
  LIMITS,
  phaseOf,
  phasesOf,
  pidOf,
  planOf,
  prepared,
  refAt,
  saidBy,
  signalled,
  slotIn,
  spawned,
  spawnFailed,
  started,
  take,
  TIMER,
  TRY_AGAIN,
} from "../../../tests/support/core.ts";
import { toGeneration, toOrdinal, toPid, toSlotIndex } from "../../base/id.ts";
import type { AssignedSlot, Slot } from "./slot.ts";
import { PHASES } from "./slot.ts";
import {
  fill,
  fillVacated,
  isComing,
  isExpected,
  isHeld,
  isSameAssignment,
  isWanted,
  missingOf,
  place,
  respawnAt,
  rowsFree,
  spawnAt,
} from "./spawn.ts";
import type { MasterState, Mode, Step } from "./state.ts";

const gen1 = toGeneration(1);
const worker = {
  generation: gen1,
  pool: "worker",
  ordinal: toOrdinal(0),
  limits: LIMITS,
};

Deno.test("missingOf() names what no slot holds, in order", () => {
  const state = started(planOf(2));
  const plan = planOf({ worker: 3, api: 1 });
  const missing = missingOf(state, plan, gen1);
  assertEquals(missing.map(({ pool, ordinal }) => `${pool}/${ordinal}`), [
    "worker/2",
    "api/0",
  ]);
  assertEquals(missingOf(state, plan, toGeneration(2)).length, 4);
});

Deno.test("isHeld() holds in every phase but vacant and draining", () => {
  const holding = PHASES.filter((phase) =>
    isHeld({ ...fresh(), slots: [slotIn(phase)] }, worker)
  );
  assertEquals(holding, [
    "spawning",
    "booting",
    "serving",
    "terminating",
    "waiting",
    "failed",
  ]);
});

Deno.test("isSameAssignment() compares generation, pool and ordinal", () => {
  assert(isSameAssignment(worker, { ...worker }));
  const others = [
    { ...worker, generation: toGeneration(2) },
    { ...worker, pool: "web" },
    { ...worker, ordinal: toOrdinal(1) },
  ];
  for (const other of others) assert(!isSameAssignment(worker, other));
});

Deno.test("isWanted() holds for the plan in force while it runs", () => {
  const state = started(planOf(1));
  const modes: readonly (readonly [Mode, boolean])[] = [
    ["starting", true],
    ["running", true],
    ["quitting", false],
    ["terminating", false],
    ["exited", false],
  ];
  for (const [mode, expected] of modes) {
    assertEquals(isWanted({ ...state, mode }, worker), expected, mode);
  }
  assert(!isWanted(state, { ...worker, ordinal: toOrdinal(1) }));
  assert(!isWanted(state, { ...worker, pool: "web" }));
  assert(!isWanted(state, { ...worker, generation: toGeneration(2) }));
});

Deno.test("isExpected() holds for the coming generation as well", () => {
  const running = started();
  const reloadingTo = prepared(
    take(running, signalled("SIGHUP")).state,
    planOf(1),
  );
  const slot = reloadingTo.slots[1] as AssignedSlot;
  assert(isComing(reloadingTo, slot) && isExpected(reloadingTo, slot));
  assert(!isComing(running, slot) && !isExpected(running, slot));
  assert(isExpected(running, slotIn("serving") as AssignedSlot));
});

Deno.test("fill() uses the first vacant rows", () => {
  const state = {
    ...started(planOf(3)),
    slots: [slotIn("vacant"), slotIn("serving"), slotIn("vacant")],
  };
  const filled = fill(state, planOf(3), gen1);
  assertEquals(doneBy(filled), [
    "spawn 0 gen 1 worker/1",
    "spawn 2 gen 1 worker/2",
  ]);
  assertEquals(phasesOf(filled.state), ["spawning", "serving", "spawning"]);
  assertEquals(rowsFree(state), state.policy.slotsMax - 1);
});

Deno.test("fill() stops at the end of the table and says so", () => {
  const filled = fill(fresh({ slotsMax: 1 }), planOf(2), gen1);
  assertEquals(labelsOf(filled), [
    "spawn 0 gen 1 worker/0",
    "log error tableFull",
  ]);
  assertEquals(saidBy(filled)[0]?.[1], { kind: "tableFull", slotsMax: 1 });
});

Deno.test("step() gives a row that somebody leaves to who found none", () => {
  // Worker 0 drained by itself, and there was no row for its replacement.
  const one = started(planOf(1), { slotsMax: 2 });
  const drains = slotIn("draining");
  const pid = pidOf(2, 1);
  const generation = toGeneration(2);
  const surplus = slotIn("spawning", { ordinal: toOrdinal(1) });
  const ended = slotIn("terminating", { pid, generation });
  const cases: readonly (readonly [Slot, (state: MasterState) => Step])[] = [
    [surplus, (state) => take(state, spawnFailed(state, 1))],
    [ended, (state) => take(state, exited(KILLED, state, 1))],
  ];
  for (const [slot, leave] of cases) {
    const full = { ...one, generationLast: generation, slots: [drains, slot] };
    const after = leave(full);
    assertEquals(doneBy(after).slice(0, 1), ["spawn 1 gen 1 worker/0"]);
    const winched = { ...full, noaccepting: true };
    assertEquals(phaseOf(leave(winched).state, 1), "vacant");
  }
});

Deno.test("fillVacated() says nothing of those for whom there is no row", () => {
  const state = { ...started(planOf(2), { slotsMax: 2 }), plan: planOf(3) };
  const before = { ...state, slots: [slotIn("draining"), slotIn("failed")] };
  const after = { ...state, slots: [slotIn("draining"), slotIn("vacant")] };
  assertEquals(labelsOf(fillVacated(before, after)), [
    "spawn 1 gen 1 worker/0",
  ]);
  assertEquals(labelsOf(fillVacated(after, after)), []);
});

Deno.test("place() spawns beside, now or after the backoff", () => {
  const state = { ...started(), slots: [slotIn("draining")] };
  const now = at(100);
  const first = place(state, worker, { failures: 1, now });
  assertEquals(doneBy(first), ["spawn 1 gen 1 worker/0"]);
  const again = place(state, worker, { failures: 3, now });
  assertEquals(doneBy(again), []);
  assertEquals(phasesOf(again.state), ["draining", "waiting"]);
  const full = { ...state, policy: { ...state.policy, slotsMax: 1 } };
  assertEquals(labelsOf(place(full, worker, { failures: 1, now })), [
    "log error tableFull",
  ]);
});

Deno.test("spawnAt() keeps nothing of the phase before", () => {
  const slot = slotIn("terminating") as AssignedSlot;
  const after = spawnAt(started(), toSlotIndex(0), slot);
  assertEquals(after.state.slots[0], {
    ...worker,
    phase: "spawning",
    failures: 0,
  });
});

Deno.test("respawnAt() advances the generator only when it draws", () => {
  const state = started();
  const request = { ...worker, failures: 1 };
  const soon = respawnAt(state, toSlotIndex(0), request, at(0));
  assertEquals(soon.state.random, state.random);
  const later = respawnAt(
    state,
    toSlotIndex(0),
    { ...request, failures: 2 },
    at(0),
  );
  assert(later.state.random !== state.random);
});

Deno.test("step() boots a spawned child and tells it its part", () => {
  const state = prepared(fresh(), planOf(1));
  const ref = { ...refAt(state, 0), pid: toPid(4711) };
  const after = take(state, { kind: "childSpawned", ...ref }, 7);
  assertEquals(after.effects, [
    { kind: "log", level: "notice", notice: { kind: "workerStarted", ...ref } },
    { kind: "send", command: "init", ...ref },
  ]);
  assertEquals(after.state.slots[0], {
    ...worker,
    phase: "booting",
    failures: 0,
    pid: ref.pid,
    deadline: at(30_007),
  });
});

Deno.test("step() ends a child that nobody expects any more", () => {
  const state = prepared(fresh(), planOf(1));
  for (const signal of ["SIGQUIT", "SIGTERM"] as const) {
    const leaving = take(state, signalled(signal)).state;
    assertEquals(phaseOf(leaving), "spawning");
    const after = take(leaving, spawned(leaving, 0));
    assertEquals(labelsOf(after), [
      "log notice workerStarted",
      "send terminate 0",
    ]);
    assertEquals(phaseOf(after.state), "terminating");
  }
  const more = take(started(), signalled("SIGTTIN")).state;
  const fewer = take(more, signalled("SIGTTOU")).state;
  const surplus = take(fewer, spawned(fewer, 1));
  assertEquals(doneBy(surplus), ["send terminate 1"]);
});

Deno.test("step() ignores an answer to a spawn it did not ask for", () => {
  for (const phase of PHASES.filter((one) => one !== "spawning")) {
    const state = { ...started(), slots: [slotIn(phase)] };
    for (const event of [spawned(state, 0), spawnFailed(state, 0)]) {
      const after = take(state, event);
      assertStrictEquals(after.state, state, phase);
      assertEquals(labelsOf(after), ["log debug eventIgnored"]);
    }
  }
  const state = prepared(fresh(), planOf(1));
  const generation = toGeneration(9);
  const slot = toSlotIndex(0);
  const late = [
    { kind: "childSpawned", slot, generation, pid: pidOf(9, 0) },
    { kind: "spawnFailed", slot, generation, error: TRY_AGAIN },
  ] as const;
  for (const event of late) {
    assertStrictEquals(take(state, event).state, state);
  }
});

Deno.test("step() tries a failed spawn again, never at once", () => {
  let state = prepared(fresh(), planOf(1));
  for (let count = 0; count < 5; count++) {
    const failed = take(state, spawnFailed(state, 0), 10);
    assertEquals(labelsOf(failed), [
      "log error spawnFailed",
      "log warn respawnDelayed",
    ]);
    const [slot] = failed.state.slots;
    assert(slot?.phase === "waiting" && slot.deadline > 10 + 100);
    assertEquals(slot.failures, 2 + count);
    const again = take(failed.state, TIMER, slot.deadline);
    assertEquals(doneBy(again), ["spawn 0 gen 1 worker/0"]);
    state = again.state;
  }
});

Deno.test("step() leaves when the last it waits for was never spawned", () => {
  const state = prepared(fresh(), planOf(1));
  const leaving = take(state, signalled("SIGQUIT")).state;
  const after = take(leaving, spawnFailed(leaving, 0));
  assertEquals(labelsOf(after), [
    "log error spawnFailed",
    "removePidFile",
    "log notice exiting",
    "exit 0",
  ]);
  assertEquals(phaseOf(after.state), "vacant");
});
