/** The kinds of children. */

import { assertEquals } from "@std/assert";
import { CHILD_ROLES, helperName } from "./role.ts";

Deno.test("every kind of child has a name of its own", () => {
  assertEquals(new Set(CHILD_ROLES).size, 3);
});

Deno.test("helperName() is the role in words", () => {
  assertEquals(helperName("cache_manager"), "cache manager");
  assertEquals(helperName("cache_loader"), "cache loader");
});
