/**
 * The rules of the project, run over its source. What they are is data in
 * `architecture.ts`, how they are checked is in `tidy/`. Each failure names
 * the remedy: "X is banned, use Y" (TigerBeetle's way).
 */

import { assertEquals, assertGreater } from "@std/assert";
import { ROOTS } from "./architecture.ts";
import { RULES } from "./tidy/rule.ts";
import { readTree } from "./tidy/tree.ts";

const FILES = readTree(ROOTS);

Deno.test("tidy reads the source", () => {
  const paths = FILES.map(({ path }) => path);
  assertEquals(paths.includes("src/base/id.ts"), true);
  assertEquals(paths.includes("tests/tidy_test.ts"), true);
  assertGreater(FILES.flatMap(({ imports }) => imports).length, 20);
});

for (const { promise, check } of RULES) {
  Deno.test(`tidy: ${promise}`, () => {
    const lines = check(FILES).map(({ path, line, text }) =>
      `${path}:${line}: ${text}`
    );
    if (lines.length > 0) throw new Error(lines.join("\n"));
  });
}
