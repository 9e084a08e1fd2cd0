/** The rules about bans, on source that breaks and that keeps them. */

import { assertEquals } from "@std/assert";
import {
  checkPlaces,
  checkPostponed,
  checkPure,
  checkSynonyms,
  checkWaits,
} from "./ban_rule.ts";
import { places } from "./snippet.ts";

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
    [...new Set(places(checkPure, { "src/core/worker.ts": source }))],
    [4, 1, 2, 3, 5, 6, 7, 8, 9].map((line) => `src/core/worker.ts:${line}`),
  );
  for (const path of ["src/os/a.ts", "src/config/load.ts", "src/log/a.ts"]) {
    assertEquals(places(checkPure, { [path]: source }), []);
  }
});

Deno.test("checkPure() lets only invariant() and ConfigError throw", () => {
  const text = "throw new ConfigError();\nthrow new InvariantError();\n";
  assertEquals(
    places(checkPure, {
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
    places(checkPlaces, {
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
    places(checkWaits, {
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
    places(checkSynonyms, {
      "src/os/child.ts": [
        "const workerEpoch = 1;",
        "/* the arbiter\n decides */",
        "function LaunchAll() {}",
        'const a = "epoch";',
        "const user_agent = 1; // the User-Agent header, arbiter.py",
        "const launchpad = a.rotated;",
      ].join("\n"),
      "bench/driver_pm2.ts": "// PM2's daemon is a monitor.",
    }),
    [1, 2, 4, 7].map((line) => `src/os/child.ts:${line}`),
  );
});

Deno.test("checkPostponed() wants an issue", () => {
  assertEquals(
    places(checkPostponed, {
      "src/os/a.ts": '// TODO(#12): a\n// TODO: b\n/* FIXME */ "TODO";\n',
    }),
    ["src/os/a.ts:2", "src/os/a.ts:3"],
  );
});
