/** New connections go to serving workers; to everyone when none serves. */

import { assertEquals } from "@std/assert";
import {
  code,
  exited,
  planOf,
  reloading,
  signalled,
  slotIn,
  spawned,
  started,
  take,
  told,
} from "../../../tests/support/core.ts";
import type { Ordinal } from "../../base/id.ts";
import { toGeneration, toOrdinal } from "../../base/id.ts";
import type { PoolPlan } from "./policy.ts";
import { PHASES } from "./slot.ts";
import type { MasterState } from "./state.ts";
import { acceptingOf, steerChanges, trimChanges } from "./steer.ts";

function poolOf(state: MasterState): PoolPlan {
  const [pool] = state.plan.pools;
  if (pool === undefined) throw new Error("no pool");
  return pool;
}

function ordinals(...all: readonly number[]): readonly Ordinal[] {
  return all.map(toOrdinal);
}

Deno.test("acceptingOf() names the serving workers in order", () => {
  const state = started(planOf(3));
  assertEquals(acceptingOf(state, poolOf(state)), ordinals(0, 1, 2));
  const dead = take(state, exited(code(1), state, 1)).state;
  assertEquals(acceptingOf(dead, poolOf(dead)), ordinals(0, 2));
});

Deno.test("acceptingOf() names everyone when nobody serves", () => {
  const slots = ["booting", "draining", "waiting"] as const;
  for (const phase of slots) {
    const state = { ...started(planOf(2)), slots: [slotIn(phase)] };
    assertEquals(acceptingOf(state, poolOf(state)), ordinals(0, 1), phase);
  }
});

Deno.test("acceptingOf() counts the generation and pool in force", () => {
  const strangers = [
    slotIn("serving", { generation: toGeneration(2) }),
    slotIn("serving", { pool: "web" }),
    slotIn("serving", { ordinal: toOrdinal(7) }),
  ];
  for (const stranger of strangers) {
    const own = slotIn("serving", { ordinal: toOrdinal(1) });
    const state = { ...started(planOf(2)), slots: [stranger, own] };
    assertEquals(acceptingOf(state, poolOf(state)), ordinals(1));
  }
});

Deno.test("steerChanges() is silent when nothing changed", () => {
  const state = started(planOf(2));
  assertEquals(steerChanges(state, state), []);
  const later = { ...state, exitCode: 1 };
  assertEquals(steerChanges(state, later), []);
});

Deno.test("steerChanges() speaks after a commit even of the same", () => {
  const before = reloading(started(planOf(1)), planOf(1));
  const { effects } = take(before, told("childReady", before, 1));
  assertEquals(effects.at(-1), {
    kind: "steer",
    pool: "worker",
    ordinals: ordinals(0),
  });
});

Deno.test("steerChanges() speaks of a new pool and of a changed one", () => {
  const state = started(planOf(2));
  const pools = planOf({ worker: 2, api: 1 });
  assertEquals(steerChanges(state, { ...state, plan: pools }), [
    { kind: "steer", pool: "api", ordinals: ordinals(0) },
  ]);
  const other = { ...state, slots: [slotIn("vacant"), ...state.slots] };
  assertEquals(steerChanges(state, other), []);
  const swapped = { ...state, slots: state.slots.slice(1) };
  assertEquals(steerChanges(state, swapped), [
    { kind: "steer", pool: "worker", ordinals: ordinals(1) },
  ]);
  const first = { ...state, slots: state.slots.slice(0, 1) };
  assertEquals(steerChanges(first, swapped), [
    { kind: "steer", pool: "worker", ordinals: ordinals(1) },
  ]);
});

Deno.test("steerChanges() says nothing before or after running", () => {
  for (const mode of ["starting", "quitting", "terminating"] as const) {
    const state = started(planOf(2));
    const swapped = { ...state, mode, slots: state.slots.slice(1) };
    assertEquals(steerChanges(state, swapped), []);
  }
});

Deno.test("trimChanges() speaks when a surplus number is nobody's", () => {
  const state = started(planOf(1));
  const surplus = { ordinal: toOrdinal(1) };
  const held = {
    ...state,
    slots: [slotIn("serving"), slotIn("draining", surplus)],
  };
  const left = { ...state, slots: [slotIn("serving"), slotIn("vacant")] };
  const trim = [{ kind: "trimListeners", pool: "worker", workers: 1 }] as const;
  assertEquals(trimChanges(held, left), trim);
  assertEquals(trimChanges(left, left), []);
  assertEquals(trimChanges(left, { ...left, slots: [...left.slots] }), []);
  // Any phase but vacant will have a worker, or has one.
  for (const phase of PHASES.filter((one) => one !== "vacant")) {
    const slots = [slotIn("serving"), slotIn(phase, surplus)];
    assertEquals(trimChanges(held, { ...state, slots }), [], phase);
  }
  const wanted = { ...left, plan: planOf(2) };
  assertEquals(trimChanges({ ...held, plan: planOf(2) }, wanted), []);
});

Deno.test("trimChanges() speaks of running pools alone", () => {
  const state = started(planOf(1));
  const web = { pool: "web", ordinal: toOrdinal(4) };
  const gone = {
    ...state,
    slots: [slotIn("serving"), slotIn("draining", web)],
  };
  assertEquals(trimChanges(gone, { ...state, slots: [slotIn("serving")] }), []);
  const surplus = { ordinal: toOrdinal(4) };
  const held = { ...state, slots: [slotIn("draining", surplus)] };
  for (const mode of ["starting", "quitting", "exited"] as const) {
    assertEquals(trimChanges(held, { ...state, mode, slots: [] }), [], mode);
  }
});

Deno.test("step() closes sockets of workers that only waited", () => {
  const waiting = slotIn("waiting", { ordinal: toOrdinal(1) });
  const state = {
    ...started(planOf(2)),
    slots: [slotIn("serving"), waiting],
  };
  const after = take(state, signalled("SIGTTOU"));
  assertEquals(after.effects.at(-1), {
    kind: "trimListeners",
    pool: "worker",
    workers: 1,
  });
});

Deno.test("step() steers away from a worker that died, and back", () => {
  const state = started(planOf(2));
  const dead = take(state, exited(code(1), state, 1));
  assertEquals(dead.effects.at(-1), {
    kind: "steer",
    pool: "worker",
    ordinals: ordinals(0),
  });
  const up = take(dead.state, spawned(dead.state, 1)).state;
  const back = take(up, told("childReady", up, 1));
  assertEquals(back.effects.at(-1), {
    kind: "steer",
    pool: "worker",
    ordinals: ordinals(0, 1),
  });
  const quit = take(state, signalled("SIGQUIT"));
  assertEquals(quit.effects.some(({ kind }) => kind === "steer"), false);
});
