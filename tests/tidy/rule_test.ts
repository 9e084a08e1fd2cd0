/**
 * Each rule on source that breaks it and on source that keeps it: a rule that
 * cannot fail is no rule.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import * as ban from "./ban_rule.ts";
import * as comment from "./comment_rule.ts";
import * as imports from "./import_rule.ts";
import * as name from "./name_rule.ts";
import { RULES } from "./rule.ts";
import * as size from "./size_rule.ts";
import { type Finding, type SourceFile, toSourceFile } from "./tree.ts";

type Check = (files: readonly SourceFile[]) => Finding[];
type Sources = { readonly [path: string]: string };

/** The findings as `path:line`, in order. */
function places(check: Check, sources: Sources): string[] {
  const files = Object.entries(sources).map(([path, text]) =>
    toSourceFile(path, text)
  );
  return check(files).map((finding) => {
    assertMatch(finding.text, /is (?:banned|never run|within the limits)/);
    assertMatch(finding.text, /\b(?:use|say|import|move|remove|fix)\b/);
    return `${finding.path}:${finding.line}`;
  });
}

Deno.test("checkLayers() keeps the core away from the machine", () => {
  const text = (from: string): string => `import { a } from "${from}";\n`;
  assertEquals(
    places(imports.checkLayers, {
      "src/core/worker.ts": text("../base/id.ts") + text("../os/fd.ts"),
      "src/core/master/step.ts": text("./state.ts") +
        text("../../config/config.ts"),
      "src/os/fd.ts": text("../log/line.ts"),
      "src/config/load.ts": text("../os/file.ts"),
      "src/config/parse.ts": 'await import("../os/file.ts");',
      "src/log/line.ts": text("../os/fd.ts"),
      "src/http/server.ts": text("../core/connection.ts") +
        text("../core/worker.ts"),
      "src/role/master.ts": text("../cli/args.ts") + text("../os/fd.ts"),
      "src/base/id.ts": text("../../tests/support/until.ts"),
      "tests/e2e/a_test.ts": text("../../src/os/fd.ts"),
    }),
    [
      "src/core/worker.ts:2",
      "src/core/master/step.ts:2",
      "src/os/fd.ts:1",
      "src/config/parse.ts:1",
      "src/log/line.ts:1",
      "src/http/server.ts:2",
      "src/role/master.ts:1",
      "src/base/id.ts:1",
    ],
  );
});

Deno.test("checkRoles() keeps roles apart", () => {
  assertEquals(
    places(imports.checkRoles, {
      "src/role/worker.ts": 'import "./handover.ts";\nimport "./master.ts";',
      "src/role/worker_init.ts": 'import "./worker_drain.ts";',
      "src/role/master.ts": 'import "./worker_init.ts";',
      "src/role/perform.ts": 'import "./master_loop.ts";',
    }),
    ["src/role/worker.ts:2", "src/role/master.ts:1", "src/role/perform.ts:1"],
  );
});

Deno.test("checkPackages() keeps packages in their places", () => {
  assertEquals(
    places(imports.checkPackages, {
      "src/config/schema.ts": 'import * as v from "valibot";',
      "src/core/worker.ts": 'import "valibot";\nimport "node:net";',
      "src/core/worker_test.ts": 'import { assert } from "@std/assert";',
      "src/os/fd.ts": 'import "@std/assert";\nimport "node:net";',
      "tests/property/a_test.ts": 'import fc from "fast-check";',
      "bench/main.ts": 'import x from "left-pad";',
      "src/cli/args.ts": 'import { p } from "@std/cli/parse-args";',
    }),
    [
      "src/core/worker.ts:1",
      "src/core/worker.ts:2",
      "src/os/fd.ts:1",
      "bench/main.ts:1",
    ],
  );
});

Deno.test("checkCycles() finds a cycle once and names its files", () => {
  const sources = {
    "src/base/a.ts": 'import type { B } from "./b.ts";',
    "src/base/b.ts": 'import type { C } from "./c.ts";\nimport "./d.ts";',
    "src/base/c.ts": 'import { A } from "./a.ts";',
    "src/base/d.ts": "",
  };
  assertEquals(places(imports.checkCycles, sources), ["src/base/a.ts:1"]);
  assertEquals(
    places(imports.checkCycles, { ...sources, "src/base/c.ts": "" }),
    [],
  );
});

Deno.test("checkDead() follows imports of every kind from main.ts", () => {
  const sources = {
    "main.ts": 'await import("./src/role/a.ts");',
    "src/role/a.ts": 'const b = new URL("./b.ts", import.meta.url);',
    "src/role/b.ts": 'import type { C } from "../base/c.ts";',
    "src/base/c.ts": "",
    "src/base/dead.ts": "",
    "src/base/dead_test.ts": 'import "./dead.ts";',
  };
  assertEquals(places(imports.checkDead, sources), ["src/base/dead.ts:1"]);
  const { "main.ts": _, ...unfinished } = sources;
  assertEquals(places(imports.checkDead, unfinished), []);
});

