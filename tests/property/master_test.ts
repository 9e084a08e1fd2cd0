/**
 * The twelve properties of the master's core, over random lives: sequences of
 * plausible and implausible events. No model: each says what must hold of any
 * step, whatever it decided.
 *
 * Every property has the same share of a fixed time, and some runs even on a
 * machine that is too slow for it; a failure prints the seed and the shrunk
 * draws, and PROPERTY_SEED repeats it.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { toGeneration } from "../../src/base/id.ts";
import type { Instant } from "../../src/base/unit.ts";
import { checkState, checkTimer } from "../../src/core/master/check.ts";
import type { MasterEffect } from "../../src/core/master/effect.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";
import { SIGNALS } from "../../src/core/master/signal.ts";
import type { Phase, Slot } from "../../src/core/master/slot.ts";
import { isLive } from "../../src/core/master/slot.ts";
import type { MasterState } from "../../src/core/master/state.ts";
import {
  isOccupied,
  isShared as isSharedIn,
  liveSlotOf,
} from "../../src/core/master/state.ts";
import { step } from "../../src/core/master/step.ts";
import { nextDeadline } from "../../src/core/master/timer.ts";
import { createJournal, parseDump, replay } from "../../src/observe/journal.ts";
import {
  at,
  deepFreeze,
  exited,
  KILLED,
  rejected,
  signalled,
  TIMER,
} from "../support/core.ts";
import type { Draw, Moment, Origin } from "../support/core_event.ts";
import {
  answersTo,
  crash,
  lastOf,
  live,
  originOf,
} from "../support/core_event.ts";

const BUDGET_MS = 380;

/**
 * Fewer runs than this prove nothing: they are made whatever they take, and
 * then as many again as long as there is time. A seed decides them all.
 */
const RUNS_AT_ONCE = 15;

const byte = fc.integer({ min: 0, max: 255 });

const draws: fc.Arbitrary<Draw[]> = fc.array(
  fc.record({ what: byte, who: byte, how: byte, pause: byte }),
  { minLength: 1, maxLength: 120, size: "max" },
);

const origin: fc.Arbitrary<Origin> = fc.record({
  seed: fc.nat(),
  slotsMax: fc.constantFrom(3, 6, 12, 1024),
  calm: fc.constantFrom(140, 200, 80, 20),
  troubles: fc.integer({ min: 1, max: 255 }),
  isHasty: fc.boolean(),
  predecessor: fc.constantFrom(undefined, undefined, "alive", "gone"),
});

/** A life that brings the first generation up, then anything. */
const life = fc.record({ origin, draws, smooth: fc.boolean() });

type Life = typeof life extends fc.Arbitrary<infer Value> ? Value : never;

/** Answers only: eleven draws that lead from the start to running. */
const SMOOTH: readonly Draw[] = Array.from(
  { length: 11 },
  () => ({ what: 0, who: 0, how: 0, pause: 1 }),
);

function momentsOf({ origin, draws, smooth }: Life): readonly Moment[] {
  return live(origin, smooth ? [...SMOOTH, ...draws] : draws);
}

/** Where a life ends up: the state that "any reachable state" means. */
function endOf(
  one: Life,
): { readonly state: MasterState; readonly now: Instant } {
  const { step: { state }, now } = lastOf(one.origin, momentsOf(one));
  return { state, now };
}

/** Register a property: it holds for every life within the budget. */
function property(name: string, holds: (one: Life) => void): void {
  Deno.test(name, () => {
    const given = Deno.env.get("PROPERTY_SEED");
    const until = performance.now() + BUDGET_MS;
    do check(holds, given === undefined ? newSeed() : Number(given)); while (
      given === undefined && performance.now() < until
    );
  });
}

function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

function check(holds: (one: Life) => void, seed: number): void {
  const property = fc.property(life, holds);
  const details = fc.check(property, { seed, numRuns: RUNS_AT_ONCE });
  if (!details.failed) return;
  const cause = details.errorInstance;
  throw new Error(fc.defaultReportMessage(details), { cause });
}

/** As `property`, of every single step. */
function stepProperty(name: string, holds: (moment: Moment) => void): void {
  property(name, (one) => momentsOf(one).forEach(holds));
}

function effectsOf<Kind extends MasterEffect["kind"]>(
  { step: { effects } }: Moment,
  kind: Kind,
): readonly Extract<MasterEffect, { readonly kind: Kind }>[] {
  return effects.filter((effect) => effect.kind === kind) as Extract<
    MasterEffect,
    { readonly kind: Kind }
  >[];
}

