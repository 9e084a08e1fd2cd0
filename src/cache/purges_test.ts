/** Entries that were purged before anybody told of them. */

import { assertEquals } from "@std/assert";
import type { FiledEntry } from "./notice.ts";
import { Purges } from "./purges.ts";

function entryOf(atMs: number, ...tags: readonly string[]): FiledEntry {
  return { hash: "x", bytes: 1, atMs, tags };
}

Deno.test("what was stored until a purge of its tag is purged", () => {
  const purges = new Purges();
  purges.add({ tag: "a", atMs: 100 }, 100);
  assertEquals(purges.has(entryOf(100, "b", "a")), true);
  assertEquals(purges.has(entryOf(101, "a")), false);
  assertEquals(purges.has(entryOf(50, "b")), false);
  assertEquals(purges.has(entryOf(0)), false);
});

Deno.test("purges are forgotten, the oldest first", () => {
  const purges = new Purges();
  for (let number = 0; number < 1500; number++) {
    purges.add({ tag: `${number}`, atMs: 100 }, 100);
  }
  assertEquals(purges.has(entryOf(1, "499")), false);
  assertEquals(purges.has(entryOf(1, "500")), true);
  purges.add({ tag: "new", atMs: 100_000 }, 100_000);
  assertEquals(purges.has(entryOf(1, "1499")), false);
  assertEquals(purges.has(entryOf(1, "new")), true);
});
