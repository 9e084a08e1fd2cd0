/** Unknown names; the messages of every context are in check_test.ts. */

import { assertEquals } from "@std/assert";
import type { Problem } from "./error.ts";
import { isRaw, withoutUnknown } from "./unknown.ts";

Deno.test("withoutUnknown() takes unknown names out and says where", () => {
  const found: Problem[] = [];
  const raw = {
    pid: "x",
    pidd: "y",
    pools: { web: { app: "x", pid: "z" }, api: 5 },
    listen: [{ address: "80", x: 1 }, "81"],
  };
  assertEquals(withoutUnknown(raw, found), {
    pid: "x",
    pools: { web: { app: "x" }, api: 5 },
    listen: [{ address: "80" }, "81"],
  });
  assertEquals(found.map(({ path }) => path), [
    ["pidd"],
    ["pools", "web", "pid"],
    ["listen", 0, "x"],
  ]);
});

Deno.test("withoutUnknown() leaves its argument as it was", () => {
  const raw = { nope: 1 };
  withoutUnknown(raw, []);
  assertEquals(raw, { nope: 1 });
});

Deno.test("isRaw() is for objects with names", () => {
  assertEquals([{}, [], null, "x", 5].map(isRaw), [
    true,
    false,
    false,
    false,
    false,
  ]);
});
