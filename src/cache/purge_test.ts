/** What a request makes stale, and tags. */

import { assertEquals } from "@std/assert";
import { invalidatedBy, isSafe, isTag, tagsOf } from "./purge.ts";

Deno.test("isSafe() by method", () => {
  assertEquals(["GET", "HEAD", "OPTIONS"].every(isSafe), true);
  assertEquals(["POST", "PUT", "DELETE", "PATCH", "FOO"].some(isSafe), false);
});

Deno.test("invalidatedBy() names the URL and what it moved to", () => {
  const of = (
    status: number,
    headers: Readonly<Record<string, string>> = {},
  ): readonly string[] =>
    invalidatedBy("http://a/x?y#z", status, (name) => headers[name] ?? null);
  assertEquals(of(200), ["http://a/x?y"]);
  assertEquals(of(303, { location: "/new#f", "content-location": "x?y" }), [
    "http://a/x?y",
    "http://a/new",
  ]);
  assertEquals(of(201, { location: "http://b/", "content-location": "//[" }), [
    "http://a/x?y",
  ]);
  assertEquals(of(404), []);
  assertEquals(of(500), []);
});

Deno.test("tagsOf() are words between commas", () => {
  assertEquals(tagsOf(null), []);
  assertEquals(tagsOf("news, top story,,news"), ["news", "top story"]);
  assertEquals(tagsOf("é"), []);
  assertEquals(isTag("a,b"), false);
  assertEquals(isTag(""), false);
  assertEquals(isTag("x".repeat(257)), false);
  assertEquals(tagsOf([..."abc"].map((_, i) => `t${i}`).join()).length, 3);
});
