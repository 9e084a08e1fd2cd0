/**
 * A child ended: mode × phase × exit kind, one line per case, and what is
 * said about it. Source of the levels: nginx, ngx_process_get_status.
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  at,
  broken,
  code,
  doneBy,
  exited,
  fresh,
  KILLED,
  labelsOf,
  phaseOf,
  pidOf,
  planOf,
  refAt,
  reloading,
  saidBy,
  signalled,
  slotIn,
  started,
  take,
  TIMER,
  told,
} from "../../../tests/support/core.ts";
import type { Exit } from "../../base/exit.ts";
import { toGeneration, toOrdinal } from "../../base/id.ts";
import type { LiveSlot, Phase, Slot } from "./slot.ts";
import type { MasterState, Mode } from "./state.ts";

/** A lone worker of generation 1 in that phase, the master in that mode. */
function alone(mode: Mode, slot: Slot): MasterState {
  const running = started();
  return { ...running, mode, slots: [slot] };
}

const spawn = "spawn 0 gen 1 worker/0";
const end = ["removePidFile", "exit 0"];

const CASES: readonly (readonly [
  Mode,
  LiveSlot["phase"],
  Exit,
  Phase,
  readonly string[],
])[] = [
  ["running", "booting", code(0), "spawning", [spawn]],
  ["running", "booting", code(1), "spawning", [spawn]],
  ["running", "booting", code(2), "failed", []],
  ["running", "booting", KILLED, "spawning", [spawn]],
  ["running", "serving", code(0), "spawning", [spawn]],
  ["running", "serving", code(1), "spawning", [spawn]],
  ["running", "serving", code(2), "failed", []],
  ["running", "serving", KILLED, "spawning", [spawn]],
  ["running", "draining", code(0), "spawning", [spawn]],
  ["running", "draining", code(1), "spawning", [spawn]],
  ["running", "draining", code(2), "failed", []],
  ["running", "draining", KILLED, "spawning", [spawn]],
  ["running", "terminating", code(0), "spawning", [spawn]],
  ["running", "terminating", code(2), "failed", []],
  ["running", "terminating", KILLED, "spawning", [spawn]],
  ["quitting", "draining", code(0), "vacant", end],
  ["quitting", "draining", code(1), "vacant", end],
  ["quitting", "draining", code(2), "vacant", end],
  ["quitting", "draining", KILLED, "vacant", end],
  ["quitting", "terminating", code(0), "vacant", end],
  ["quitting", "terminating", code(2), "vacant", end],
  ["quitting", "terminating", KILLED, "vacant", end],
  ["terminating", "terminating", code(0), "vacant", end],
  ["terminating", "terminating", code(2), "vacant", end],
  ["terminating", "terminating", KILLED, "vacant", end],
];

Deno.test("step() decides an exit by mode, phase and kind", () => {
  for (const [mode, phase, exit, next, done] of CASES) {
    const state = alone(mode, slotIn(phase));
    const after = take(state, exited(exit, state), 5);
    const what = `${mode} ${phase} ${JSON.stringify(exit)}`;
    assertEquals(phaseOf(after.state), next, what);
    const effects = doneBy(after).filter((label) => !label.startsWith("steer"));
    assertEquals(effects, done, what);
  }
});

Deno.test("step() respawns a worker that exits while running", () => {
  const state = started(planOf(2));
  const after = take(state, exited(KILLED, state, 1), 20_000);
  assertEquals(labelsOf(after), [
    "log alert workerExited",
    "spawn 1 gen 1 worker/1",
    "steer worker 0",
  ]);
  assertEquals(after.state.slots[0], state.slots[0]);
});

Deno.test("step() does not respawn after exit code 2", () => {
  const state = started(planOf(2));
  const after = take(state, exited(code(2), state, 1));
  const ref = refAt(state, 1);
  assertEquals(after.effects, [
    {
      kind: "log",
      level: "alert",
      notice: { kind: "workerFatal", exit: code(2), ...ref },
    },
    { kind: "steer", pool: "worker", ordinals: [toOrdinal(0)] },
  ]);
  assertEquals(after.state.slots[1], {
    phase: "failed",
    generation: toGeneration(1),
    pool: "worker",
    ordinal: toOrdinal(1),
    limits: (state.slots[1] as LiveSlot).limits,
    failures: 0,
    exit: code(2),
  });
});

