/** The rules about names, on source that breaks and that keeps them. */

import { assertEquals } from "@std/assert";
import {
  checkBarrels,
  checkDeclarations,
  checkFileNames,
  checkPrivates,
  checkTenses,
  checkUnits,
} from "./name_rule.ts";
import { places } from "./snippet.ts";

Deno.test("checkFileNames() wants a noun in snake_case", () => {
  assertEquals(
    places(checkFileNames, {
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
    places(checkTenses, {
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
    places(checkUnits, {
      "src/config/config.ts": `interface A {\n${source}\n}`,
      "src/config/pool.ts": source,
    }),
    [3, 5, 6].map((line) => `src/config/config.ts:${line}`),
  );
});

Deno.test("checkDeclarations() finds functions in constants", () => {
  assertEquals(
    places(checkDeclarations, {
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
    places(checkPrivates, {
      "src/os/a.ts":
        "class A {\nprivate b = 1;\n#c = 2;\nd = { private: 1 };\n" +
        "private constructor() {}\n}",
    }),
    ["src/os/a.ts:2"],
  );
});

Deno.test("checkBarrels() bans exporting from another file", () => {
  assertEquals(
    places(checkBarrels, {
      "src/os/a.ts": 'export * from "./b.ts";\nexport { c } from "./d.ts";\n' +
        'export type { e } from "./f.ts";\nconst g = 1;\nexport { g };',
    }),
    ["src/os/a.ts:1", "src/os/a.ts:2", "src/os/a.ts:3"],
  );
});
