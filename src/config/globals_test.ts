/** `-g`. nginx: src/core/ngx_conf_file.c, ngx_conf_read_token. */

import { assertEquals } from "@std/assert";
import { formatConfigError } from "./error.ts";
import { parseGlobals } from "./globals.ts";

// deno-lint-ignore-file camelcase -- directives have nginx's names

Deno.test("parseGlobals() reads nginx's form", () => {
  const cases: readonly [string, unknown][] = [
    ["", {}],
    ["  ", {}],
    ["worker_processes 4;", { worker_processes: 4 }],
    ["clear_env on; daemon off;", { clear_env: true, daemon: false }],
    ["clear_env true;", { clear_env: true }],
    ["pid /run/x.pid;\n user www adm ;", {
      pid: "/run/x.pid",
      user: "www adm",
    }],
    ["listen 8080;", { listen: "8080" }],
    ["worker_cpu_affinity 10;", { worker_cpu_affinity: "10" }],
    ["worker_rlimit_core 5m;", { worker_rlimit_core: "5m" }],
    ["worker_priority -5;", { worker_priority: -5 }],
    ['pid "a;b";', { pid: "a;b" }],
    ['pid "a\\";b";', { pid: 'a";b' }],
    ['env {"A": "1;2", "B": null};', { env: { A: "1;2", B: null } }],
    ['listen ["80", "81"];', { listen: ["80", "81"] }],
    ['{ "pid": "x", "listen": "80" }', { pid: "x", listen: "80" }],
  ];
  for (const [text, value] of cases) {
    const document = parseGlobals(text);
    assertEquals(document.errors, [], text);
    assertEquals(document.value, value, text);
  }
});

Deno.test("parseGlobals() names -g in its errors", () => {
  const cases: readonly [string, readonly string[]][] = [
    ["daemon off", [
      '-g:1:11: unexpected end of parameter, expecting ";"',
    ]],
    ["pid x; pid y;", ['-g:1:8: "pid" directive is duplicate']],
    ["pid x;;", ['-g:1:7: unexpected ";"']],
    ['"pid" x;', ["-g:1:1: the name of a directive expected"]],
    ["env {];", [
      '-g:1:6: syntax error: a name in double quotes or "}" expected',
    ]],
    ["pid;", ['-g:1:1: invalid number of arguments in "pid" directive']],
    ['{ "pid": }', ["-g:1:10: syntax error: a value expected"]],
    ['env {"A": 1, "A": 2};', ['-g:1:14: "A" directive is duplicate']],
  ];
  for (const [text, lines] of cases) {
    const { errors, duplicates } = parseGlobals(text);
    const found = [...errors, ...duplicates].map(formatConfigError);
    assertEquals(found.slice(0, 1), lines, text);
  }
});