Deno.test("checkSuites() finds a test that no suite runs", () => {
  assertEquals(
    places(imports.checkSuites, {
      "examples/a_test.ts": "",
      "src/base/b_test.ts": "",
      "tests/c_test.ts": "",
      "tests/e2e/d_test.ts": "",
    }),
    ["examples/a_test.ts:1", "tests/c_test.ts:1"],
  );
});

Deno.test("checkPure() finds every effect, in code only", () => {
  const source = [
    "const a = Deno.pid;",
    "async function b() {}",
    "const c = Date.now() + Math.random();",
    'import d from "node:net";',
    "setTimeout(a, 1);",
    'throw new Error("e");',
    "const f = `${performance.now()}`;",
    "function g(): Promise<void> {}",
    "console.log(1);",
    "// await Deno.Date throw",
    'const h = "await Promise";',
    "const i = { async: 1, Date: 2 }.async + j.performance;",
  ].join("\n");
  assertEquals(
    [...new Set(places(ban.checkPure, { "src/core/worker.ts": source }))],
    [4, 1, 2, 3, 5, 6, 7, 8, 9].map((line) => `src/core/worker.ts:${line}`),
  );
  for (const path of ["src/os/a.ts", "src/config/load.ts", "src/log/a.ts"]) {
    assertEquals(places(ban.checkPure, { [path]: source }), []);
  }
});

Deno.test("checkPure() lets only invariant() and ConfigError throw", () => {
  const text = "throw new ConfigError();\nthrow new InvariantError();\n";
  assertEquals(
    places(ban.checkPure, {
      "src/base/invariant.ts": text,
      "src/config/parse.ts": text,
      "src/cli/args.ts": text,
    }),
    [
      "src/base/invariant.ts:1",
      "src/config/parse.ts:2",
      "src/cli/args.ts:1",
      "src/cli/args.ts:2",
    ],
  );
});

Deno.test("checkPlaces() keeps FFI and child processes in their files", () => {
  const text = 'Deno.dlopen("", {});\nnew Deno.UnsafePointerView(a);\n' +
    'import "node:child_process";\nnew Deno.Command("a");\n';
  assertEquals(
    places(ban.checkPlaces, {
      "src/os/libc.ts": text,
      "src/os/child.ts": text,
      "tests/os/a_test.ts": text,
    }),
    [
      "src/os/libc.ts:3",
      "src/os/libc.ts:4",
      "src/os/child.ts:1",
      "src/os/child.ts:2",
      "src/os/child.ts:4",
    ],
  );
});

Deno.test("checkWaits() bans waiting for time in tests", () => {
  const text = "setTimeout(a, 5);\nawait delay(5);\nAtomics.wait(b, 0, 0);\n" +
    "const setTimeout = 1; // sleep(5)\n";
  assertEquals(
    places(ban.checkWaits, {
      "tests/e2e/a_test.ts": text,
      "tests/support/until.ts": text,
      "tests/fixture/slow.ts": text,
      "src/os/clock.ts": text,
      "src/os/clock_test.ts": "sleep(1);",
    }),
    [
      "tests/e2e/a_test.ts:1",
      "tests/e2e/a_test.ts:2",
      "tests/e2e/a_test.ts:3",
      "src/os/clock_test.ts:1",
    ],
  );
});

Deno.test("checkSynonyms() reads names and comments, not strings", () => {
  assertEquals(
    places(ban.checkSynonyms, {
      "src/os/child.ts": [
        "const workerEpoch = 1;",
        "/* the arbiter\n decides */",
        "function LaunchAll() {}",
        'const a = "epoch";',
        "const user_agent = 1; // the User-Agent header, logrotate",
        "const launchpad = a.rotated;",
      ].join("\n"),
      "bench/driver_pm2.ts": "// PM2's daemon is a monitor.",
    }),
    [1, 2, 4, 7].map((line) => `src/os/child.ts:${line}`),
  );
});

Deno.test("checkPostponed() wants an issue", () => {
  assertEquals(
    places(ban.checkPostponed, {
      "src/os/a.ts": '// TODO(#12): a\n// TODO: b\n/* FIXME */ "TODO";\n',
    }),
    ["src/os/a.ts:2", "src/os/a.ts:3"],
  );
});

Deno.test("checkSizes() counts lines, parameters and nesting", () => {
  const long = `function a() {\n${"  b();\n".repeat(69)}}\n`;
  const deep = "function a() { if (b) { if (c) { if (d) { if (e) { " +
    "if (f) { g(); } } } } } }\n";
  assertEquals(
    places(size.checkSizes, {
      "src/os/at_limit.ts": long.replace("  b();\n", ""),
      "src/os/long.ts": "\n" + long,
      "src/os/wide.ts": "function a(b, c, d, e, f) {}\n",
      "src/os/deep.ts": deep,
      "src/os/file.ts": "a();\n".repeat(401),
      "src/os/file_test.ts": "a();\n".repeat(800),
      "tests/os/file_test.ts": "a();\n".repeat(801),
    }),
    [
      "src/os/long.ts:2",
      "src/os/wide.ts:1",
      "src/os/deep.ts:1",
      "src/os/file.ts:1",
      "tests/os/file_test.ts:1",
    ],
  );
});

