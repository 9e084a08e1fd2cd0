/**
 * Quit, terminate, the ladder and the end: mode × phase, and every rung's
 * time. Source of the numbers: nginx, traced beside a
 * stopped worker: 50 ms doubling.
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  asked,
  at,
  code,
  doneBy,
  DRAIN_DEADLINE_MS,
  exited,
  fresh,
  KILLED,
  labelsOf,
  phaseOf,
  planOf,
  refAt,
  saidBy,
  signalled,
  slotIn,
  started,
  take,
  TIMER,
} from "../../../tests/support/core.ts";
import { toMilliseconds } from "../../base/unit.ts";
import type { Phase, Slot } from "./slot.ts";
import { PHASES } from "./slot.ts";
import {
  finishIfDone,
  isTellable,
  markDraining,
  terminateRow,
} from "./shutdown.ts";
import type { MasterState } from "./state.ts";
import { nextDeadline } from "./timer.ts";

function alone(slot: Slot): MasterState {
  return { ...started(), slots: [slot] };
}

const end = ["removePidFile", "exit 0"];

const CASES: readonly (readonly [
  "SIGQUIT" | "SIGTERM",
  Phase,
  Phase,
  readonly string[],
])[] = [
  ["SIGQUIT", "vacant", "vacant", ["closeListeners", ...end]],
  ["SIGQUIT", "spawning", "spawning", ["closeListeners"]],
  ["SIGQUIT", "booting", "draining", ["send quit 0", "closeListeners"]],
  ["SIGQUIT", "serving", "draining", ["send quit 0", "closeListeners"]],
  ["SIGQUIT", "draining", "draining", ["closeListeners"]],
  ["SIGQUIT", "terminating", "terminating", ["closeListeners"]],
  ["SIGQUIT", "waiting", "vacant", ["closeListeners", ...end]],
  ["SIGQUIT", "failed", "vacant", ["closeListeners", ...end]],
  ["SIGTERM", "vacant", "vacant", ["closeListeners", ...end]],
  ["SIGTERM", "spawning", "spawning", ["closeListeners"]],
  ["SIGTERM", "booting", "terminating", ["send terminate 0", "closeListeners"]],
  ["SIGTERM", "serving", "terminating", ["send terminate 0", "closeListeners"]],
  [
    "SIGTERM",
    "draining",
    "terminating",
    ["send terminate 0", "closeListeners"],
  ],
  ["SIGTERM", "terminating", "terminating", ["closeListeners"]],
  ["SIGTERM", "waiting", "vacant", ["closeListeners", ...end]],
  ["SIGTERM", "failed", "vacant", ["closeListeners", ...end]],
];

Deno.test("step() ends workers by phase, for quit and for terminate", () => {
  assertEquals(CASES.length, 2 * PHASES.length);
  for (const [signal, phase, next, done] of CASES) {
    const after = take(alone(slotIn(phase)), signalled(signal), 5);
    assertEquals(phaseOf(after.state), next, `${signal} ${phase}`);
    assertEquals(doneBy(after), done, `${signal} ${phase}`);
  }
});

Deno.test("step() goes from quit to terminate and never back", () => {
  const quitting = take(started(), signalled("SIGQUIT")).state;
  assertStrictEquals(
    take(quitting, signalled("SIGQUIT")).state,
    quitting,
  );
  const both = take(quitting, signalled("SIGTERM"), 5);
  assertEquals(both.state.mode, "terminating");
  assertEquals(doneBy(both), ["send terminate 0", "closeListeners"]);
  for (const signal of ["SIGQUIT", "SIGTERM", "SIGINT"] as const) {
    assertStrictEquals(take(both.state, signalled(signal)).state, both.state);
  }
});

Deno.test("step() quits a start as well, with exit code 0", () => {
  for (const signal of ["SIGQUIT", "SIGTERM"] as const) {
    const after = take(fresh(), signalled(signal));
    assertEquals(doneBy(after), ["closeListeners", ...end]);
    assertEquals(after.state.mode, "exited");
  }
});

Deno.test("step() counts a drain from the command, the grace added", () => {
  const state = take(started(), signalled("SIGQUIT"), 100).state;
  assertEquals(nextDeadline(state), at(100 + DRAIN_DEADLINE_MS));
  const due = 100 + DRAIN_DEADLINE_MS;
  assertStrictEquals(take(state, TIMER, due - 1).state, state);
  const after = take(state, TIMER, due);
  assertEquals(labelsOf(after), ["log warn drainTimedOut", "send terminate 0"]);
  assertEquals(saidBy(after)[0]?.[1], {
    kind: "drainTimedOut",
    ...refAt(state, 0),
  });
  assertEquals(phaseOf(after.state), "terminating");
});

Deno.test("markDraining() has no deadline when there is no limit", () => {
  const limits = { drainTimeoutMs: toMilliseconds(0) };
  const state =
    take(started(planOf(1, { limits })), signalled("SIGQUIT")).state;
  assertEquals(nextDeadline(state), undefined);
  assertEquals(phaseOf(state), "draining");
  const slot = state.slots[0];
  if (slot === undefined || !("pid" in slot)) throw new Error("no child");
  const marked = markDraining(
    state,
    { index: refAt(state, 0).slot, slot },
    at(9),
  );
  assertEquals(marked.slots[0], slot);
});

Deno.test("step() climbs nginx's ladder up to SIGKILL", () => {
  let state = take(started(), signalled("SIGTERM"), 1000).state;
  const climbed: string[] = [];
  for (let rung = 0; rung < 7; rung++) {
    const due = nextDeadline(state) ?? 0;
    assertStrictEquals(take(state, TIMER, due - 1).state, state);
    const after = take(state, TIMER, due);
    climbed.push(`${due - 1000} ${labelsOf(after).join(", ")}`);
    state = after.state;
  }
  assertEquals(climbed, [
    "150 send terminate 0",
    "350 send terminate 0",
    "750 send terminate 0",
    "1550 send terminate 0",
    "3150 log warn terminateIgnored, kill SIGKILL 0",
    "6350 kill SIGKILL 0",
    "9550 kill SIGKILL 0",
  ]);
});

Deno.test("step() lets no other signal postpone a SIGKILL", () => {
  let state = take(started(), signalled("SIGTERM")).state;
  const kills: number[] = [];
  for (let now = 0; now <= 3200; now += 30) {
    state = take(state, signalled("SIGUSR1"), now).state;
    const after = take(state, TIMER, now);
    if (labelsOf(after).includes("kill SIGKILL 0")) kills.push(now);
    state = after.state;
  }
  assertEquals(kills, [3150]);
});

Deno.test("step() kills at once when the policy has no ladder", () => {
  const state = take(
    started(planOf(1), { ladderMs: [] }),
    signalled("SIGTERM"),
  );
  assertEquals(nextDeadline(state.state), at(3200));
});

Deno.test("terminateRow() leaves one on its ladder, and strangers, alone", () => {
  const state = alone(slotIn("terminating"));
  const ref = refAt(state, 0);
  assertStrictEquals(terminateRow(state, ref, at(9)).state, state);
  const other = { ...ref, pid: 1 as never };
  const serving = started();
  assertEquals(terminateRow(serving, other, at(9)).effects, []);
});

Deno.test("isTellable() holds for those that serve or are about to", () => {
  const tellable = PHASES.filter((phase) => isTellable(slotIn(phase)));
  assertEquals(tellable, ["booting", "serving"]);
});

Deno.test("finishIfDone() waits for everyone, and only when leaving", () => {
  const modes = ["starting", "running", "exited"] as const;
  for (const mode of modes) {
    const state = { ...started(), mode, slots: [] };
    assertEquals(finishIfDone(state), { state, effects: [] });
  }
  for (const phase of ["spawning", "booting", "draining"] as const) {
    const state = { ...alone(slotIn(phase)), mode: "quitting" as const };
    assertEquals(finishIfDone(state), { state, effects: [] });
  }
});

Deno.test("step() answers everyone who waits with the end", () => {
  const state = take(started(), [
    asked("reopen", 1),
    asked("quit", 2),
    asked("terminate", 3),
  ]).state;
  const after = take(state, exited(KILLED, state));
  assertEquals(doneBy(after), [
    "reply 1 ok: logs are reopened",
    "removePidFile",
    "reply 2 ok: exited",
    "reply 3 ok: exited",
    "exit 0",
  ]);
  assertEquals(after.state.waiters, []);
});

Deno.test("step() tells who waited for a start that it ended", () => {
  const state = take(fresh(), asked("reload", 1)).state;
  const after = take(state, signalled("SIGQUIT"));
  assertEquals(doneBy(after).slice(-3), [
    "removePidFile",
    "reply 1 no: shut down meanwhile",
    "exit 0",
  ]);
});

Deno.test("step() says nothing of the end before it is there", () => {
  const state = take(started(planOf(2)), signalled("SIGQUIT")).state;
  const after = take(state, exited(code(0), state, 1));
  assertEquals(doneBy(after), []);
  assertEquals(after.state.mode, "quitting");
});
