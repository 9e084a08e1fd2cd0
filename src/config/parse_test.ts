/** File and `-g` together: duplicates, places, the order of errors. */

import { assertEquals } from "@std/assert";
import { formatConfigError, problemAt, remarkAt } from "./error.ts";
import type { Parsed } from "./parse.ts";
import { parseSettings } from "./parse.ts";

// deno-lint-ignore-file camelcase -- directives have nginx's names

function parse(text: string | undefined, globals?: string): Parsed {
  const file = text === undefined ? undefined : { path: "/f", text };
  return parseSettings({ file, globals });
}

Deno.test("parseSettings() merges -g and the file", () => {
  const parsed = parse('{ "pid": "x" }', "worker_processes 2;");
  assertEquals(parsed.errors, []);
  assertEquals(parsed.settings, { pid: "x", worker_processes: 2 });
});

Deno.test("parseSettings() takes a directive in both for a duplicate", () => {
  const { errors, settings } = parse('{\n  "pid": "x"\n}', "pid y;");
  assertEquals(errors.map(formatConfigError), [
    '/f:2:3: "pid" directive is duplicate',
  ]);
  assertEquals(settings, { pid: "y" });
});

Deno.test("parseSettings() reports nothing else when the syntax is broken", () => {
  const { errors, usable } = parse('{ "pidd": 5 "x": 1 }');
  assertEquals(usable, false);
  assertEquals(errors.map(formatConfigError), [
    '/f:1:13: syntax error: "," expected',
  ]);
});

Deno.test("parseSettings() goes on after a duplicate", () => {
  const { errors, usable } = parse('{ "pid": "x", "pid": 5, "pools": 5 }');
  assertEquals(usable, true);
  assertEquals(errors.map(formatConfigError), [
    '/f:1:15: "pid" directive is duplicate',
    "/f:1:25: pools: must be an object with one entry per pool, got 5",
  ]);
});

Deno.test("locate() finds the nearest place there is", () => {
  const { locate } = parse('{\n "pools": {\n  "web": {}\n } }', "listen [5];");
  const place = (path: readonly (string | number)[] | undefined) =>
    formatConfigError(locate(remarkAt(path, "x")));
  assertEquals(place(["pools", "web", "app"]), "/f:3:3: x");
  assertEquals(place(["pools"]), "/f:2:2: x");
  assertEquals(place(["listen", 0]), "-g:1:9: x");
  assertEquals(place([]), "/f: x");
  assertEquals(place(undefined), "x");
});

Deno.test("locate() keeps what the problem says", () => {
  const { locate } = parse('{ "pid": "x" }');
  assertEquals(
    formatConfigError(locate(problemAt(["pid"], "got 5", "a path"))),
    "/f:1:3: pid: must be a path, got 5",
  );
});
