/**
 * Small worlds, all of them: two slots, six kinds of events, every order of
 * ten of them, every rule after each. Enumerating finds what sampling may
 * miss; states reached twice with as much left to go are looked at once.
 */

import { assert, assertEquals } from "@std/assert";
import type { Exit } from "../../src/base/exit.ts";
import { toGeneration, toPid, toSlotIndex } from "../../src/base/id.ts";
import type { Instant } from "../../src/base/unit.ts";
import { toInstant, toMilliseconds } from "../../src/base/unit.ts";
import { checkState } from "../../src/core/master/check.ts";
import type { MasterEffect } from "../../src/core/master/effect.ts";
import type { ChildRef, MasterEvent } from "../../src/core/master/event.ts";
import type { Plan } from "../../src/core/master/policy.ts";
import { DEFAULT_POLICY } from "../../src/core/master/policy.ts";
import type { Signal } from "../../src/core/master/signal.ts";
import type { LiveSlot } from "../../src/core/master/slot.ts";
import { isLive } from "../../src/core/master/slot.ts";
import type { MasterState } from "../../src/core/master/state.ts";
import { initialState } from "../../src/core/master/state.ts";
import { step } from "../../src/core/master/step.ts";
import { nextDeadline } from "../../src/core/master/timer.ts";
import { systemError } from "./condition.ts";

/** Six is asked for; states met twice make ten cheap. */
const DEPTH = 10;

/** A kind of event, as all the events of it that a state admits. */
type Kind = (state: MasterState) => readonly MasterEvent[];

/** A place in the tree: what has become and how late it is. */
interface Node {
  readonly state: MasterState;
  readonly now: Instant;
}

function plan(workers: number): Plan {
  const limits = {
    startupTimeoutMs: toMilliseconds(2000),
    drainTimeoutMs: toMilliseconds(1000),
  };
  return { pools: [{ name: "web", workers, limits }], generationsMax: 1 };
}

function signal(name: Signal): Kind {
  return () => [{ kind: "signalled", signals: [name] }];
}

function liveRefs(
  state: MasterState,
  isMeant: (slot: LiveSlot) => boolean = () => true,
): readonly ChildRef[] {
  return state.slots.flatMap((slot, index) => {
    if (!isLive(slot) || !isMeant(slot)) return [];
    const { generation, pid } = slot;
    return [{ slot: toSlotIndex(index), generation, pid }];
  });
}

function exits(exit: Exit): Kind {
  return (state) =>
    liveRefs(state).map((ref) => ({ kind: "childExited", exit, ...ref }));
}

function ready(state: MasterState): readonly MasterEvent[] {
  return liveRefs(state, ({ phase }) => phase === "booting")
    .map((ref) => ({ kind: "childReady", ...ref }));
}

function draining(state: MasterState): readonly MasterEvent[] {
  return liveRefs(state, ({ phase }) => phase === "serving")
    .map((ref) => ({ kind: "childDraining", ...ref }));
}

function broken(state: MasterState): readonly MasterEvent[] {
  return liveRefs(state).map((ref) => ({
    kind: "channelBroken",
    reason: "{}",
    ...ref,
  }));
}

function unsent(state: MasterState): readonly MasterEvent[] {
  return liveRefs(state, ({ phase }) => phase === "booting").map((ref) => ({
    kind: "sendFailed",
    command: "init",
    ...ref,
  }));
}

/** The smallest pid nobody has: reused at once. */
function freePid(state: MasterState): ChildRef["pid"] {
  const taken = state.slots.filter(isLive).map(({ pid }) => pid as number);
  let pid = 2;
  while (taken.includes(pid)) pid += 1;
  return toPid(pid);
}

function spawned(state: MasterState): readonly MasterEvent[] {
  return state.slots.flatMap((slot, index) =>
    slot.phase !== "spawning" ? [] : [{
      kind: "childSpawned",
      slot: toSlotIndex(index),
      generation: slot.generation,
      pid: freePid(state),
    }]
  );
}

function refused(state: MasterState): readonly MasterEvent[] {
  return state.slots.flatMap((slot, index) =>
    slot.phase !== "spawning" ? [] : [{
      kind: "spawnFailed",
      slot: toSlotIndex(index),
      generation: slot.generation,
      error: systemError("fork()", "EAGAIN"),
    }]
  );
}

function timer(state: MasterState): readonly MasterEvent[] {
  return nextDeadline(state) === undefined ? [] : [{ kind: "timerFired" }];
}

/** What the shell answers to the orders of a changeover. */
function answers(workers: number): Kind {
  return ({ changeover }) => {
    if (changeover === undefined) return [];
    const { generation } = changeover;
    switch (changeover.stage) {
      case "loading":
        return [
          { kind: "configLoaded", generation, plan: plan(workers) },
          { kind: "configRejected", generation, reasons: ["wrong"] },
        ];
      case "opening": {
        const error = systemError("bind()", "EADDRINUSE");
        return [
          { kind: "listenersOpened", generation, bound: [] },
          { kind: "listenersFailed", generation, error },
        ];
      }
      case "recording":
        return [{ kind: "pidFileWritten", generation }];
      default:
        return [];
    }
  };
}