Deno.test("step() says an exit at nginx's level", () => {
  const cases: readonly (readonly [Exit, string])[] = [
    [code(0), "notice"],
    [code(1), "error"],
    [KILLED, "alert"],
  ];
  for (const [exit, level] of cases) {
    const state = started();
    const [said] = saidBy(take(state, exited(exit, state)));
    const notice = { kind: "workerExited", exit, ...refAt(state, 0) };
    assertEquals<unknown>(said, [level, notice]);
  }
});

Deno.test("step() respawns nobody whose replacement is there", () => {
  const running = started();
  const replaced = take(running, told("childDraining", running, 0)).state;
  const overdue = take(replaced, TIMER, 22_000).state;
  const garbled = take(replaced, broken(replaced, 0)).state;
  for (const state of [replaced, overdue, garbled]) {
    for (const exit of [code(0), code(1), code(2), KILLED]) {
      const after = take(state, exited(exit, state), 22_000);
      assertEquals(phaseOf(after.state), "vacant");
      assertEquals(after.state.slots[1], state.slots[1]);
      assertEquals(doneBy(after), []);
      assertEquals(saidBy(after)[0]?.[1].kind, "workerExited");
    }
  }
});

Deno.test("step() respawns a drained worker that found the table full", () => {
  const running = started(planOf(1), { slotsMax: 1 });
  const drained = take(running, told("childDraining", running, 0));
  assertEquals(labelsOf(drained), [
    "log notice workerDraining",
    "log error tableFull",
  ]);
  const after = take(drained.state, exited(code(0), drained.state));
  assertEquals(doneBy(after), [spawn]);
});

Deno.test("step() says fatal only of a worker it wanted to keep", () => {
  const state = started();
  const quitting = take(state, signalled("SIGQUIT")).state;
  const [said] = saidBy(take(quitting, exited(code(2), quitting)));
  assertEquals(said?.[1].kind, "workerExited");
  const drained = take(state, told("childDraining", state, 0)).state;
  const [other] = saidBy(take(drained, exited(code(2), drained)));
  assertEquals(other?.[1].kind, "workerExited");
});

Deno.test("step() waits longer before each respawn in a row", () => {
  let state = started();
  const delays: number[] = [];
  for (let count = 0; count < 4; count++) {
    const slot = state.slots[0];
    if (slot?.phase === "waiting") {
      delays.push(slot.deadline);
      state = take(state, { kind: "timerFired" }, slot.deadline).state;
    }
    state = take(state, { kind: "childSpawned", ...refAt(state, 0) }).state;
    state = take(state, exited(code(1), state), 0).state;
  }
  assertEquals(phaseOf(state), "waiting");
  assertEquals(delays.length, 2);
  const [first = 0, second = 0] = delays;
  assertEquals([first >= 125 && first <= 250, second >= 250], [true, true]);
});

Deno.test("step() names the delay and the failures of a backoff", () => {
  const state = alone("running", { ...slotIn("serving"), failures: 1 } as Slot);
  const after = take(state, exited(code(1), state), 100);
  const [slot] = after.state.slots;
  if (slot?.phase !== "waiting") throw new Error(slot?.phase);
  const [, said] = saidBy(after);
  assertEquals(said, ["warn", {
    kind: "respawnDelayed",
    slot: refAt(state, 0).slot,
    generation: toGeneration(1),
    delayMs: slot.deadline - 100 as never,
    failures: 2,
  }]);
  assertEquals(slot.failures, 2);
});

