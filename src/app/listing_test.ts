/** A page of names, none of which can become markup. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ListedEntry } from "./listing.ts";
import { renderListing } from "./listing.ts";

function entry(name: string, isFolder = false): ListedEntry {
  return { name, isFolder, size: 1234, mtimeMs: 1_700_000_000_000 };
}

Deno.test("renderListing() has folders first, then names in order", () => {
  const page = renderListing("/a b", [
    entry("z.txt"),
    entry("B.txt"),
    entry("sub", true),
  ]);
  assertStringIncludes(page, "<title>Index of /a b/</title>");
  const names = [...page.matchAll(/<a href="([^"]*)">/g)].map(([, href]) =>
    href
  );
  assertEquals(names, ["../", "./sub/", "./B.txt", "./z.txt"]);
  assertStringIncludes(page, "2023-11-14 22:13                1234\n");
  assert(!renderListing("", []).includes("../"));
});

Deno.test("renderListing() lets no name become markup or a scheme", () => {
  const names = [
    '"><script>alert(1)</script>',
    "' onclick='x",
    "javascript:alert(1)",
    "a&amp;b",
    "%2e%2e",
    "\ud800",
  ];
  const page = renderListing('/<b>"', names.map((name) => entry(name)));
  assert(!page.includes("<script"));
  assert(!page.includes("<b>"));
  for (const [tag] of page.matchAll(/<a[^>]*>/g)) {
    assert(/^<a href="[^"'<>]*">$/.test(tag), tag);
  }
  for (const [, href = ""] of page.matchAll(/href="([^"]*)"/g)) {
    assert(href === "../" || /^\.\/[\w%.()'-]*\/?$/.test(unescape(href)), href);
  }
  assertStringIncludes(page, 'href="./a%26amp%3Bb"');
  assertStringIncludes(page, 'href="./%252e%252e"');
});

function unescape(text: string): string {
  return text.replaceAll("&#39;", "'");
}

Deno.test("renderListing() shows no more than it may", () => {
  const many = Array.from({ length: 10_003 }, (_, at) => entry(`f${at}`));
  assertStringIncludes(renderListing("", many), "\n... and 3 more\n");
});
