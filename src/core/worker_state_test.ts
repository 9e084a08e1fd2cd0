/** When a worker wakes up, phase by phase. */

import { assertEquals } from "@std/assert";
import { STATES } from "../../tests/support/worker_core.ts";
import { nextDeadline } from "./worker_state.ts";

Deno.test("nextDeadline() is nothing while booting, the earliest of a drain", () => {
  assertEquals(nextDeadline(STATES["booting"]!), undefined);
  assertEquals(nextDeadline(STATES["accepting"]!), 2000);
  assertEquals(nextDeadline(STATES["lingering"]!), 1500);
  assertEquals(nextDeadline(STATES["draining"]!), 6000);
  assertEquals(nextDeadline(STATES["exiting"]!), 31_000);
});