/** A reload whose preparations went well, as one event. */
function prepared(node: Node, workers: number): Node {
  let { state } = node;
  while (
    state.changeover !== undefined && state.changeover.stage !== "booting"
  ) {
    const event = answers(workers)(state)[0];
    if (event === undefined) return { ...node, state };
    state = look({ ...node, state }, event).state;
  }
  return { ...node, state };
}

/** A master with `workers` workers that serve. */
function running(workers: number, slotsMax: number): Node {
  const policy = { ...DEFAULT_POLICY, slotsMax };
  const now = toInstant(0);
  let node = prepared({ state: initialState(policy, 1), now }, workers);
  for (const kind of [spawned, ready]) {
    for (let worker = 0; worker < workers; worker++) {
      const event = kind(node.state)[0];
      assert(event !== undefined);
      node = look(node, event);
    }
  }
  assertEquals(node.state.mode, "running");
  return node;
}

/** One step and every rule. */
function look({ state, now }: Node, event: MasterEvent): Node {
  const at = event.kind === "timerFired"
    ? toInstant(Math.max(now, nextDeadline(state) ?? now))
    : now;
  const after = step(state, event, at);
  const broken = [
    ...checkState(after.state),
    ...after.effects.flatMap((effect) => checkEffect(after.state, effect)),
  ];
  if (broken.length > 0) {
    const from = JSON.stringify(state);
    throw new Error(
      `${broken.join("; ")}: ${JSON.stringify(event)} in ${from}`,
    );
  }
  return { state: after.state, now: at };
}

function checkEffect(
  after: MasterState,
  effect: MasterEffect,
): readonly string[] {
  switch (effect.kind) {
    case "spawn":
      return after.slots[effect.slot]?.phase === "spawning" &&
          (after.mode === "running" || after.mode === "starting")
        ? []
        : [`a spawn while ${after.mode}`];
    case "send":
    case "kill":
      return liveRefs(after).some(({ pid, slot, generation }) =>
          pid === effect.pid && slot === effect.slot &&
          generation === effect.generation
        )
        ? []
        : [`${effect.kind} to a stranger`];
    case "closeListeners":
    case "exit":
      return after.mode === "running" ? [`${effect.kind} in passing`] : [];
    default:
      return [];
  }
}

/** Every order of `DEPTH` events; how many different states were reached. */
function explore(first: Node, kinds: readonly Kind[]): number {
  const seen = new Set<string>();
  let level = [first];
  for (let depth = 0; depth < DEPTH; depth++) {
    const next: Node[] = [];
    for (const node of level) {
      for (const event of kinds.flatMap((kind) => kind(node.state))) {
        const reached = look(node, event);
        const key = JSON.stringify(reached);
        if (seen.has(key)) continue;
        seen.add(key);
        if (reached.state.mode !== "exited") next.push(reached);
      }
    }
    level = next;
  }
  return seen.size;
}

Deno.test("no rule breaks in any order of a reload's events", () => {
  const first = running(1, 2);
  const hup = prepared(
    look(first, { kind: "signalled", signals: ["SIGHUP"] }),
    1,
  );
  const kinds = [
    spawned,
    ready,
    exits({ kind: "code", code: 1 }),
    timer,
    signal("SIGHUP"),
    answers(1),
  ];
  assert(explore(hup, kinds) > 10_000);
});

Deno.test("no rule breaks in any order of an end's events", () => {
  const kinds = [
    signal("SIGQUIT"),
    signal("SIGTERM"),
    exits({ kind: "code", code: 2 }),
    draining,
    refused,
    timer,
  ];
  assert(explore(running(2, 2), kinds) > 600);
});

Deno.test("no rule breaks in any order of scaling and crashes", () => {
  const kinds = [
    signal("SIGTTIN"),
    signal("SIGTTOU"),
    spawned,
    ready,
    exits({ kind: "signal", signal: "SIGSEGV" }),
    timer,
  ];
  assert(explore(running(1, 2), kinds) > 2000);
});

Deno.test("no rule breaks in any order of a worker's misdeeds", () => {
  const kinds = [
    draining,
    broken,
    unsent,
    spawned,
    exits({ kind: "code", code: 0 }),
    timer,
  ];
  assert(explore(running(2, 2), kinds) > 8000);
});

Deno.test("no rule breaks in any order of a start's events", () => {
  const state = initialState({ ...DEFAULT_POLICY, slotsMax: 2 }, 1);
  const kinds = [
    answers(2),
    spawned,
    ready,
    signal("SIGHUP"),
    signal("SIGQUIT"),
    timer,
  ];
  assert(explore({ state, now: toInstant(0) }, kinds) > 300);
});

Deno.test("no rule breaks in any order of late answers", () => {
  const late: Kind = () =>
    [1, 2, 3].map((number) => toGeneration(number)).flatMap((generation) => [
      { kind: "configLoaded", generation, plan: plan(1) },
      { kind: "listenersOpened", generation, bound: [] },
      { kind: "pidFileWritten", generation },
    ]);
  const kinds = [
    late,
    spawned,
    refused,
    ready,
    signal("SIGHUP"),
    exits({ kind: "code", code: 1 }),
  ];
  assert(explore(running(1, 2), kinds) > 400);
});
