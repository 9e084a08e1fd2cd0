/** The shape of `access_log`: what is let through, and what is not. */

import { assertEquals } from "@std/assert";
import * as v from "valibot";
import { accessLogObject } from "./access_log_schema.ts";

function fits(value: unknown): boolean {
  return v.safeParse(accessLogObject, value).success;
}

Deno.test("access_log as an object needs its path, and nothing else", () => {
  const path = "access.log";
  assertEquals(fits({ path }), true);
  assertEquals(fits({ format: "json" }), false);
  assertEquals(fits({ path, more: 1 }), false);
  const full = { path, format: "json", escape: "none", buffer: 0, flush: "1s" };
  assertEquals(fits(full), true);
  const bad = [
    { path: "" },
    { path, format: "" },
    { path, escape: "html" },
    { path, buffer: "x" },
    { path, flush: 0 },
  ];
  assertEquals(bad.filter(fits), []);
});