Deno.test("step() gives a generation up when one of its workers ends", () => {
  for (const exit of [code(0), code(1), code(2), KILLED]) {
    const state = reloading(started(planOf(2)), planOf(2), 10);
    const after = take(state, exited(exit, state, 3), 20);
    assertEquals(doneBy(after), [
      "send quit 2",
      "abandonListeners 2",
    ]);
    assertEquals(saidBy(after).at(-1), ["error", {
      kind: "changeoverFailed",
      generation: toGeneration(2),
      kept: toGeneration(1),
      failure: { kind: "childFailed", pid: refAt(state, 3).pid, exit },
    }]);
    assertEquals(phaseOf(after.state, 3), "vacant");
    assertEquals(after.state.changeover, undefined);
    assertEquals(after.state.slots.slice(0, 2), state.slots.slice(0, 2));
  }
});

Deno.test("step() closes the sockets of a worker that will not return", () => {
  const state = started(planOf(3));
  const fewer = take(state, signalled("SIGTTOU")).state;
  const after = take(fewer, exited(code(0), fewer, 2));
  assertEquals(doneBy(after), ["trimListeners worker 2"]);
  const killed: MasterState = {
    ...started(),
    slots: [
      slotIn("terminating", { ordinal: toOrdinal(1) }),
      slotIn("serving", { pid: pidOf(1, 1) }),
    ],
  };
  assertEquals(doneBy(take(killed, exited(KILLED, killed))), [
    "trimListeners worker 1",
  ]);
});

Deno.test("step() trims nothing of a pool that is gone", () => {
  const old = slotIn("draining", { pool: "old", ordinal: toOrdinal(5) });
  const state = {
    ...started(),
    slots: [old, slotIn("serving", { pid: pidOf(1, 1) })],
  };
  assertEquals(doneBy(take(state, exited(code(0), state))), []);
});

Deno.test("step() ignores the exit of a child it does not hold", () => {
  const state = started();
  const ref = refAt(state, 0);
  const late = [
    { ...ref, pid: refAt(state, 9).pid },
    { ...ref, generation: toGeneration(7) },
    refAt(fresh(), 4),
  ];
  for (const one of late) {
    const after = take(state, { kind: "childExited", exit: KILLED, ...one });
    assertStrictEquals(after.state, state);
    assertEquals(saidBy(after), [
      ["debug", { kind: "eventIgnored", event: "childExited" }],
    ]);
  }
});

Deno.test("step() leaves with the last child and not before", () => {
  const state = take(started(planOf(2)), signalled("SIGQUIT")).state;
  const one = take(state, exited(code(0), state, 0));
  assertEquals([one.state.mode, ...doneBy(one)], ["quitting"]);
  const two = take(one.state, exited(code(0), one.state, 1), at(9));
  assertEquals([two.state.mode, ...doneBy(two)], ["exited", ...end]);
  assertEquals(two.effects.at(-1), { kind: "exit", code: 0 });
});

Deno.test("step() takes a signal's death for what was asked, or not", () => {
  const running = started(planOf(1));
  const interrupted = { kind: "signal", signal: "SIGINT" } as const;
  const level = (state: MasterState, exit: Exit): string | undefined =>
    saidBy(take(state, exited(exit, state)))[0]?.[0];
  const leaving = take(running, signalled("SIGINT")).state;
  assertEquals(level(running, interrupted), "alert");
  assertEquals(level(leaving, interrupted), "notice");
  assertEquals(level(leaving, KILLED), "alert");
});

Deno.test("step() ends a single process whose worker ended unasked", () => {
  for (const exit of [code(0), code(1), code(2)]) {
    const state = started(planOf(1), { isSingle: true });
    const taken = take(state, exited(exit, state));
    assertEquals(taken.state.mode, "exited");
    assertEquals(doneBy(taken).at(-1), "exit 1");
    assertEquals(doneBy(taken).filter((one) => one.startsWith("spawn")), []);
  }
});

Deno.test("step() lets a single process's worker end when it was asked", () => {
  const state = started(planOf(1), { isSingle: true });
  const quitting = take(state, signalled("SIGQUIT")).state;
  const taken = take(quitting, exited(code(0), quitting));
  assertEquals(doneBy(taken).at(-1), "exit 0");
});