stepProperty(
  "step() is total, deterministic and leaves sound states",
  ({ before, event, now, step: first }) => {
    // The state is frozen: a mutation would have thrown.
    const second = step(before, event, now);
    assertEquals(JSON.stringify(second), JSON.stringify(first));
    assertEquals(checkState(first.state), []);
    if (event.kind === "timerFired" && !first.state.lateForgiven) {
      const stillDue = checkTimer(first.state, now);
      const isLate = first.state.slots.some((slot) =>
        slot.phase === "terminating" && slot.deadline <= now
      );
      if (!isLate) assertEquals(stillDue, []);
    }
  },
);

stepProperty(
  "step() keeps to the wanted workers and to the process limit",
  ({ step: { state } }) => {
    const { plan, generation, changeover, policy } = state;
    const occupied = state.slots.filter(isOccupied);
    assert(occupied.length <= policy.slotsMax);
    for (const slot of state.slots) {
      if (slot.phase !== "serving" && slot.phase !== "booting") continue;
      if (slot.helper !== undefined) {
        // Of the generation in force alone, and only with a cache.
        assertEquals(slot.generation, generation);
        assert(plan.cache !== undefined, slot.helper);
        continue;
      }
      const coming = changeover?.stage === "booting" ? changeover : undefined;
      const wanted = slot.generation === generation
        ? plan
        : slot.generation === coming?.generation
        ? coming.plan
        : undefined;
      const pool = wanted?.pools.find(({ name }) => name === slot.pool);
      assert(
        pool !== undefined && slot.ordinal < pool.workers,
        `${slot.phase} ${slot.generation} ${slot.pool}/${slot.ordinal}`,
      );
    }
  },
);

stepProperty(
  "step() names no pid that the state does not hold",
  (moment) => {
    const { state } = moment.step;
    // Who is gone is named to its peers, and is no peer itself.
    for (
      const { peers } of [
        ...effectsOf(moment, "openMailboxes"),
        ...effectsOf(moment, "closeMailboxes"),
      ]
    ) {
      for (const peer of peers) assert(liveSlotOf(state, peer) !== undefined);
    }
    for (
      const effect of [
        ...effectsOf(moment, "send"),
        ...effectsOf(moment, "kill"),
      ]
    ) {
      assert(liveSlotOf(state, effect) !== undefined, JSON.stringify(effect));
    }
  },
);

property("step() never spawns into a slot that was not answered", (one) => {
  const asked = new Map<number, number>();
  for (const moment of momentsOf(one)) {
    const { event } = moment;
    if (event.kind === "childSpawned" || event.kind === "spawnFailed") {
      if (asked.get(event.slot) === event.generation) asked.delete(event.slot);
    }
    for (const { slot, generation } of effectsOf(moment, "spawn")) {
      assert(!asked.has(slot), `slot ${slot} was asked for already`);
      assert(
        !isLive(moment.before.slots[slot] ?? { phase: "vacant" }) ||
          event.kind === "childExited",
      );
      asked.set(slot, generation);
    }
    moment.step.state.slots.forEach((slot, index) => {
      assertEquals(slot.phase === "spawning", asked.has(index));
    });
  }
});

property("step() spawns nothing after quit or terminate", (one) => {
  const moments = momentsOf(one);
  for (const moment of moments) {
    const { mode } = moment.step.state;
    if (mode === "starting" || mode === "running") continue;
    assertEquals(effectsOf(moment, "spawn"), []);
    assertEquals(effectsOf(moment, "loadConfig"), []);
    assertEquals(effectsOf(moment, "openListeners"), []);
    if (moment.before.mode === "exited") assertEquals(mode, "exited");
  }
  const exits = moments.flatMap((moment) => effectsOf(moment, "exit"));
  const isOut = moments.at(-1)?.step.state.mode === "exited";
  assertEquals(exits.length, isOut ? 1 : 0);
});

/** The fields of each phase, beside those every assigned slot has. */
const FIELDS: Readonly<Record<Phase, readonly string[]>> = {
  vacant: [],
  spawning: [],
  booting: ["deadline", "pid"],
  serving: ["pid", "since"],
  draining: ["deadline", "pid"],
  terminating: ["deadline", "pid", "rung", "since"],
  waiting: ["deadline"],
  failed: ["exit"],
};

const ASSIGNED = ["failures", "generation", "limits", "ordinal", "pool"];

