/** Cache-Control as people and programs write it. */

import { assertEquals } from "@std/assert";
import { fieldsOf, isWhole, parseDirectives, secondsOf } from "./directives.ts";

function parsed(text: string | null): readonly string[] {
  return [...parseDirectives(text)].map(([name, value]) => `${name}:${value}`);
}

Deno.test("parseDirectives() reads names in any case, bare and quoted", () => {
  assertEquals(parsed(null), []);
  assertEquals(parsed(""), []);
  assertEquals(parsed("Max-Age=60, NO-STORE"), ["max-age:60", "no-store:true"]);
  assertEquals(parsed('max-age="60",,private'), [
    "max-age:60",
    "private:true",
  ]);
  assertEquals(parsed('private="set-cookie, x-a", max-age=1'), [
    "private:set-cookie, x-a",
    "max-age:1",
  ]);
  assertEquals(parsed('a="x\\"y,z"'), ['a:x"y,z']);
});

Deno.test("parseDirectives() passes over what is garbled", () => {
  assertEquals(parsed("max age=1, no-store"), ["no-store:true"]);
  assertEquals(parsed('"no-store", private'), ["private:true"]);
  assertEquals(parsed('a="never closed, no-store'), []);
  assertEquals(parsed("=, no-cache"), ["no-cache:true"]);
});

Deno.test("of a directive given twice the stricter counts", () => {
  const given = "max-age=60, max-age=5, s-maxage=1, s-maxage=oops";
  assertEquals(parsed(given), ["max-age:5", "s-maxage:oops"]);
  assertEquals(parsed('private="a", private'), ["private:true"]);
  assertEquals(parsed('private="a", private="b"'), ["private:a, b"]);
});

Deno.test("secondsOf() takes whole numbers and no other", () => {
  const cases: readonly (readonly [string, number | "invalid" | undefined])[] =
    [
      ["", undefined],
      ["max-age=0", 0],
      ["max-age=007", 7],
      ["max-age=99999999999999999999", 2 ** 31],
      ["max-age", "invalid"],
      ["max-age=", "invalid"],
      ["max-age=-1", "invalid"],
      ["max-age=1.5", "invalid"],
      ["max-age=10s", "invalid"],
    ];
  for (const [text, seconds] of cases) {
    assertEquals(secondsOf(parseDirectives(text), "max-age"), seconds, text);
  }
});

Deno.test("fieldsOf() and isWhole() tell a list of fields from none", () => {
  const directives = parseDirectives('private="Set-Cookie", no-cache=""');
  assertEquals(fieldsOf(directives, "private"), ["set-cookie"]);
  assertEquals(isWhole(directives, "private"), false);
  assertEquals(isWhole(directives, "no-cache"), true);
  assertEquals(isWhole(directives, "no-store"), false);
});
