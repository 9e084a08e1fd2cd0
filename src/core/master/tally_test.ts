/** What happens is counted once, what is late not at all. */

import { assertEquals } from "@std/assert";
import {
  code,
  cut,
  exited,
  fresh,
  KILLED,
  planOf,
  rejected,
  reloading,
  settled,
  signalled,
  spawnFailed,
  started,
  take,
  TIMER,
  told,
} from "../../../tests/support/core.ts";
import { toPid } from "../../base/id.ts";
import type { Counts } from "./counts.ts";
import { NO_COUNTS } from "./counts.ts";
import type { MasterState } from "./state.ts";

/** The counts that are not 0. */
function countsOf({ counts }: MasterState): Partial<Counts> {
  return Object.fromEntries(
    Object.entries(counts).filter(([, count]) => count !== 0),
  );
}

Deno.test("countStep() counts a start", () => {
  assertEquals(fresh().counts, NO_COUNTS);
  assertEquals(countsOf(started(planOf(3))), { spawns: 3, readies: 3 });
});

Deno.test("countStep() counts exits by kind, and respawns", () => {
  let state = started(planOf(1));
  for (const exit of [code(0), code(1), KILLED, code(2)]) {
    state = settled(take(state, exited(exit, state)).state);
    state = settled(take(state, TIMER, 1000).state);
  }
  assertEquals(countsOf(state), {
    spawns: 4,
    respawns: 3,
    readies: 4,
    exitsDone: 1,
    exitsFailed: 1,
    exitsKilled: 1,
    exitsFatal: 1,
  });
});

Deno.test("countStep() counts reloads, drains and failures", () => {
  const state = settled(reloading(started(planOf(2)), planOf(2)));
  assertEquals(countsOf(state), {
    spawns: 4,
    readies: 4,
    drains: 2,
    reloads: 1,
  });
  const hupped = take(state, signalled("SIGHUP")).state;
  const kept = take(hupped, rejected(3)).state;
  assertEquals(kept.counts.reloadsFailed, 1);
});

Deno.test("countStep() counts a refused spawn", () => {
  const state = started(planOf(1));
  const ended = take(state, exited(KILLED, state)).state;
  const refused = take(ended, spawnFailed(ended, 0)).state;
  assertEquals(refused.counts.spawnFailures, 1);
});

Deno.test("countStep() counts connections cut and orphans reaped", () => {
  const state = started(planOf(1));
  const taken = take(state, [
    cut(state, 3),
    cut(state, 2),
    { kind: "orphanReaped", process: toPid(4711), exit: code(0) },
  ]).state;
  assertEquals(taken.counts.connectionsCut, 5);
  assertEquals(taken.counts.orphansReaped, 1);
});

Deno.test("countStep() counts nothing late and nothing twice", () => {
  const state = started(planOf(1));
  const exit = exited(KILLED, state);
  const words = [cut(state, 3), told("childReady", state, 0)];
  const taken = take(state, [exit, exit, ...words]).state;
  assertEquals(countsOf(taken), {
    spawns: 2,
    respawns: 1,
    readies: 1,
    exitsKilled: 1,
  });
});
