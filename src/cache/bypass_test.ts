/** nginx's conditions on cookies, arguments and headers. */

import { assertEquals } from "@std/assert";
import { holds } from "./bypass.ts";

Deno.test("holds() when one is there, not empty and not 0", () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ["$cookie_session", true],
    ["$cookie_zero", false],
    ["$cookie_empty", false],
    ["$cookie_none", false],
    ["$arg_nocache", true],
    ["$arg_x", false],
    ["$arg_none", false],
    ["$http_x_debug", true],
    ["$http_x_none", false],
    ["nonsense", false],
  ];
  const headers: Readonly<Record<string, string>> = {
    cookie: "a=b; session=7; zero=0; empty=",
    "x-debug": "yes",
  };
  const asked = (name: string): string | null => headers[name] ?? null;
  const url = "http://a/?x=&NoCache=1#?none=1";
  for (const [condition, expected] of cases) {
    assertEquals(holds([condition], asked, url), expected, condition);
    assertEquals(holds(["$arg_none", condition], asked, url), expected);
  }
  assertEquals(holds([], asked, url), false);
  assertEquals(holds(["$cookie_a"], () => null, "http://a/"), false);
});
