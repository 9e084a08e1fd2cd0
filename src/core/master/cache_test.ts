/** Who looks after the cache: when helpers start, and when not again. */

import { assertEquals } from "@std/assert";
import {
  booted,
  code,
  doneBy,
  exited,
  fresh,
  KILLED,
  loaded,
  opened,
  phaseOf,
  phasesOf,
  pidWritten,
  planOf,
  prepared,
  refAt,
  saidBy,
  settled,
  signalled,
  spawned,
  spawnFailed,
  started,
  take,
  TIMER,
  told,
  withCache,
  zoneLoaded,
} from "../../../tests/support/core.ts";
import { toPid } from "../../base/id.ts";
import { formatNotice } from "./notice.ts";
import type { Plan } from "./policy.ts";
import { isAssigned } from "./slot.ts";
import type { MasterState } from "./state.ts";

const PLAN = withCache(planOf(1));
const WORKER = 0;
const MANAGER = 1;
const LOADER = 2;

/** Who is there, by row. */
function rolesOf({ slots }: MasterState): readonly string[] {
  return slots.map((slot) =>
    isAssigned(slot) ? slot.helper ?? "worker" : "nobody"
  );
}

/** HUP to that plan, up to its commit. */
function reloaded(state: MasterState, plan: Plan = PLAN): MasterState {
  const hupped = take(state, signalled("SIGHUP")).state;
  return settled(prepared(hupped, plan));
}

/** Everyone who drains is gone. */
function rid(state: MasterState): MasterState {
  return state.slots.reduce(
    (current, slot, index) =>
      slot.phase === "draining"
        ? take(current, exited(code(0), current, index)).state
        : current,
    state,
  );
}

Deno.test("helpers start when their generation is in force, in order", () => {
  const booting = booted(prepared(started(), PLAN));
  assertEquals(rolesOf(booting), ["worker"]);
  const state = take(started(), signalled("SIGHUP")).state;
  const ready = booted(prepared(state, PLAN));
  const step = take(ready, told("childReady", ready, 1));
  assertEquals(doneBy(step).slice(0, 4), [
    "adoptGeneration 2",
    "send quit 0",
    "spawn 2 gen 2 cache manager/0",
    "spawn 3 gen 2 cache loader/0",
  ]);
});

Deno.test("without a cache there are no helpers", () => {
  assertEquals(rolesOf(started()), ["worker"]);
});

Deno.test("a helper that does not get ready holds nothing up", () => {
  const state = booted(prepared(started(PLAN), PLAN));
  assertEquals(state.mode, "running");
  assertEquals(state.changeover, undefined);
});

Deno.test("the manager is respawned, at once the first time", () => {
  const state = started(PLAN);
  assertEquals(rolesOf(state), ["worker", "cache_manager", "cache_loader"]);
  const step = take(state, exited(KILLED, state, MANAGER));
  assertEquals(doneBy(step), [
    "spawn 1 gen 1 cache manager/0",
    "closeMailboxes 1 0,2",
  ]);
  const again = take(step.state, spawned(step.state, MANAGER)).state;
  const waits = take(again, exited(code(1), again, MANAGER)).state;
  assertEquals(phaseOf(waits, MANAGER), "waiting");
});

Deno.test("the manager that exits with 2 is not respawned", () => {
  const state = started(PLAN);
  const step = take(state, exited(code(2), state, MANAGER));
  assertEquals(phaseOf(step.state, MANAGER), "failed");
  assertEquals(doneBy(step), ["closeMailboxes 1 0,2"]);
});

Deno.test("the loader is not replaced, whatever its end", () => {
  for (const exit of [code(0), code(1), code(2), KILLED]) {
    const state = started(PLAN);
    const step = take(state, exited(exit, state, LOADER));
    assertEquals(doneBy(step), ["closeMailboxes 2 1"]);
    assertEquals(phaseOf(step.state, LOADER), "vacant");
    const more = take(step.state, signalled("SIGTTIN")).state;
    assertEquals(rolesOf(more), ["worker", "cache_manager", "worker"]);
  }
});

Deno.test("a loader whose spawn is refused is tried again", () => {
  const first = booted(prepared(fresh(), PLAN));
  const state = take(first, told("childReady", first, WORKER)).state;
  const refused = take(state, spawnFailed(state, LOADER)).state;
  assertEquals(phaseOf(refused, LOADER), "waiting");
  const step = take(refused, TIMER, 400);
  assertEquals(doneBy(step), ["spawn 2 gen 1 cache loader/0"]);
});

Deno.test("a reload replaces both, and only the manager once it is loaded", () => {
  const cold = rid(reloaded(started(PLAN)));
  assertEquals(rolesOf(cold).toSorted(), [
    "cache_loader",
    "cache_manager",
    "nobody",
    "nobody",
    "nobody",
    "worker",
  ]);
  const state = started(PLAN);
  const warm = take(state, [
    zoneLoaded(state, LOADER),
    exited(code(0), state, LOADER),
  ]).state;
  const again = rid(reloaded(warm));
  assertEquals(rolesOf(again).includes("cache_loader"), false);
  assertEquals(rolesOf(again).includes("cache_manager"), true);
});