function checkFields(slot: Slot): void {
  const expected = slot.phase === "vacant"
    ? ["phase"]
    : [...ASSIGNED, "phase", ...FIELDS[slot.phase]].sort();
  const keys = Object.keys(slot).sort();
  // Only where they say something: one that drained before it is terminated,
  // one that said why it will not serve.
  const optional = [
    ...(slot.phase === "terminating" && slot.replaced ? ["replaced"] : []),
    ...(slot.phase === "booting" && slot.reason ? ["reason"] : []),
    ...("helper" in slot && slot.helper !== undefined ? ["helper"] : []),
    ...("mesh" in slot && slot.mesh === true ? ["mesh"] : []),
  ];
  assertEquals(keys.filter((key) => !optional.includes(key)), expected);
  if (slot.phase !== "draining") return;
  const isBounded = slot.limits.drainTimeoutMs !== 0;
  assertEquals(slot.deadline !== undefined, isBounded);
}

stepProperty(
  "step() leaves one deadline in a timed phase and none outside",
  ({ step: { state } }) => {
    state.slots.forEach(checkFields);
    const deadlines = [
      state.changeover !== undefined && "deadline" in state.changeover
        ? state.changeover.deadline
        : Infinity,
      state.reopening?.deadline ?? Infinity,
      state.upgrade !== undefined && "deadline" in state.upgrade
        ? state.upgrade.deadline
        : Infinity,
      ...state.slots.map((slot) =>
        ("deadline" in slot ? slot.deadline : undefined) ?? Infinity
      ),
    ];
    const first = Math.min(...deadlines);
    assertEquals(nextDeadline(state) ?? Infinity, first as Instant);
  },
);

stepProperty(
  "step() closes listeners for quit, terminate and a dropped plan alone",
  (moment) => {
    const { before, step: { state } } = moment;
    const isLeaving = state.mode !== "starting" && state.mode !== "running";
    for (const { isShared } of effectsOf(moment, "closeListeners")) {
      // Once more when nobody else has their files any more.
      const isAgain = !isShared && isSharedIn(before) && !isSharedIn(state);
      assert(isLeaving && (isAgain || state.mode !== before.mode));
    }
    for (const { generation } of effectsOf(moment, "abandonListeners")) {
      // Or begun in this very step, by a HUP that came together with WINCH.
      const begun = before.changeover?.generation ?? state.generationLast;
      assert(generation === begun || generation === state.generationLast);
      assert(state.generation !== generation);
      assert(state.changeover?.generation !== generation);
    }
    for (const { generation } of effectsOf(moment, "adoptGeneration")) {
      assertEquals(before.changeover?.generation, generation);
      assertEquals(state.generation, generation);
      assert(isServed(state), "adopted before every worker was ready");
    }
    for (const { pool, workers } of effectsOf(moment, "trimListeners")) {
      const plan = state.plan.pools.find(({ name }) => name === pool);
      assertEquals(plan?.workers, workers);
    }
  },
);

/**
 * The first spawn, the immediate respawn, and the delays that fit into the
 * stable window when every draw is the shortest: 125 ms doubling.
 */
const SPAWNS_MAX = 2 + 7;

property("step() bounds the spawns of a worker per window", (one) => {
  const spawns = new Map<string, readonly number[]>();
  const crashes = [...SMOOTH, ...one.draws, ...one.draws, ...one.draws];
  for (const moment of crash(one.origin, crashes)) {
    const { now, before: { policy: { stableMs } } } = moment;
    for (const { generation, pool, ordinal } of effectsOf(moment, "spawn")) {
      const key = `${generation} ${pool}/${ordinal}`;
      const recent = (spawns.get(key) ?? []).filter((time) =>
        time > now - stableMs
      );
      spawns.set(key, [...recent, now]);
      assert(
        recent.length < SPAWNS_MAX,
        `${key} was spawned ${recent.length + 1} times in ${stableMs} ms`,
      );
    }
  }
});

