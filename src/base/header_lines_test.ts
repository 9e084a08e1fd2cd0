/** Values of header lines by name. */

import { assertEquals } from "@std/assert";
import { findHeader } from "./header_lines.ts";

Deno.test("findHeader() finds a name in any case, and joins its lines", () => {
  const lines = ["Host", "a", "X-A", "1", "x-a", "", "Cookie", "b=1"];
  const more = [...lines, "COOKIE", "c=2", "X-Odd"];
  assertEquals(findHeader(more, "host"), "a");
  assertEquals(findHeader(more, "x-a"), "1, ");
  assertEquals(findHeader(more, "cookie"), "b=1; c=2");
  assertEquals(findHeader(more, "x-odd"), undefined);
  assertEquals(findHeader(more, "hosts"), undefined);
  assertEquals(findHeader([], "host"), undefined);
});
