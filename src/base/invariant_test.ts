/** Programmer errors: what throws, and what it says. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { invariant, InvariantError, unreachable } from "./invariant.ts";

Deno.test("invariant() lets a true condition pass and narrows", () => {
  const value: string | undefined = "a".slice(0, 1) || undefined;
  invariant(value !== undefined, "a value");
  const narrowed: string = value;
  assertEquals(narrowed, "a");
});

Deno.test("invariant() throws InvariantError and names the rule", () => {
  const error = assertThrows(
    () => invariant(false, "a slot has one pid"),
    InvariantError,
  );
  assertEquals(error.message, "Broken invariant: a slot has one pid");
  assertEquals(error.name, "InvariantError");
  assert(error instanceof Error);
});

Deno.test("unreachable() throws and shows the value that came", () => {
  const value = { kind: "unheardOf" } as never;
  const error = assertThrows(() => unreachable(value), InvariantError);
  assertEquals(error.message, 'Unreachable: {"kind":"unheardOf"}');
});