property("step() changes nothing but the log for a bad config", (one) => {
  const { state, now } = endOf(one);
  if (state.mode !== "running" || state.changeover !== undefined) return;
  // In an upgrade it is not read at all.
  if (state.upgrade !== undefined) return;
  const generation = toGeneration(state.generationLast + 1);
  const asked = step(state, deepFreeze(signalled("SIGHUP")), now);
  const refused = step(asked.state, rejected(generation), now);
  const waiters = state.waiters.filter(({ request }) => request !== "reload");
  assertEquals(refused.state, {
    ...state,
    waiters,
    generationLast: generation,
    counts: {
      ...state.counts,
      reloadsFailed: state.counts.reloadsFailed + 1,
    },
  });
  const done = [...asked.effects, ...refused.effects]
    .filter(({ kind }) => kind !== "log" && kind !== "reply");
  assertEquals(done, [
    { kind: "loadConfig", generation },
    { kind: "abandonListeners", generation },
  ]);
});

property("step() takes an intent said twice as said once", (one) => {
  const { state, now } = endOf(one);
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT", "SIGUSR1"] as const) {
    const once = step(state, signalled(signal), now);
    const twice = step(once.state, signalled(signal), now);
    assertEquals(twice.state, once.state, signal);
  }
  // In an upgrade HUP means something else: successor_test.ts.
  if (state.upgrade !== undefined) return;
  // HUP is not: the second supersedes the first, and no more than that.
  const once = step(state, signalled("SIGHUP"), now).state;
  const twice = step(once, signalled("SIGHUP"), now).state;
  const { generationLast, changeover } = once;
  const generation = toGeneration(generationLast + 1);
  assertEquals(
    twice,
    once.mode === "running" && changeover !== undefined
      ? {
        ...once,
        generationLast: generation,
        changeover: { ...changeover, generation },
      }
      : once,
  );
});

property("step() takes signals at once as a set in precedence", (one) => {
  const { state, now } = endOf(one);
  const some = SIGNALS.filter((_, index) =>
    ((one.draws[0]?.how ?? 0) >> index) % 2 === 1
  ).map(({ signal }) => signal);
  const atOnce = step(state, signalled(...some), now);
  const reversed = signalled(...some.toReversed(), ...some);
  assertEquals(step(state, reversed, now), atOnce);
  // Which is what they are one after the other, TERM and INT being one.
  const inTurn = some.reduce(
    (current, signal) => step(current, signalled(signal), now).state,
    state,
  );
  assertEquals(atOnce.state, inTurn);
});

property("step() gets every wanted worker to serve once faults stop", (one) => {
  const { state: start, now: from } = endOf(one);
  let state = start;
  let now: number = from;
  for (let count = 0; !isSettled(state); count++) {
    assert(count < 1000, `no end: ${JSON.stringify(state)}`);
    const [answer] = answersTo(state);
    if (answer === undefined) now = Math.max(now, nextDeadline(state) ?? now);
    state = step(state, answer ?? TIMER, at(now)).state;
  }
  const { backoffMaxMs, bindRetryMs, bindAttemptsMax } = start.policy;
  const limit = backoffMaxMs + bindRetryMs * bindAttemptsMax + 41_000 * 2;
  assert(now - from <= limit, `took ${now - from} ms`);
});

/** Everything wanted serves or failed for good; nothing is on its way. */
function isSettled(state: MasterState): boolean {
  if (state.mode === "exited") return true;
  const { upgrade } = state;
  if (upgrade !== undefined && upgrade.stage !== "ready") return false;
  if (upgrade?.isDriven === true) return false;
  if (state.mode !== "running" || state.changeover !== undefined) return false;
  return (state.noaccepting || isServed(state)) &&
    state.slots.every(({ phase }) =>
      phase === "serving" || phase === "failed" || phase === "vacant"
    );
}

/** Whether every wanted worker serves, or failed for good. */
function isServed({ plan, slots, generation }: MasterState): boolean {
  return plan.pools.every(({ name, workers }) =>
    Array.from({ length: workers }).every((_, ordinal) =>
      slots.some((slot) =>
        (slot.phase === "serving" || slot.phase === "failed") &&
        slot.generation === generation && slot.pool === name &&
        slot.ordinal === ordinal
      )
    )
  );
}

stepProperty("step() reaps no child, whatever ends", (moment) => {
  for (const { process } of effectsOf(moment, "reapOrphan")) {
    const { slots } = moment.before;
    assert(!slots.some((slot) => isLive(slot) && slot.pid === process));
    assert(moment.event.kind === "processEnded");
  }
});

stepProperty("step() never counts backwards", ({ before, step: { state } }) => {
  for (const [name, count] of Object.entries(before.counts)) {
    const after = state.counts[name as keyof typeof state.counts];
    assert(after >= count, name);
  }
});

