/** The exit codes are API: these are the numbers operators script on. */

import { assertEquals } from "@std/assert";
import { EXIT_CODE } from "./exit_code.ts";

Deno.test("EXIT_CODE keeps the documented numbers", () => {
  assertEquals(EXIT_CODE, { DONE: 0, FAILED: 1, FATAL: 2, USAGE: 100 });
});

Deno.test("EXIT_CODE fits a wait status and is unambiguous", () => {
  const codes = Object.values(EXIT_CODE);
  assertEquals(new Set(codes).size, codes.length);
  // A shell reports 128 and above for deaths by signal.
  assertEquals(codes.filter((code) => code < 0 || code > 125), []);
});
