/** What is kept, what is let go, and in which order. */

import { assertEquals } from "@std/assert";
import { type SmallFile, SmallFiles } from "./small_files.ts";

function file(length: number): SmallFile {
  const facts = {
    kind: "file",
    size: length,
    mtimeMs: 0,
    ctimeMs: 0,
    dev: 0,
    ino: 0,
  } as const;
  return { facts, bytes: new Uint8Array(length) };
}

function kept(files: SmallFiles, paths: string): string {
  return [...paths].filter((path) => files.get(path) !== undefined).join("");
}

Deno.test("SmallFiles keeps what was used last", () => {
  const files = new SmallFiles({ filesMax: 3 });
  for (const path of "abc") files.set(path, file(1));
  files.get("a");
  files.set("d", file(1));
  assertEquals(kept(files, "abcd"), "acd");
});

Deno.test("SmallFiles keeps no more bytes than it may", () => {
  const files = new SmallFiles({ bytesMax: 10_000 });
  for (const path of "abcd") files.set(path, file(3000));
  assertEquals(kept(files, "abcd"), "cd");
  files.set("c", file(1));
  files.set("e", file(3000));
  assertEquals(kept(files, "abcde"), "cde");
  files.set("f", file(20_000));
  assertEquals(kept(files, "abcdef"), "");
});

Deno.test("SmallFiles forgets what it is told to", () => {
  const files = new SmallFiles();
  files.set("a", file(1));
  files.delete("a");
  files.delete("b");
  assertEquals(kept(files, "ab"), "");
});
