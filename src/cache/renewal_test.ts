/** Questions about what is stored, and "not modified" as the answer. */

import { assertEquals } from "@std/assert";
import { conditionsFor, findPair, isAbout, renewed } from "./renewal.ts";

Deno.test("conditionsFor() names what is stored", () => {
  assertEquals(conditionsFor([["content-type", "a/b"]]), []);
  const modified = "Tue, 14 Nov 2023 22:13:20 GMT";
  assertEquals(
    conditionsFor([["last-modified", modified], ["etag", 'W/"a"']]),
    [["if-none-match", 'W/"a"'], ["if-modified-since", modified]],
  );
});

Deno.test("isAbout() tells another version's 304", () => {
  const stored = [["etag", '"a"'], ["last-modified", "x"]] as const;
  assertEquals(isAbout(stored, []), true);
  assertEquals(isAbout(stored, [["etag", 'W/"a"']]), true);
  assertEquals(isAbout(stored, [["etag", '"b"']]), false);
  assertEquals(isAbout(stored, [["last-modified", "y"]]), false);
  assertEquals(isAbout([], [["etag", '"b"']]), false);
});

Deno.test("renewed() takes what is new, and leaves what is the body's", () => {
  const stored = [
    ["etag", '"a"'],
    ["age", "9"],
    ["content-type", "a/b"],
    ["x-a", "1"],
    ["x-b", "1"],
  ] as const;
  const given = [
    ["x-a", "2"],
    ["x-a", "3"],
    ["content-type", "c/d"],
    ["content-length", "0"],
    ["set-cookie", "a=b"],
  ] as const;
  assertEquals(renewed(stored, given), [
    ["etag", '"a"'],
    ["content-type", "a/b"],
    ["x-b", "1"],
    ["x-a", "2"],
    ["x-a", "3"],
  ]);
  assertEquals(findPair(renewed(stored, given), "x-a"), "2, 3");
  assertEquals(findPair(stored, "x-c"), null);
});
