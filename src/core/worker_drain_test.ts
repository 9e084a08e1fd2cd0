/** The deadlines of a worker's way out, and what a leak leads to. */

import { assert, assertEquals } from "@std/assert";
import {
  AT_ONCE,
  EVENTS,
  LEAVE,
  NOW,
  POLICY,
  STATES,
  summary,
  textsOf,
} from "../../tests/support/worker_core.ts";
import { toInstant } from "../base/unit.ts";
import { step } from "./worker.ts";
import { SHUTDOWN_HOOK_MS_MIN, SWEEP_MS } from "./worker_drain.ts";
import type { WorkerState, WorkerStep } from "./worker_state.ts";
import { nextDeadline } from "./worker_state.ts";

function at(now: number, state: WorkerState): WorkerStep {
  return step(state, EVENTS["timer"]!, POLICY, toInstant(now));
}

Deno.test("step() stops accepting when the linger is over", () => {
  const taken = at(1500, STATES["lingering"]!);
  assertEquals(summary(taken), "draining: closeListeners");
  assertEquals(nextDeadline(taken.state), 6000);
});

Deno.test("step() closes idle connections after keepalive_drain, again and again", () => {
  const first = at(6000, STATES["draining"]!);
  assertEquals(summary(first), "draining: closeIdle");
  assertEquals(nextDeadline(first.state), 6000 + SWEEP_MS);
  const second = at(6000 + SWEEP_MS, first.state);
  assertEquals(summary(second), "draining: closeIdle");
});

Deno.test("step() closes the rest at the shutdown timeout", () => {
  const taken = at(31_000, STATES["draining"]!);
  assertEquals(
    summary(taken),
    "exiting: log:notice logConnections:notice closeListeners closeAll " +
      "shutDownApp",
  );
  assertEquals(textsOf(taken), [
    "worker_shutdown_timeout of 30000 ms passed, closing 3 connections",
  ]);
  assertEquals(nextDeadline(taken.state), 31_000 + SHUTDOWN_HOOK_MS_MIN);
  const finished = step(taken.state, EVENTS["leaking"]!, POLICY, NOW);
  assertEquals(summary(finished), `exiting: log:error ${LEAVE}`);
});

Deno.test("step() never times a drain out when the timeout is 0", () => {
  const policy = { ...POLICY, shutdownTimeoutMs: AT_ONCE };
  let state = step(STATES["accepting"]!, EVENTS["quit"]!, policy, NOW).state;
  for (let sweep = 0; sweep < 1000; sweep++) {
    const due = nextDeadline(state);
    assert(due !== undefined);
    const taken = step(state, EVENTS["timer"]!, policy, due);
    assertEquals(summary(taken), "draining: closeIdle");
    state = taken.state;
  }
  const left = step(state, EVENTS["gone"]!, policy, toInstant(1e9));
  assertEquals(nextDeadline(left.state), undefined);
});

Deno.test("step() gives the shutdown hook what is left, at least a second", () => {
  const early = step(STATES["draining"]!, EVENTS["gone"]!, POLICY, NOW);
  assertEquals(nextDeadline(early.state), 31_000);
  const lateAt = toInstant(30_900);
  const late = step(STATES["draining"]!, EVENTS["gone"]!, POLICY, lateAt);
  assertEquals(nextDeadline(late.state), 30_900 + SHUTDOWN_HOOK_MS_MIN);
  const over = at(31_900, late.state);
  assertEquals(summary(over), `exiting: log:error ${LEAVE}`);
});

Deno.test("step() stops or aborts at a connection left open, if asked", () => {
  for (
    const [debugPoints, word] of [
      ["stop", "stopping"],
      ["abort", "aborting"],
    ] as const
  ) {
    const policy = { ...POLICY, debugPoints };
    const taken = step(STATES["exiting"]!, EVENTS["leaking"]!, policy, NOW);
    assertEquals(
      summary(taken),
      `exiting: log:error logConnections:alert log:alert killSelf ${LEAVE}`,
    );
    assertEquals(textsOf(taken), ["oops", word, "exiting", "exit"]);
    const clean = step(STATES["exiting"]!, EVENTS["finished"]!, policy, NOW);
    assertEquals(summary(clean), `exiting: ${LEAVE}`);
  }
});
