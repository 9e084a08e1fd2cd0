/** What a channel tells: draining, closed, garbage, a command not taken. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  broken,
  code,
  doneBy,
  exited,
  failed,
  labelsOf,
  phaseOf,
  phasesOf,
  planOf,
  refAt,
  reloading,
  saidBy,
  sendFailed,
  signalled,
  slotIn,
  started,
  take,
  told,
} from "../../../tests/support/core.ts";
import { toGeneration, toOrdinal, toPid } from "../../base/id.ts";
import type { Command, MasterEvent } from "./event.ts";
import { formatNotice } from "./notice.ts";
import { isLive, PHASES } from "./slot.ts";

Deno.test("step() replaces a worker that drains by itself, at once", () => {
  const state = started(planOf(2));
  const after = take(state, told("childDraining", state, 0), 20_000);
  assertEquals(labelsOf(after), [
    "log notice workerDraining",
    "spawn 2 gen 1 worker/0",
    "steer worker 1",
  ]);
  assertEquals(phasesOf(after.state), ["draining", "serving", "spawning"]);
  const slot = after.state.slots[0];
  assert(slot?.phase === "draining" && slot.deadline === 42_000 as never);
});

Deno.test("step() makes one that drains again and again wait", () => {
  const state = {
    ...started(),
    slots: [{ ...slotIn("serving"), failures: 3 }],
  };
  const after = take(state as never, told("childDraining", started(), 0), 5);
  assertEquals(labelsOf(after).slice(0, 2), [
    "log notice workerDraining",
    "log warn respawnDelayed",
  ]);
  const [, slot] = after.state.slots;
  assert(slot?.phase === "waiting" && slot.failures === 4);
  const stable = take(
    state as never,
    told("childDraining", started(), 0),
    10_000,
  );
  assertEquals(phasesOf(stable.state), ["draining", "spawning"]);
});

Deno.test("step() hears draining from a serving child alone", () => {
  for (const phase of PHASES.filter((one) => one !== "serving")) {
    const state = { ...started(), slots: [slotIn(phase)] };
    const after = take(state, told("childDraining", state, 0));
    assertStrictEquals(after.state, state, phase);
    assertEquals(labelsOf(after), ["log debug eventIgnored"]);
  }
});

Deno.test("step() replaces nobody it does not want", () => {
  const ordinal = toOrdinal(4);
  const state = { ...started(), slots: [slotIn("serving", { ordinal })] };
  const after = take(state, told("childDraining", state, 0));
  assertEquals(doneBy(after), []);
  assertEquals(phaseOf(after.state), "draining");
});

Deno.test("step() takes a closed channel for a hint", () => {
  const state = started();
  const after = take(state, told("channelClosed", state, 0));
  assertStrictEquals(after.state, state);
  assertEquals(saidBy(after), [
    ["debug", { kind: "channelClosed", ...refAt(state, 0) }],
  ]);
});

Deno.test("step() terminates a child that sends garbage", () => {
  for (const phase of ["booting", "serving", "draining"] as const) {
    const state = { ...started(), slots: [slotIn(phase)] };
    const after = take(state, broken(state, 0), 5);
    assertEquals(doneBy(after)[0], "send terminate 0", phase);
    assertEquals(phaseOf(after.state), "terminating");
    assertEquals(saidBy(after), [
      ["error", { kind: "channelBroken", reason: "[]", ...refAt(state, 0) }],
    ]);
  }
  const state = { ...started(), slots: [slotIn("terminating")] };
  const after = take(state, broken(state, 0));
  assertStrictEquals(after.state, state);
  assertEquals(labelsOf(after), ["log debug eventIgnored"]);
});

Deno.test("step() uses the signal when the channel takes no command", () => {
  const cases: readonly (readonly ["init" | Command, string])[] = [
    ["init", "send terminate 0"],
    ["quit", "kill SIGQUIT 0"],
    ["terminate", "kill SIGTERM 0"],
    ["reopen", "kill SIGUSR1 0"],
  ];
  for (const [command, done] of cases) {
    const state = { ...started(), slots: [slotIn("draining")] };
    const after = take(state, sendFailed(command, state, 0));
    assertEquals(doneBy(after), [done], command);
    assertEquals(saidBy(after), [
      ["info", { kind: "sendFailed", command, ...refAt(state, 0) }],
    ]);
    if (command !== "init") assertStrictEquals(after.state, state);
  }
});

Deno.test("step() ignores what comes from a child that is gone", () => {
  const kinds = ["childReady", "childDraining", "channelClosed"] as const;
  const state = started();
  const ref = refAt(state, 0);
  const strangers = [
    { ...ref, pid: toPid(1) },
    { ...ref, generation: toGeneration(4) },
    { ...ref, slot: 7 as never },
  ];
  for (const stranger of strangers) {
    const events: readonly MasterEvent[] = [
      ...kinds.map((kind) => ({ kind, ...stranger })),
      { kind: "channelBroken", reason: "x", ...stranger },
      { kind: "sendFailed", command: "quit", ...stranger },
      { kind: "sendFailed", command: "init", ...stranger },
    ];
    for (const event of events) {
      const after = take(state, event);
      assertStrictEquals(after.state, state, event.kind);
      assertEquals(saidBy(after), [
        ["debug", { kind: "eventIgnored", event: event.kind }],
      ]);
    }
  }
});

Deno.test("step() sends and kills live children alone", () => {
  const state = take(started(planOf(3)), signalled("SIGQUIT")).state;
  const after = take(state, sendFailed("quit", state, 2));
  assertEquals(doneBy(after), ["kill SIGQUIT 2"]);
  assert(state.slots.every(isLive));
});

Deno.test("step() tells why a reload failed in the worker's own words", () => {
  const coming = reloading(started(planOf(1)), planOf(1));
  const index = coming.slots.length - 1;
  const told = take(coming, failed(coming, index));
  assertEquals(doneBy(told), []);
  const ended = take(told.state, exited(code(2), told.state, index));
  const said = saidBy(ended).find(([, notice]) =>
    notice.kind === "changeoverFailed"
  );
  assert(said !== undefined);
  assertEquals(
    formatNotice(said[1]),
    `reload failed, generation 1 goes on: worker process ` +
      `${refAt(told.state, index).pid} exited with code 2 before every ` +
      `worker was ready: no app`,
  );
});

Deno.test("step() takes no last words from a worker that serves", () => {
  const state = started(planOf(1));
  assertEquals(take(state, failed(state, 0)).state, state);
});
