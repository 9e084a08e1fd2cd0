/** What is counted begins at nothing. */

import { assertEquals } from "@std/assert";
import { NO_COUNTS } from "./counts.ts";

Deno.test("NO_COUNTS is nothing of everything", () => {
  assertEquals(new Set(Object.values(NO_COUNTS)), new Set([0]));
});