property("step() ends workers that ignore everything but SIGKILL", (one) => {
  const { state: start, now: from } = endOf(one);
  let state = step(start, signalled("SIGTERM"), from).state;
  let now: number = from;
  const { policy } = start;
  const limit = (policy.ladderMs.at(-1) ?? 0) + 2 * policy.lateTimerMs + 1;
  for (let count = 0; state.mode !== "exited"; count++) {
    assert(count < 1000, `no end: ${JSON.stringify(state)}`);
    const spawning = answersTo(state).find(({ kind }) =>
      kind === "childSpawned" || kind === "pidFileRenamed" ||
      kind === "upgradeSpawned"
    );
    if (spawning === undefined) now = Math.max(now, nextDeadline(state) ?? now);
    const next = step(state, spawning ?? TIMER, at(now));
    state = killedIn(next.state, next.effects, at(now));
  }
  assert(now - from <= limit, `took ${now - from} ms`);
});

/** Everyone who was sent SIGKILL has died of it. */
function killedIn(
  state: MasterState,
  effects: readonly MasterEffect[],
  now: Instant,
): MasterState {
  return effects.reduce((current, effect) => {
    if (effect.kind === "killUpgrade") {
      const { pid } = effect;
      const event: MasterEvent = { kind: "upgradeExited", pid, exit: KILLED };
      return step(current, event, now).state;
    }
    if (effect.kind !== "kill" || effect.signal !== "SIGKILL") return current;
    const event: MasterEvent = exited(KILLED, current, effect.slot);
    return step(current, event, now).state;
  }, state);
}

property("replay() of a journal makes the same decisions", (one) => {
  const moments = momentsOf(one);
  const journal = createJournal(1 + (one.draws[0]?.who ?? 0));
  for (const { before, event, now, step: { effects } } of moments) {
    journal.record(before, { now, event, effects });
  }
  const parsed = parseDump(journal.dump(endOf(one).state.counts));
  assert(parsed.ok);
  const { initial, entries } = parsed.dump;
  const first = moments.at(-entries.length)?.before ?? originOf(one.origin);
  assertEquals(initial, first);
  assertEquals(replay(initial, entries, step), {
    ok: true,
    state: lastOf(one.origin, moments).step.state,
  });
});

stepProperty(
  "step() gives the pid file's name to one new master at a time, and back",
  (moment) => {
    const { before, step: { state } } = moment;
    const renames = effectsOf(moment, "renamePidFile").length;
    const restores = effectsOf(moment, "restorePidFile").length;
    // Asked for as often as an upgrade begins, given back as often as it ends
    // while this master is still here.
    const began = before.upgrade === undefined && state.upgrade !== undefined;
    const ended = before.upgrade !== undefined && state.upgrade === undefined &&
      moment.event.kind !== "timerFired";
    assertEquals(renames, began ? 1 : 0);
    if (restores > 0) assert(ended && before.upgrade !== undefined);
    if (state.mode === "running" && ended) assertEquals(restores, 1);
    for (const _ of effectsOf(moment, "execUpgrade")) {
      assertEquals(before.upgrade?.stage, "renaming");
      assertEquals(state.mode, "running");
    }
  },
);

stepProperty(
  "step() keeps the sockets' files while another master may have them",
  (moment) => {
    const { before, step: { state } } = moment;
    for (const { isShared } of effectsOf(moment, "closeListeners")) {
      if (!isShared) assert(!isSharedIn(state) || !isSharedIn(before));
    }
    for (const _ of effectsOf(moment, "adoptSockets")) {
      assert(before.predecessor !== undefined);
      assertEquals(state.predecessor, undefined);
      assertEquals(state.mode, "running");
    }
  },
);

stepProperty(
  "step() spawns nobody between WINCH and HUP but a reload's workers",
  (moment) => {
    const { before, step: { state } } = moment;
    if (!before.noaccepting || !state.noaccepting) return;
    // HUP and WINCH at once: who is spawned for the one is ended for the other.
    if (moment.event.kind === "signalled") return;
    for (const { generation } of effectsOf(moment, "spawn")) {
      assert(generation > state.generation);
    }
  },
);

stepProperty(
  "step() signals the new master alone, and only when its time is over",
  (moment) => {
    const { before } = moment;
    for (const { pid } of effectsOf(moment, "killUpgrade")) {
      assertEquals(moment.event.kind, "timerFired");
      assert(before.upgrade !== undefined && "pid" in before.upgrade);
      assertEquals(before.upgrade.pid, pid);
    }
  },
);
