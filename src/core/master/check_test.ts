/** Every invariant notices the state that breaks it, and no sound one. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  at,
  fresh,
  pidOf,
  planOf,
  reloading,
  signalled,
  slotIn,
  started,
  take,
} from "../../../tests/support/core.ts";
import { toGeneration, toOrdinal } from "../../base/id.ts";
import { checkState, checkTimer } from "./check.ts";
import type { Slot } from "./slot.ts";
import type { MasterState } from "./state.ts";

const running = started(planOf(2));
const quitting = take(running, signalled("SIGQUIT")).state;
const second = { ordinal: toOrdinal(1) };

const BROKEN: readonly (readonly [string, RegExp, MasterState])[] = [
  ["a pid twice", /share a pid: 100, 100/, {
    ...running,
    slots: [slotIn("serving"), slotIn("draining", second)],
  }],
  ["a worker twice", /two slots hold worker worker\/0/, {
    ...running,
    slots: [slotIn("serving"), slotIn("waiting")],
  }],
  ["a generation never begun", /never begun/, {
    ...running,
    generation: toGeneration(2),
  }],
  ["a changeover to the present", /not newer/, {
    ...running,
    changeover: { generation: toGeneration(1), stage: "loading" },
  }],
  ["a slot of the future", /generation 9 of the future/, {
    ...running,
    slots: [slotIn("serving", { generation: toGeneration(9) })],
  }],
  ["a reload while quitting", /on its way while quitting/, {
    ...reloading(running, planOf(1)),
    mode: "quitting",
  }],
  ["nobody left to quit", /still quitting/, { ...quitting, slots: [] }],
  ["a child left behind", /left a child behind/, {
    ...running,
    mode: "exited",
  }],
  ["a respawn while quitting", /waits to spawn while quitting/, {
    ...quitting,
    slots: [...quitting.slots, slotIn("waiting", { pool: "web" })],
  }],
  ["a drain without a deadline", /draining slot has no deadline/, {
    ...running,
    slots: [{ ...slotIn("draining"), deadline: undefined } as Slot],
  }],
  ["too many slots", /2 slots, more than 1/, {
    ...running,
    policy: { ...running.policy, slotsMax: 1 },
  }],
];

Deno.test("checkState() names what is broken", () => {
  for (const [what, said, state] of BROKEN) {
    assertMatch(checkState(state).join("\n"), said, what);
  }
});

Deno.test("checkState() finds nothing in sound states", () => {
  const sound = [
    fresh(),
    running,
    quitting,
    reloading(running, planOf(3)),
    { ...running, mode: "exited" as const, slots: [] },
    // A replacement beside its draining or terminating predecessor.
    {
      ...running,
      slots: [slotIn("draining"), slotIn("serving", { pid: pidOf(1, 1) })],
    },
    {
      ...running,
      slots: [slotIn("terminating"), slotIn("serving", { pid: pidOf(1, 1) })],
    },
  ];
  for (const state of sound) assertEquals(checkState(state), []);
});

Deno.test("checkTimer() sees a deadline that is still there", () => {
  const state = { ...running, slots: [slotIn("waiting")] };
  assertEquals(checkTimer(state, at(9_999)), []);
  assertMatch(checkTimer(state, at(10_000)).join(), /10000 is still there/);
  assertEquals(checkTimer(running, at(1e9)), []);
});
