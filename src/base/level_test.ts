/** nginx's levels: their order and what a threshold lets through. */

import { assert, assertEquals, assertFalse } from "@std/assert";
import { isLogged, LEVELS } from "./level.ts";

Deno.test("LEVELS are nginx's, most severe first", () => {
  assertEquals(
    LEVELS.join(" "),
    "emerg alert crit error warn notice info debug",
  );
});

Deno.test("isLogged() lets a level and all that is more severe through", () => {
  for (const [position, threshold] of LEVELS.entries()) {
    const through = LEVELS.filter((level) => isLogged(level, threshold));
    assertEquals(through, LEVELS.slice(0, position + 1));
  }
});

Deno.test("isLogged() never loses emerg, and debug only at debug", () => {
  for (const threshold of LEVELS) assert(isLogged("emerg", threshold));
  assertFalse(isLogged("debug", "info"));
});
