/** TTIN and TTOU: one worker more or fewer in every pool, within limits. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  code,
  doneBy,
  exited,
  fresh,
  labelsOf,
  phasesOf,
  pidOf,
  planOf,
  saidBy,
  settled,
  signalled,
  slotIn,
  started,
  take,
} from "../../../tests/support/core.ts";
import { toOrdinal } from "../../base/id.ts";
import { PHASES } from "./slot.ts";

Deno.test("step() adds one worker to every pool", () => {
  const after = take(started(planOf({ web: 2, api: 1 })), signalled("SIGTTIN"));
  assertEquals(labelsOf(after).slice(1), [
    "log notice scaled",
    "log notice scaled",
    "spawn 3 gen 1 web/2",
    "spawn 4 gen 1 api/1",
  ]);
  assertEquals(after.state.plan.pools.map(({ workers }) => workers), [3, 2]);
});

Deno.test("step() drains the last worker of a pool, its socket first", () => {
  const after = take(started(planOf(3)), signalled("SIGTTOU"));
  assertEquals(labelsOf(after).slice(1), [
    "log notice scaled",
    "send quit 2 linger",
    "steer worker 0,1",
  ]);
  assertEquals(phasesOf(after.state), ["serving", "serving", "draining"]);
});

Deno.test("step() retires a surplus worker by phase", () => {
  for (const phase of PHASES) {
    const slots = [
      slotIn("serving"),
      slotIn(phase, { ordinal: toOrdinal(1), pid: pidOf(1, 1) }),
    ];
    const after = take({ ...started(planOf(2)), slots }, signalled("SIGTTOU"));
    const isTold = phase === "booting" || phase === "serving";
    const isIdle = phase === "waiting" || phase === "failed";
    const expected = isTold ? "draining" : isIdle ? "vacant" : phase;
    assertEquals(phasesOf(after.state), ["serving", expected], phase);
    const sent = doneBy(after).filter((label) => label.startsWith("send"));
    assertEquals(sent, isTold ? ["send quit 1 linger"] : [], phase);
  }
});

Deno.test("step() keeps at least one worker, and at most the policy's", () => {
  const few = take(started(planOf(1)), signalled("SIGTTOU"));
  assertEquals(saidBy(few)[1], [
    "warn",
    { kind: "scaleRefused", pool: "worker", workers: 1 },
  ]);
  assertEquals(doneBy(few), []);
  const many = started(planOf(2), { workersMax: 2 });
  const more = take(many, signalled("SIGTTIN"));
  assertEquals(labelsOf(more).slice(1), ["log warn scaleRefused"]);
  assertEquals(more.state.plan, many.plan);
  const third = take(
    started(planOf(2), { workersMax: 3 }),
    signalled("SIGTTIN"),
  );
  assertEquals(doneBy(third), ["spawn 2 gen 1 worker/2"]);
});

Deno.test("step() refuses a worker that has no row", () => {
  const state = started(planOf({ web: 1, api: 1 }), { slotsMax: 3 });
  const after = take(state, signalled("SIGTTIN"));
  assertEquals(labelsOf(after).slice(1), [
    "log notice scaled",
    "log warn scaleRefused",
    "spawn 2 gen 1 web/1",
  ]);
});

Deno.test("step() scales a running master alone", () => {
  const leaving = take(started(), signalled("SIGQUIT")).state;
  for (const state of [fresh(), leaving]) {
    for (const signal of ["SIGTTIN", "SIGTTOU"] as const) {
      const after = take(state, signalled(signal));
      assertStrictEquals(after.state, state);
      assertEquals(labelsOf(after), ["log notice signalReceived"]);
    }
  }
});

Deno.test("step() comes back to where it was with TTOU after TTIN", () => {
  const state = started(planOf(2));
  const more = settled(take(state, signalled("SIGTTIN")).state);
  const fewer = take(more, signalled("SIGTTOU")).state;
  const after = take(fewer, exited(code(0), fewer, 2));
  assertEquals(doneBy(after), ["trimListeners worker 2"]);
  const { slots, counts } = after.state;
  assertEquals(after.state, { ...state, slots, counts });
  assertEquals(phasesOf(after.state), ["serving", "serving", "vacant"]);
});

Deno.test("step() spawns anew beside a worker that drains for TTOU", () => {
  const fewer = take(started(planOf(2)), signalled("SIGTTOU")).state;
  const more = take(fewer, signalled("SIGTTIN"));
  assertEquals(doneBy(more), ["spawn 2 gen 1 worker/1"]);
  const after = take(more.state, exited(code(0), more.state, 1));
  assertEquals(doneBy(after), []);
});
