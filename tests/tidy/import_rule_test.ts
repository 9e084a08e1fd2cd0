/** The rules about imports, on source that breaks and that keeps them. */

import { assertEquals } from "@std/assert";
import {
  checkCycles,
  checkDead,
  checkLayers,
  checkPackages,
  checkRoles,
  checkSuites,
} from "./import_rule.ts";
import { places } from "./snippet.ts";

Deno.test("checkLayers() keeps the core away from the machine", () => {
  const text = (from: string): string => `import { a } from "${from}";\n`;
  assertEquals(
    places(checkLayers, {
      "src/core/worker.ts": text("../base/id.ts") + text("../os/fd.ts"),
      "src/core/master/step.ts": text("./state.ts") +
        text("../../config/config.ts"),
      "src/os/fd.ts": text("../log/line.ts"),
      "src/os/fd_test.ts": text("../../tests/support/until.ts"),
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
    places(checkRoles, {
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
    places(checkPackages, {
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
  assertEquals(places(checkCycles, sources), ["src/base/a.ts:1"]);
  assertEquals(
    places(checkCycles, { ...sources, "src/base/c.ts": "" }),
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
  assertEquals(places(checkDead, sources), ["src/base/dead.ts:1"]);
  const { "main.ts": _, ...unfinished } = sources;
  assertEquals(places(checkDead, unfinished), []);
});

Deno.test("checkSuites() finds a test that no suite runs", () => {
  assertEquals(
    places(checkSuites, {
      "examples/a_test.ts": "",
      "src/base/b_test.ts": "",
      "tests/c_test.ts": "",
      "tests/e2e/d_test.ts": "",
    }),
    ["examples/a_test.ts:1", "tests/c_test.ts:1"],
  );
});
