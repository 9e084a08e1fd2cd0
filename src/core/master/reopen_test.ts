/** Reopening logs: the order, who is asked, and how a waiter is answered. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  asked,
  at,
  code,
  doneBy,
  exited,
  fresh,
  labelsOf,
  pidOf,
  planOf,
  refAt,
  signalled,
  slotIn,
  started,
  take,
  TIMER,
  told,
} from "../../../tests/support/core.ts";
import { toOrdinal, toPid } from "../../base/id.ts";
import { PHASES } from "./slot.ts";
import { nextDeadline } from "./timer.ts";

Deno.test("step() reopens the master's logs before it tells the workers", () => {
  const after = take(started(planOf(2)), signalled("SIGUSR1"), 3);
  assertEquals(labelsOf(after).slice(1), [
    "log notice reopening",
    "reopenLogs",
    "send reopen 0",
    "send reopen 1",
  ]);
  assertEquals(after.state.reopening, {
    pending: [pidOf(1, 0), pidOf(1, 1)],
    deadline: at(5003),
  });
});

Deno.test("step() asks every child that is not being terminated", () => {
  const slots = PHASES.map((phase, index) =>
    slotIn(phase, { ordinal: toOrdinal(index), pid: toPid(100 + index) })
  );
  const after = take({ ...started(planOf(8)), slots }, signalled("SIGUSR1"));
  const asked = PHASES.filter((_, index) =>
    doneBy(after).includes(`send reopen ${index}`)
  );
  assertEquals(asked, ["booting", "serving", "draining"]);
});

Deno.test("step() reopens in every mode but the last", () => {
  const quitting = take(started(), signalled("SIGQUIT")).state;
  const terminating = take(started(), signalled("SIGTERM")).state;
  for (const state of [fresh(), started(), quitting, terminating]) {
    const after = take(state, signalled("SIGUSR1"));
    assertEquals(doneBy(after)[0], "reopenLogs", state.mode);
  }
});

Deno.test("step() answers when every child has reopened or is gone", () => {
  const state = take(started(planOf(3)), asked("reopen", 4)).state;
  const one = take(state, told("childReopened", state, 0));
  assertEquals(one.effects, []);
  const two = take(one.state, exited(code(0), one.state, 1));
  assertEquals(doneBy(two).filter((label) => label.startsWith("reply")), []);
  const again = take(two.state, told("childReopened", state, 0));
  assertStrictEquals(again.state, two.state);
  const three = take(two.state, told("childReopened", state, 2));
  assertEquals(doneBy(three), ["reply 4 ok: logs are reopened"]);
  assertEquals(three.state.reopening, undefined);
  assertEquals(three.state.waiters, []);
});

Deno.test("step() answers at once when there is nobody to ask", () => {
  const after = take(fresh(), asked("reopen", 4));
  assertEquals(doneBy(after), ["reopenLogs", "reply 4 ok: logs are reopened"]);
});

Deno.test("step() names those who did not answer in time", () => {
  const asking = [asked("reopen", 4), asked("reload", 5)];
  const state = take(started(planOf(3)), asking, 100).state;
  const one = take(state, told("childReopened", state, 1), 100).state;
  assertStrictEquals(take(one, TIMER, 5099).state, one);
  const after = take(one, TIMER, 5100);
  assertEquals(doneBy(after), [
    "reply 4 no: no answer from worker process 100, 102",
  ]);
  assertEquals(after.state.waiters, [{ token: 5, request: "reload" }]);
  assertEquals(nextDeadline(after.state), undefined);
});

Deno.test("step() has nothing to say to a reopened it did not ask for", () => {
  const state = started();
  const late = { kind: "childReopened", ...refAt(state, 0) } as const;
  assertEquals(take(state, late), { state, effects: [] });
});
