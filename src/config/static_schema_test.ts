/** The shape of `static`: what is let through, and what is not. */

import { assertEquals } from "@std/assert";
import * as v from "valibot";
import { staticObject, staticOptions } from "./static_schema.ts";

type Option = keyof typeof staticOptions;

const CASES: readonly (readonly [Option, unknown[], unknown[]])[] = [
  ["root", ["x", "/"], ["", 5, "a\0b"]],
  ["index", ["a.html", ["a", "b"], []], ["", "..", "a/b", ["a", "/"], 5]],
  ["autoindex", [true], ["on"]],
  ["disable_symlinks", ["off", "outside", "on"], ["if_not_owner", false]],
  ["cache_control", ["no-cache", "a=1, b"], ["", " a", "a\r\nb", "\u00e4"]],
  ["max_ranges", [0, 1000], [-1, 1001, 1.5, "1"]],
  ["default_type", ["text/plain", "a/b; c=d"], ["text", "a/b\n", "/"]],
  ["charset", ["utf-8", "off"], ["", "a b", "a;b"]],
  ["types", [{}, { ts: "a/b" }], [{ TS: "a/b" }, { ".ts": "a/b" }, {
    ts: "x",
  }]],
];

Deno.test("each option of static takes what it should", () => {
  for (const [name, good, bad] of CASES) {
    const fits = (value: unknown): boolean =>
      v.safeParse(staticOptions[name], value).success;
    assertEquals(good.filter((value) => !fits(value)), [], name);
    assertEquals(bad.filter(fits), [], name);
  }
});

Deno.test("static as an object needs its root, and nothing else", () => {
  const fits = (value: unknown): boolean =>
    v.safeParse(staticObject, value).success;
  assertEquals(fits({ root: "." }), true);
  assertEquals(fits({}), false);
  assertEquals(fits({ root: ".", more: 1 }), false);
});
