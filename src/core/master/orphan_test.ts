/** Whose exit is the master's to collect. */

import { assertEquals } from "@std/assert";
import {
  code,
  doneBy,
  exited,
  KILLED,
  pidOf,
  planOf,
  reloading,
  saidBy,
  started,
  take,
} from "../../../tests/support/core.ts";
import { toPid } from "../../base/id.ts";

const STRANGER = toPid(4711);

Deno.test("onProcessEnded() reaps a process that no slot has", () => {
  const taken = take(started(planOf(2)), {
    kind: "processEnded",
    process: STRANGER,
  });
  assertEquals(doneBy(taken), ["reapOrphan 4711"]);
  assertEquals(saidBy(taken), []);
});

Deno.test("onProcessEnded() leaves every child to the runtime", () => {
  const state = reloading(started(planOf(2)), planOf(2));
  for (const process of [pidOf(1, 0), pidOf(1, 1), pidOf(2, 2), pidOf(2, 3)]) {
    const taken = take(state, { kind: "processEnded", process });
    assertEquals([...doneBy(taken), ...saidBy(taken)], []);
    assertEquals(taken.state, state);
  }
});

Deno.test("onProcessEnded() reaps a pid that was a child's once", () => {
  const state = take(started(planOf(1)), exited(KILLED, started(planOf(1))))
    .state;
  const taken = take(state, { kind: "processEnded", process: pidOf(1, 0) });
  assertEquals(doneBy(taken), ["reapOrphan 100"]);
});

Deno.test("onOrphanReaped() says how it ended, without an alarm", () => {
  for (const exit of [code(3), KILLED]) {
    const taken = take(started(), {
      kind: "orphanReaped",
      process: STRANGER,
      exit,
    });
    const notice = { kind: "orphanExited", process: STRANGER, exit } as const;
    assertEquals(saidBy(taken), [["notice", notice]]);
    assertEquals(doneBy(taken), []);
  }
});
