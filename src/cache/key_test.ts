/** Where an entry lies. */

import { assert, assertEquals } from "@std/assert";
import {
  fileOf,
  folderBytes,
  folderOf,
  hashOf,
  isHash,
  TEMPORARY,
} from "./key.ts";

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

Deno.test("folderBytes() is what as many folders take as there can be", () => {
  assertEquals(folderBytes(0, [1, 2]), 2 * 4096);
  assertEquals(folderBytes(3, [1, 2]), (2 + 3 + 3) * 4096);
  assertEquals(folderBytes(100, [1, 2]), (2 + 16 + 100) * 4096);
  assertEquals(folderBytes(1e6, [1, 2]), (2 + 16 + 4096) * 4096);
  assertEquals(folderBytes(1e6, []), 2 * 4096);
});
