/** When a worker gives memory back, and when it had better not. */

import { assertEquals } from "@std/assert";
import {
  EVENTS,
  NOW,
  POLICY,
  STATES,
  summary,
} from "../../tests/support/worker_core.ts";
import { after, toBytes, toInstant } from "../base/unit.ts";
import { step } from "./worker.ts";
import { FIRST_LOOK_MS, GROWTH, LOOK_MS } from "./worker_rest.ts";
import type { WorkerState, WorkerStep } from "./worker_state.ts";
import { FIRST_STATE, nextDeadline } from "./worker_state.ts";

const LEFT = 8_000_000;

/** It gave memory back, and `left` is what it kept. */
function rested(left = LEFT): WorkerState {
  return {
    phase: "accepting",
    lookAt: toInstant(2000),
    leftBytes: toBytes(left),
  };
}

function at(
  now: number,
  state: WorkerState,
  { connections = 0, heap = LEFT } = {},
): WorkerStep {
  const heapBytes = toBytes(heap);
  const event = { kind: "timerFired", connections, heapBytes } as const;
  return step(state, event, POLICY, toInstant(now));
}

Deno.test("step() looks a second after the start, and gives memory back", () => {
  const { state } = step(FIRST_STATE, EVENTS["started"]!, POLICY, NOW);
  assertEquals(nextDeadline(state), after(NOW, FIRST_LOOK_MS));
  const looked = at(2000, state);
  assertEquals(summary(looked), "accepting: trimMemory");
  assertEquals(nextDeadline(looked.state), 2000 + LOOK_MS);
});

Deno.test("step() gives nothing back while a connection is open", () => {
  const looked = at(2000, STATES["accepting"]!, { connections: 1 });
  assertEquals(summary(looked), "accepting:");
  const later = at(2000 + LOOK_MS, looked.state);
  assertEquals(summary(later), "accepting: trimMemory");
});

Deno.test("step() gives memory back again when the heap has grown", () => {
  for (
    const [heap, effects] of [
      [LEFT / 2, ""],
      [LEFT, ""],
      [LEFT * GROWTH, ""],
      [LEFT * GROWTH + 1, " trimMemory"],
    ] as const
  ) assertEquals(summary(at(2000, rested(), { heap })), `accepting:${effects}`);
});

Deno.test("step() remembers what is left when memory was given back", () => {
  const { state } = step(rested(), EVENTS["trimmed"]!, POLICY, NOW);
  assertEquals(state, rested(7e6));
});

Deno.test("step() ignores a timer that is early", () => {
  assertEquals(at(1999, rested()), { state: rested(), effects: [] });
});

Deno.test("step() ignores memory given back by a worker told to go", () => {
  for (const name of ["booting", "draining", "lingering", "exiting"]) {
    const state = STATES[name]!;
    const taken = step(state, EVENTS["trimmed"]!, POLICY, NOW);
    assertEquals(taken, { state, effects: [] });
  }
});
