/** The lines an operator reads, and the nearest name. */

import { assertEquals } from "@std/assert";
import type { ConfigError } from "./error.ts";
import {
  directiveName,
  errorWithoutPlace,
  formatConfigError,
  nearest,
  problemAt,
  quote,
  remarkAt,
  sortErrors,
} from "./error.ts";

const PLACED: ConfigError = {
  file: "/abs/procmgr.jsonc",
  line: 3,
  column: 5,
  directive: "worker_processes",
  wrong: 'got "many"',
  expected: '"auto" or an integer from 1 to 512',
};

Deno.test("formatConfigError() names place, directive and what is expected", () => {
  assertEquals(
    formatConfigError(PLACED),
    '/abs/procmgr.jsonc:3:5: worker_processes: must be "auto" or an integer ' +
      'from 1 to 512, got "many"',
  );
});

Deno.test("formatConfigError() leaves out what is not known", () => {
  const { wrong } = PLACED;
  assertEquals(formatConfigError(errorWithoutPlace(wrong)), 'got "many"');
  assertEquals(
    formatConfigError({ ...errorWithoutPlace(wrong), file: "/a" }),
    '/a: got "many"',
  );
  assertEquals(
    formatConfigError({ ...PLACED, directive: undefined, expected: undefined }),
    '/abs/procmgr.jsonc:3:5: got "many"',
  );
});

Deno.test("directiveName() leaves out pools and indexes", () => {
  assertEquals(directiveName(["pid"]), "pid");
  assertEquals(directiveName(["listen", 1, "backlog"]), "listen.backlog");
  assertEquals(directiveName(["pools", "web", "listen", 0]), "listen");
  assertEquals(directiveName(["pools", "web", "env", "A"]), "env.A");
  assertEquals(directiveName(["pools", "web"]), "pools.web");
  assertEquals(directiveName(["pools"]), "pools");
});

Deno.test("problemAt() names the directive, remarkAt() does not", () => {
  assertEquals(problemAt(["pid"], "wrong").directive, "pid");
  assertEquals(remarkAt(["pid"], "wrong").directive, undefined);
});

Deno.test("quote() shows at most 64 characters", () => {
  assertEquals(quote("x"), '"x"');
  assertEquals(quote(undefined), "nothing");
  assertEquals(quote("x".repeat(100)), `"${"x".repeat(60)}...`);
});

Deno.test("nearest() finds the name that was meant", () => {
  const known = ["worker_processes", "worker_priority", "pid", "app", "listen"];
  const typos: readonly [string, string | undefined][] = [
    ["worker_proceses", "worker_processes"],
    ["workerProcesses", "worker_processes"],
    ["worker_process", "worker_processes"],
    ["wroker_processes", "worker_processes"],
    ["lisen", "listen"],
    ["listne", "listen"],
    ["pdi", "pid"],
    ["ap", "app"],
    ["server_name", undefined],
    ["x", undefined],
    ["", undefined],
    ["w".repeat(1_000_000), undefined],
  ];
  for (const [typo, wanted] of typos) {
    assertEquals(nearest(typo, known), wanted, typo.slice(0, 40));
  }
});

Deno.test("sortErrors() puts the command line first, then lines and columns", () => {
  const file = (line: number, column: number) => ({ ...PLACED, line, column });
  const globals = { ...PLACED, file: "-g", line: 9 };
  const nowhere = errorWithoutPlace("x");
  const unplaced = { ...nowhere, file: "/abs/procmgr.jsonc" };
  assertEquals(
    sortErrors([
      file(3, 1),
      file(2, 9),
      file(2, 1),
      unplaced,
      globals,
      nowhere,
    ]),
    [nowhere, globals, unplaced, file(2, 1), file(2, 9), file(3, 1)],
  );
});
