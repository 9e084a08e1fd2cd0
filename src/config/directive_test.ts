/** The shapes that directives share, by what they take. */

import { assertEquals } from "@std/assert";
import * as v from "valibot";
import {
  aboutOf,
  account,
  directive,
  integer,
  positiveTime,
  type Schema,
  size,
  text,
  time,
} from "./directive.ts";

function takes(schema: Schema, value: unknown): boolean {
  return v.safeParse(schema, value).success;
}

Deno.test("aboutOf() gives back what directive() was told", () => {
  const about = { doc: "Doc.", expected: "a number", default: 3 };
  assertEquals(aboutOf(directive(v.number(), about)), about);
});

Deno.test("aboutOf() has an answer for a shape without documentation", () => {
  assertEquals(aboutOf(v.number()), { doc: "", expected: "something else" });
});

Deno.test("time and size take what quantity.ts can read", () => {
  for (const value of ["30s", "30", "1h30m", 0, 5]) {
    assertEquals(takes(time, value), true);
  }
  for (const value of ["", "x", -1, 0.5, null, "99d"]) {
    assertEquals(takes(time, value), false, String(value));
  }
  for (const value of ["512k", "2g", 0]) assertEquals(takes(size, value), true);
  for (const value of ["2q", -1, null]) assertEquals(takes(size, value), false);
});

Deno.test("positiveTime does not take 0", () => {
  assertEquals(takes(positiveTime, "1ms"), true);
  for (const value of [0, "0s"]) {
    assertEquals(takes(positiveTime, value), false);
  }
});

Deno.test("integer() takes its bounds and no fraction", () => {
  const schema = integer(1, 3);
  for (const value of [1, 3]) assertEquals(takes(schema, value), true);
  for (const value of [0, 4, 1.5, "2"]) {
    assertEquals(takes(schema, value), false);
  }
});

Deno.test("text and account refuse what no system call takes", () => {
  for (const value of ["", "a\0b"]) assertEquals(takes(text, value), false);
  for (const value of ["www-data", "www-data www"]) {
    assertEquals(takes(account, value), true);
  }
  for (const value of ["", "a b c", "a\0"]) {
    assertEquals(takes(account, value), false);
  }
});
