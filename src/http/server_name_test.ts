/** Names, wildcards, and who is nobody's. */

import { assertEquals } from "@std/assert";
import { nameMatcher } from "./server_name.ts";

Deno.test("nameMatcher() prefers the exact name to a wildcard", () => {
  const match = nameMatcher([
    ["default.test"],
    ["*.example.com"],
    ["a.example.com", "b.test"],
    ["b.test"],
  ]);
  assertEquals(match("a.example.com"), 2);
  assertEquals(match("B.Test"), 2);
  assertEquals(match("x.example.com"), 1);
});

Deno.test("nameMatcher() gives everybody else the first", () => {
  const match = nameMatcher([["default.test"], ["*.example.com"]]);
  for (const name of ["", "example.com", "a.b.example.com", ".example.com"]) {
    assertEquals(match(name), 0, name);
  }
});
