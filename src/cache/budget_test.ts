/** When a pass is over. */

import { assertEquals } from "@std/assert";
import { toMilliseconds } from "../base/unit.ts";
import { isSpent } from "./budget.ts";

Deno.test("isSpent() when the files or the time are used up", () => {
  const budget = { filesMax: 100, thresholdMs: toMilliseconds(200) };
  const spent = (files: number, elapsedMs: number) =>
    isSpent(budget, { files, elapsedMs: toMilliseconds(elapsedMs) });
  assertEquals(spent(0, 0), false);
  assertEquals(spent(99, 199), false);
  assertEquals(spent(100, 0), true);
  assertEquals(spent(0, 200), true);
  assertEquals(spent(101, 201), true);
});
