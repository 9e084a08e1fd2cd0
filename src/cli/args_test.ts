/** argv, good and bad. nginx: src/core/nginx.c, ngx_get_options. */

import { assertEquals } from "@std/assert";
import type { Command } from "./args.ts";
import { parseArgs } from "./args.ts";

/** As a shell would split it. */
function parse(line: string): Command {
  return parseArgs(line === "" ? [] : line.split(" "));
}

const GOOD: readonly [string, Command][] = [
  ["", { kind: "run" }],
  ["server.ts", { kind: "run", app: "server.ts" }],
  ["-c a.jsonc", { kind: "run", configPath: "a.jsonc" }],
  ["-ca.jsonc", { kind: "run", configPath: "a.jsonc" }],
  ["--config a.jsonc", { kind: "run", configPath: "a.jsonc" }],
  ["--config=a.jsonc", { kind: "run", configPath: "a.jsonc" }],
  ["-p /srv", { kind: "run", prefix: "/srv" }],
  ["--prefix=/srv", { kind: "run", prefix: "/srv" }],
  ["-e stderr", { kind: "run", errorLogPath: "stderr" }],
  ["--error-log x.log", { kind: "run", errorLogPath: "x.log" }],
  ["-gpid=x;", { kind: "run", globals: "pid=x;" }],
  ["--globals={}", { kind: "run", globals: "{}" }],
  ["-c a -c b", { kind: "run", configPath: "b" }],
  ["-c -t", { kind: "run", configPath: "-t" }],
  ["x.ts -p /srv", { kind: "run", app: "x.ts", prefix: "/srv" }],
  ["-q", { kind: "run" }],
  ["-t", { kind: "test", dump: false, quiet: false }],
  ["--test", { kind: "test", dump: false, quiet: false }],
  ["-T", { kind: "test", dump: true, quiet: false }],
  ["--dump --quiet", { kind: "test", dump: true, quiet: true }],
  ["-tq", { kind: "test", dump: false, quiet: true }],
  ["-qT", { kind: "test", dump: true, quiet: true }],
  ["-tcx", { kind: "test", dump: false, quiet: false, configPath: "x" }],
  ["-tc x", { kind: "test", dump: false, quiet: false, configPath: "x" }],
  ["-t x.ts", { kind: "test", dump: false, quiet: false, app: "x.ts" }],
  ["-s quit", { kind: "signal", name: "quit", wait: false }],
  ["-sreload", { kind: "signal", name: "reload", wait: false }],
  ["--signal stop", { kind: "signal", name: "stop", wait: false }],
  ["--signal=reopen", { kind: "signal", name: "reopen", wait: false }],
  ["-s quit --wait", { kind: "signal", name: "quit", wait: true }],
  ["--wait -s quit", { kind: "signal", name: "quit", wait: true }],
  ["-s quit -p /srv", {
    kind: "signal",
    name: "quit",
    wait: false,
    prefix: "/srv",
  }],
  ["-s quit -t", { kind: "test", dump: false, quiet: false }],
  ["-v", { kind: "version", verbose: false }],
  ["--version", { kind: "version", verbose: false }],
  ["-V", { kind: "version", verbose: true }],
  ["-vV", { kind: "version", verbose: true }],
  ["-h", { kind: "help" }],
  ["-?", { kind: "help" }],
  ["--help", { kind: "help" }],
  ["-hv", { kind: "help" }],
  ["-v -t", { kind: "version", verbose: false }],
  ["--role=worker", { kind: "child", role: "worker" }],
  ["--role worker", { kind: "child", role: "worker" }],
  ["--role=cache_manager", { kind: "child", role: "cache_manager" }],
  ["--role=cache_loader", { kind: "child", role: "cache_loader" }],
];

const BAD: readonly [string, string][] = [
  ["-x", 'invalid option: "-x"'],
  ["-tx", 'invalid option: "-x"'],
  ["--nope", 'invalid option: "--nope"'],
  ["--", 'invalid option: "--"'],
  ["-", 'invalid option: "-"'],
  ["--test=1", 'invalid option: "--test=1"'],
  ["-s", 'option "-s" requires parameter'],
  ["-ts", 'option "-s" requires parameter'],
  ["-c", 'option "-c" requires file name'],
  ["-p", 'option "-p" requires directory name'],
  ["-g", 'option "-g" requires parameter'],
  ["-e", 'option "-e" requires file name'],
  ["--signal", 'option "--signal" requires parameter'],
  ["--config=", 'option "--config" requires file name'],
  ["-s foo", 'invalid option: "-s foo"'],
  ["-sHUP", 'invalid option: "-s HUP"'],
  ["--signal foo", 'invalid option: "--signal foo"'],
  ["--wait", 'option "--wait" requires "--signal"'],
  ["--wait -t", 'option "--wait" requires "--signal"'],
  ["a.ts b.ts", 'invalid option: "b.ts"'],
  ["--role=master", 'invalid option: "--role=master"'],
  // The first mistake is the one that is named, even beside -h.
  ["-h -x -y", 'invalid option: "-x"'],
];

for (const [line, command] of GOOD) {
  Deno.test(`parseArgs() understands ${JSON.stringify(line)}`, () => {
    assertEquals(parse(line), command);
  });
}

for (const [line, message] of BAD) {
  Deno.test(`parseArgs() refuses ${JSON.stringify(line)}`, () => {
    assertEquals(parse(line), { kind: "usage", message });
  });
}

Deno.test("parseArgs() takes spaces and semicolons as they come", () => {
  assertEquals(parseArgs(["-g", "daemon off; pid /run/x;"]), {
    kind: "run",
    globals: "daemon off; pid /run/x;",
  });
  assertEquals(parseArgs(["my app.ts"]), { kind: "run", app: "my app.ts" });
});

Deno.test("parseArgs() refuses empty arguments", () => {
  assertEquals(parseArgs([""]), {
    kind: "usage",
    message: 'invalid option: ""',
  });
  assertEquals(parseArgs(["-c", ""]), {
    kind: "usage",
    message: 'option "-c" requires file name',
  });
});

Deno.test("parseArgs() takes each of several URLs and tags to purge", () => {
  const argv = ["--purge-url=http://a/", "--purge-tag", "x", "--purge-url"];
  assertEquals(parseArgs([...argv, "https://b/?c", "-cf"]), {
    kind: "purge",
    urls: ["http://a/", "https://b/?c"],
    tags: ["x"],
    configPath: "f",
  });
  for (const url of ["a", "ftp://a/", "http://["]) {
    assertEquals(parseArgs(["--purge-url", url]), {
      kind: "usage",
      message: `invalid option: "--purge-url ${url}"`,
    });
  }
});
