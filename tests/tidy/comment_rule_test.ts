/** The rules about explanations, on source that breaks and that keeps them. */

import { assertEquals } from "@std/assert";
import {
  checkDocstrings,
  checkHeads,
  checkSources,
  checkUnitTests,
} from "./comment_rule.ts";
import { places } from "./snippet.ts";

Deno.test("checkHeads() tells a head comment from a docstring", () => {
  assertEquals(
    places(checkHeads, {
      "src/a.ts": '/** A. */\n\nimport "b";',
      "src/b.ts": '/** A. */\nimport "b";',
      "src/c.ts": "/** A. */\nexport const a = 1;",
      "src/d.ts": 'import "b";\n/** A. */',
      "src/e.ts": "// A.\n\nconst a = 1;",
      "src/f.ts": "// deno-lint-ignore-file no-console\n/** A. */\n\nb();",
      "src/g.ts": "/** A. */\n\n/** B. */\nexport const a = 1;",
    }),
    ["src/c.ts:1", "src/d.ts:1", "src/e.ts:1"],
  );
});

Deno.test("checkDocstrings() wants one on each export of src/", () => {
  assertEquals(
    places(checkDocstrings, {
      "src/os/a.ts": [
        "/** A. */",
        "export const a = 1;",
        "export function b(): void {}",
        "/** C. */",
        "// deno-lint-ignore no-explicit-any",
        "export type C = any;",
        "/** D. */",
        "export function d(a: string): void;",
        "export function d(a: number): void;",
        "/** E. */",
        "",
        "export interface E {}",
      ].join("\n"),
      "src/os/a_test.ts": "export const a = 1;",
      "tests/support/a.ts": "export const a = 1;",
    }),
    ["src/os/a.ts:3", "src/os/a.ts:12"],
  );
});

Deno.test("checkSources() wants a source in core/ and os/", () => {
  assertEquals(
    places(checkSources, {
      "src/core/a.ts": "/** Decides. */",
      "src/core/b.ts": "/** nginx: src/os/unix/ngx_process.c */",
      "src/os/c.ts": "/** man 2 waitpid */",
      "src/os/d.ts": 'const source = "man 2 waitpid";',
      "src/log/e.ts": "/** Writes. */",
    }),
    ["src/core/a.ts:1", "src/os/d.ts:1"],
  );
});

Deno.test("checkUnitTests() wants a test beside pure code", () => {
  assertEquals(
    places(checkUnitTests, {
      "src/core/tested.ts": "export function a(): void {}",
      "src/core/tested_test.ts": "",
      "src/core/untested.ts": "export const a = 1;",
      "src/core/type_only.ts": "export interface A { const: 1 }\n" +
        "declare const b: unique symbol;\ntype C = (d: number) => void;",
      "src/os/impure.ts": "export function a(): void {}",
    }),
    ["src/core/untested.ts:1"],
  );
});
