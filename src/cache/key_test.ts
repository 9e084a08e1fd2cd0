/** Where an entry lies. */

import { assert, assertEquals } from "@std/assert";
import { fileOf, folderOf, hashOf, isHash, TEMPORARY } from "./key.ts";

const HASH = "b7f54b2df7773722d382f4809d65029c";

Deno.test("an entry lies where nginx puts it", () => {
  assertEquals(fileOf(HASH, [1, 2]), `c/29/${HASH}`);
  assertEquals(fileOf(HASH, [2, 2, 1]), `9c/02/5/${HASH}`);
  assertEquals(folderOf(HASH, [1]), "c");
  assertEquals(fileOf(HASH, []), HASH);
});

Deno.test("a hash is 32 hexadecimal digits, and nothing else is one", () => {
  const hash = hashOf("GET https://example.com/");
  assert(isHash(hash));
  assertEquals(hash, hashOf("GET https://example.com/"));
  assert(hash !== hashOf("GET https://example.com/?"));
  for (const no of ["", HASH.toUpperCase(), `${HASH}0`, "x".repeat(32), 1]) {
    assertEquals(isHash(no), false);
  }
});

Deno.test("temporary files are hidden from who walks through a zone", () => {
  assert(TEMPORARY.startsWith("."));
});