Deno.test("checkColumns() spares strings and addresses", () => {
  const wide = "x".repeat(80);
  assertEquals(
    places(size.checkColumns, {
      "src/os/a.ts": [
        wide,
        `${wide}y`,
        `// ${wide}`,
        `const a = "${wide}";`,
        `// https://example.org/${wide}`,
        `// ${"─".repeat(77)}`,
        `\`${wide}\n${wide}y\``,
      ].join("\n"),
    }),
    ["src/os/a.ts:2", "src/os/a.ts:3"],
  );
});

Deno.test("checkHeads() tells a head comment from a docstring", () => {
  assertEquals(
    places(comment.checkHeads, {
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
    places(comment.checkDocstrings, {
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
    places(comment.checkSources, {
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
    places(comment.checkUnitTests, {
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

Deno.test("checkFileNames() wants a noun in snake_case", () => {
  assertEquals(
    places(name.checkFileNames, {
      "src/os/unix_socket.ts": "",
      "src/os/unixSocket.ts": "",
      "src/os/utils.ts": "",
      "src/os/mod.ts": "",
      "src/cache/index.ts": "",
      "bench/driver_pm2.ts": "",
    }),
    ["src/os/unixSocket.ts:1", "src/os/utils.ts:1", "src/os/mod.ts:1"],
  );
});

Deno.test("checkTenses() knows events from effects", () => {
  const kinds = (kind: string): string =>
    `type A = { readonly kind: "${kind}" }`;
  assertEquals(
    places(name.checkTenses, {
      "src/core/master/event.ts": `${kinds("childExited")}\n${kinds("exit")}`,
      "src/core/master/effect.ts": `${kinds("spawn")}\n${kinds("spawned")}\n` +
        kinds("listenersClosed"),
      "src/core/master/notice.ts": kinds("whatever"),
    }),
    [
      "src/core/master/event.ts:2",
      "src/core/master/effect.ts:2",
      "src/core/master/effect.ts:3",
    ],
  );
});

Deno.test("checkUnits() reads the types of fields", () => {
  const source = [
    "readonly drainTimeoutMs: Milliseconds;",
    "readonly drainTimeout: Milliseconds;",
    "readonly ladderMs: readonly Milliseconds[];",
    "readonly sets: readonly (readonly number[])[];",
    "readonly limit?: number | undefined;",
    "readonly port: number;",
    "readonly coreBytes: Bytes | undefined;",
    "readonly name: string;",
    "readonly slotsMax: number;",
  ].join("\n");
  assertEquals(
    places(name.checkUnits, {
      "src/config/config.ts": `interface A {\n${source}\n}`,
      "src/config/pool.ts": source,
    }),
    [3, 5, 6].map((line) => `src/config/config.ts:${line}`),
  );
});

Deno.test("checkDeclarations() finds functions in constants", () => {
  assertEquals(
    places(name.checkDeclarations, {
      "src/os/a.ts": [
        "export const a = (b: number): number => b;",
        "const c = async () => {};",
        "const d = function () {};",
        "export type E = (a: number) => void;",
        "const f = [1].map((a) => a);",
        "const g = (1 + 2) * 3;",
        "function h() { const i = () => {}; }",
        "const j: () => void = k;",
      ].join("\n"),
    }),
    ["src/os/a.ts:1", "src/os/a.ts:2", "src/os/a.ts:3"],
  );
});

Deno.test("checkPrivates() wants #", () => {
  assertEquals(
    places(name.checkPrivates, {
      "src/os/a.ts":
        "class A {\nprivate b = 1;\n#c = 2;\nd = { private: 1 };\n}",
    }),
    ["src/os/a.ts:2"],
  );
});

Deno.test("checkBarrels() bans exporting from another file", () => {
  assertEquals(
    places(name.checkBarrels, {
      "src/os/a.ts": 'export * from "./b.ts";\nexport { c } from "./d.ts";\n' +
        'export type { e } from "./f.ts";\nconst g = 1;\nexport { g };',
    }),
    ["src/os/a.ts:1", "src/os/a.ts:2", "src/os/a.ts:3"],
  );
});

Deno.test("RULES has every rule once", () => {
  const checks = [ban, comment, imports, name, size]
    .flatMap((module) => Object.entries(module))
    .filter(([key]) => key.startsWith("check"))
    .map(([, check]) => check);
  assertEquals(checks.length, RULES.length);
  for (const check of checks) {
    assert(RULES.some((rule) => rule.check === check));
  }
});
