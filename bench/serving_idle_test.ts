/** The verdict on idle connections. */

import { assertEquals } from "@std/assert";
import { type Held, limitOf } from "./serving_idle.ts";

const ALL: Held = {
  name: "procmgr",
  opened: 10,
  answered: 10,
  bytesEach: 2048,
  openMs: 1,
  againMs: 1,
  isOpen: true,
};

Deno.test("limitOf() wants every connection answered, twice, and one more", () => {
  assertEquals(limitOf(10, ALL).holds, true);
  for (const less of [{ opened: 9 }, { answered: 9 }, { isOpen: false }]) {
    assertEquals(limitOf(10, { ...ALL, ...less }).holds, false);
  }
  assertEquals(limitOf(10, undefined).holds, false);
});