Deno.test("a zone that is new, or new again, is loaded", () => {
  const state = started(PLAN);
  const warm = take(state, zoneLoaded(state, LOADER)).state;
  const other = reloaded(warm, withCache(planOf(1), ["zone", "other"]));
  assertEquals(
    rolesOf(other).filter((role) => role === "cache_loader").length,
    2,
  );
  const without = rid(reloaded(warm, planOf(1)));
  assertEquals(without.cache.loaded, []);
  assertEquals(rolesOf(without).includes("cache_manager"), false);
  const back = reloaded(without);
  assertEquals(rolesOf(back).includes("cache_loader"), true);
});

Deno.test("a loader told to quit before its zones are loaded leaves them cold", () => {
  const state = reloaded(started(PLAN));
  const gone = take(state, exited(code(0), state, LOADER)).state;
  assertEquals(gone.cache.loaded, []);
  assertEquals(rolesOf(rid(reloaded(gone))).includes("cache_loader"), true);
});

Deno.test("a loader whose zones an older one loads is not spawned again", () => {
  const hupped = take(started(PLAN), signalled("SIGHUP")).state;
  const ready = booted(prepared(hupped, PLAN));
  const state = take(ready, told("childReady", ready, 3)).state;
  const last = state.slots.length - 1;
  assertEquals(rolesOf(state)[last], "cache_loader");
  const news = zoneLoaded(state, LOADER);
  const refused = spawnFailed(state, last);
  for (const events of [[refused, news], [news, refused]]) {
    const step = take(state, events);
    assertEquals(phaseOf(step.state, last), "vacant");
    assertEquals(doneBy(take(step.state, TIMER, 400)), []);
  }
  // One that is executed by then has nothing to do.
  const step = take(state, [news, spawned(state, last)]);
  assertEquals(doneBy(step), [
    `send terminate ${last}`,
    `openMailboxes ${last} ${MANAGER}`,
  ]);
});

Deno.test("only a loader can say that a zone is loaded, and only of a known one", () => {
  const state = started(PLAN);
  for (
    const event of [
      zoneLoaded(state, WORKER),
      zoneLoaded(state, MANAGER),
      zoneLoaded(state, LOADER, "other"),
      { ...zoneLoaded(state, LOADER), pid: toPid(1) },
    ]
  ) {
    assertEquals(take(state, event).state.cache.loaded, []);
  }
  const twice = [zoneLoaded(state, LOADER), zoneLoaded(state, LOADER)];
  assertEquals(take(state, twice).state.cache.loaded, ["zone"]);
});

Deno.test("a helper does not drain by itself", () => {
  const state = started(PLAN);
  for (const index of [MANAGER, LOADER]) {
    const step = take(state, told("childDraining", state, index));
    assertEquals(doneBy(step), []);
    assertEquals(phaseOf(step.state, index), "serving");
  }
});

Deno.test("quit and terminate reach the helpers", () => {
  const state = started(PLAN);
  assertEquals(doneBy(take(state, signalled("SIGQUIT"))).slice(0, 3), [
    "send quit 0",
    "send quit 1",
    "send quit 2",
  ]);
  const ending = take(state, signalled("SIGTERM")).state;
  const gone = [0, 1, 2].reduce(
    (current, index) => take(current, exited(code(0), current, index)).state,
    ending,
  );
  assertEquals(gone.mode, "exited");
});

Deno.test("a reload needs rows for the helpers, too", () => {
  const state = started(PLAN, { slotsMax: 5 });
  const hupped = take(state, signalled("SIGHUP")).state;
  const step = take(hupped, [loaded(PLAN, 2), opened(2), pidWritten(2)]);
  assertEquals(step.state.changeover, undefined);
  assertEquals(
    saidBy(step).some(([, { kind }]) => kind === "tableFull"),
    true,
  );
});

Deno.test("a manager for which there was no row comes with the next end", () => {
  const state = started(PLAN, { slotsMax: 3 });
  const without: MasterState = {
    ...state,
    slots: state.slots.map((slot, index) =>
      index === MANAGER ? { ...slot, generation: state.generation } : slot
    ).filter((_, index) => index !== MANAGER),
  };
  const step = take(without, exited(code(0), without, 1));
  assertEquals(doneBy(step), ["spawn 1 gen 1 cache manager/0"]);
});

Deno.test("notices name the helper", () => {
  const state = started(PLAN);
  const step = take(state, exited(KILLED, state, MANAGER));
  const next = take(step.state, spawned(step.state, MANAGER));
  const lines = [...saidBy(step), ...saidBy(next)].map(([, notice]) =>
    formatNotice(notice)
  );
  const { pid } = refAt(state, MANAGER);
  assertEquals(lines, [
    `cache manager process ${pid} exited on signal 9 slot=1 gen=1 pid=${pid}`,
    `start cache manager process ${pid} slot=1 gen=1 pid=${pid}`,
  ]);
  const gone = take(state, exited(code(0), state, LOADER));
  assertEquals(saidBy(gone).map(([, notice]) => formatNotice(notice)), [
    "cache loader process 102 exited with code 0 slot=2 gen=1 pid=102",
  ]);
  assertEquals(phasesOf(gone.state).length, 3);
});
