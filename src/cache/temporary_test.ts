/** Which temporary files are nobody's. */

import { assertEquals } from "@std/assert";
import { isAbandoned, UNLOCKED_MS_MAX } from "./temporary.ts";

Deno.test("isAbandoned() when nobody has it locked for a moment", () => {
  const abandoned = (isLocked: boolean, ageMs: number) =>
    isAbandoned({ isLocked, writtenAtMs: 5000 }, 5000 + ageMs);
  assertEquals(abandoned(true, 0), false);
  assertEquals(abandoned(true, 86_400_000), false);
  assertEquals(abandoned(false, 0), false);
  assertEquals(abandoned(false, UNLOCKED_MS_MAX - 1), false);
  assertEquals(abandoned(false, UNLOCKED_MS_MAX), true);
  // Of a clock that went back.
  assertEquals(abandoned(false, -86_400_000), true);
});
