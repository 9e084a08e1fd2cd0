/** Every directive, good and bad, with the exact message. */

// deno-lint-ignore-file camelcase -- directives have nginx's names

import { assertEquals } from "@std/assert";
import type { Checked } from "./check.ts";
import { checkSettings } from "./check.ts";
import type { Raw } from "./document.ts";
import type { Problem } from "./error.ts";
import { errorWithoutPlace, formatConfigError } from "./error.ts";

const PATH = "must be a path";
const SIZE = 'must be a size such as "512k", "64m" or "2g"';
const TIME = 'must be a time such as "30s" or "1h30m", at most "24d"';
const POSITIVE_TIME = 'must be a time such as "30s" or "1h30m", "1ms" to "24d"';
const ACCOUNT = 'must be "user" or "user group"';
const BOOLEAN = "must be true or false";
const LISTEN =
  'must be an address such as "127.0.0.1:8080", an object with one, or a list';
const ADDRESS =
  'must be an address such as "127.0.0.1:8080", "[::1]:80" or "unix:/path"';
const LOG = 'must be a path, "stderr" or an object with "path", "level", ' +
  '"format"';
const MASKS =
  'must be "auto" or masks of 0 and 1 such as "01 10" or ["01", "10"]';
const WORKERS = 'must be "auto" or an integer from 1 to 512';

function linesOf(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ path: _, ...what }) =>
    formatConfigError({ ...errorWithoutPlace(""), ...what })
  );
}

function check(raw: Raw): readonly string[] {
  return linesOf(checkSettings(raw).problems);
}

/** Directive, what it takes, and what it says to what it does not take. */
const DIRECTIVES: readonly [string, unknown[], string, unknown[]][] = [
  ["pid", ["x.pid", "/run/x.pid"], PATH, ["", 5, null, "a\0b"]],
  ["user", ["www", "www adm"], ACCOUNT, ["", "a b c", "a  b", 0]],
  ["group", ["adm"], "must be the name of a group", ["", "a b", 4]],
  ["working_directory", [".", "/srv"], PATH, ["", true]],
  [
    "env",
    [{}, { A: "1", B: null, C: "" }],
    "must be an object of strings and nulls",
    ["A=1", ["A"], [], null],
  ],
  ["clear_env", [true, false], BOOLEAN, ["on", 1, null]],
  [
    "error_log",
    ["stderr", "log", {}, { path: "x", level: "debug", format: "json" }],
    LOG,
    [5, "", [], null],
  ],
  ["worker_processes", ["auto", 1, 512], WORKERS, ["many", 0, 513, 1.5, "4"]],
  [
    "worker_priority",
    [-20, 0, 20],
    "must be an integer from -20 to 20",
    [-21, 21, "5", 0.5],
  ],
  [
    "worker_rlimit_nofile",
    [1, 65_536],
    "must be an integer from 1 to 2147483584",
    [0, -1, "1k", 2_147_483_585],
  ],
  ["worker_rlimit_core", [0, "5m", 1024], SIZE, ["5x", -1, 1.5, null]],
  [
    "worker_cpu_affinity",
    ["auto", "01", "01 10", ["01", "10"]],
    MASKS,
    ["", "2", 10, [], "auto 01"],
  ],
  ["worker_shutdown_timeout", [0, "0", "30s", "24d"], TIME, ["x", "25d", -1]],
  ["worker_startup_timeout", ["1ms", 30], POSITIVE_TIME, [0, "0s", "x"]],
  ["keepalive_drain", [0, "5s"], TIME, [true, "5 s"]],
  [
    "worker_generations",
    [1, 64],
    "must be an integer from 1 to 64",
    [0, 65, "4"],
  ],
  [
    "listen",
    ["8080", { address: "80" }, ["80", { address: "81", backlog: 1 }]],
    LISTEN,
    [8080, "", [], null, true],
  ],
  ["app", ["./server.ts"], 'must be a file such as "./server.ts"', ["", 5]],
  [
    "pools",
    [{ web: {} }, { a: { app: "x" }, "b-1_c": {} }],
    "must be an object with one entry per pool",
    [{}, [], "web", 5, null],
  ],
  ["$schema", ["./procmgr.schema.json"], "must be a string", [5]],
];

for (const [name, good, expected, bad] of DIRECTIVES) {
  Deno.test(`checkSettings() takes ${name} as documented`, () => {
    for (const value of good) assertEquals(check({ [name]: value }), []);
  });

  Deno.test(`checkSettings() says what ${name} must be`, () => {
    for (const value of bad) {
      const got = JSON.stringify(value);
      const line = `${name}: ${expected}, got ${got}`;
      assertEquals(check({ [name]: value }), [line]);
    }
  });
}

Deno.test("checkSettings() says what is wrong inside a directive", () => {
  const cases: readonly [Raw, readonly string[]][] = [
    [{ listen: {} }, [`listen.address: ${ADDRESS}, got nothing`]],
    [{ listen: ["80", 5] }, [`listen: ${LISTEN}, got 5`]],
    [{ listen: { address: "80", backlog: 0 } }, [
      "listen.backlog: must be an integer from 1 to 65535, got 0",
    ]],
    [{ listen: [{ address: "80", reuseport: 1, mode: "9", owner: "" }] }, [
      `listen.reuseport: ${BOOLEAN}, got 1`,
      'listen.mode: must be octal permission bits such as "0660", got "9"',
      `listen.owner: ${ACCOUNT}, got ""`,
    ]],
    [{ listen: { address: "80", ipv6only: "on" } }, [
      `listen.ipv6only: ${BOOLEAN}, got "on"`,
    ]],
    [{ error_log: { path: 5, level: "loud", format: "xml" } }, [
      'error_log.path: must be a path or "stderr", got 5',
      'error_log.level: must be one of "emerg", "alert", "crit", "error", ' +
      '"warn", "notice", "info", "debug", got "loud"',
      'error_log.format: must be "text" or "json", got "xml"',
    ]],
    [{ env: { A: 1, "B=C": "x", D: "a\0" } }, [
      "env.A: must be a string or null, got 1",
      'env: must be the name of a variable, without "=", got "B=C"',
      'env.D: must be a string or null, got "a\\u0000"',
    ]],
    [{ worker_cpu_affinity: ["01", "x"] }, [
      `worker_cpu_affinity: ${MASKS}, got "x"`,
    ]],
    [{ pools: { web: [] } }, [
      "pools.web: must be an object of directives, got []",
    ]],
    [{ error_log: ["x"] }, [`error_log: ${LOG}, got ["x"]`]],
    [{ listen: [[]] }, [`listen: ${LISTEN}, got []`]],
    [{ pools: { Web: {}, api: 5, b: { worker_processes: 0 } } }, [
      'pools: must be a name of at most 64 of a-z, 0-9, "_" and "-" that ' +
      'starts with a letter, got "Web"',
      "pools.api: must be an object of directives, got 5",
      `worker_processes: ${WORKERS}, got 0`,
    ]],
  ];
  for (const [raw, lines] of cases) assertEquals(check(raw), lines);
});

Deno.test("checkSettings() finds every unknown name and the nearest known", () => {
  const raw = {
    worker_proceses: 4,
    server_name: "x",
    toString: 1,
    listen: [{ address: "80", backlg: 5 }],
    error_log: { lvel: "info" },
    pools: { web: { worker_prioritty: 1, ap: "x" } },
  };
  assertEquals(check(raw), [
    'unknown directive "worker_proceses", did you mean "worker_processes"?',
    'unknown directive "server_name"',
    'unknown directive "toString"',
    'unknown directive "backlg", did you mean "backlog"?',
    'unknown directive "lvel", did you mean "level"?',
    'unknown directive "worker_prioritty", did you mean "worker_priority"?',
    'unknown directive "ap", did you mean "app"?',
  ]);
});

Deno.test("checkSettings() refuses names that are objects' own", () => {
  const raw = JSON.parse(
    '{"__proto__": 1, "env": {"constructor": "x"}, "pools": {"w": {}, "prototype": {}}}',
  );
  assertEquals(check(raw), [
    'unknown directive "__proto__"',
    'the name "constructor" is reserved',
    'the name "prototype" is reserved',
  ]);
});

Deno.test("checkSettings() says what this version does not have", () => {
  assertEquals(
    check({ daemon: true, master_process: true, debug_points: "abort" }),
    [],
  );
  assertEquals(
    check({
      daemon: "yes",
      master_process: "no",
      debug_points: "yes",
      exec: ["x"],
      pools: { web: { exec: [] } },
    }),
    [
      '"exec" directive is not supported by this version',
      '"exec" directive is not supported by this version',
      'daemon: must be true or false, got "yes"',
      'master_process: must be true or false, got "no"',
      'debug_points: must be "off", "stop" or "abort", got "yes"',
    ],
  );
});

Deno.test("checkSettings() refuses main directives in a pool as nginx does", () => {
  const pool = { pid: "x", worker_generations: 4, pools: {}, daemon: false };
  assertEquals(check({ pools: { web: pool } }), [
    '"pid" directive is not allowed here',
    '"worker_generations" directive is not allowed here',
    '"pools" directive is not allowed here',
    '"daemon" directive is not allowed here',
  ]);
});

Deno.test("checkSettings() names what is wrong in a zone of the cache", () => {
  assertEquals(
    check({
      cache: {
        one: { path: "c", levels: "3", max_size: "1x", manager_files: 0 },
        two: { levels: "1:2:2:2", inactive: 0, loader_sleep: "-1" },
        Three: { path: "d" },
        four: 5,
        five: { path: "e", keys_zone: "x" },
      },
    }),
    [
      'unknown directive "keys_zone"',
      'cache.one.levels: must be "" or one to three of 1 and 2, such as ' +
      '"1:2", got "3"',
      'cache.one.max_size: must be a size such as "512k", "64m" or "2g", ' +
      'got "1x"',
      "cache.one.manager_files: must be an integer from 1 to 1000000, got 0",
      "cache.two.path: must be a path, got nothing",
      'cache.two.levels: must be "" or one to three of 1 and 2, such as ' +
      '"1:2", got "1:2:2:2"',
      'cache.two.inactive: must be a time such as "30s" or "1h30m", ' +
      '"1ms" to "24d", got 0',
      'cache.two.loader_sleep: must be a time such as "30s" or "1h30m", ' +
      'at most "24d", got "-1"',
      'cache: must be a name of at most 64 of a-z, 0-9, "_" and "-" that ' +
      'starts with a letter, got "Three"',
      "cache.four: must be an object of directives, got 5",
    ],
  );
  assertEquals(check({ cache: {} }), [
    "cache: must be an object with one entry per zone, got {}",
  ]);
  assertEquals(check({ pools: { web: { cache: { one: {} } } } }), [
    '"cache" directive is not allowed here',
  ]);
});

Deno.test("checkSettings() leaves what is valid to be resolved", () => {
  const { settings }: Checked = checkSettings({
    pid: 5,
    user: "a b c",
    group: "adm",
    worker_processes: 2,
    listen: ["80", 5, { address: "82", backlog: 0 }],
    pools: { web: { app: 5, worker_processes: 3 }, api: 5 },
  });
  const listen: unknown[] = ["80", , { address: "82" }];
  assertEquals(settings as Raw, {
    worker_processes: 2,
    listen,
    pools: { web: { worker_processes: 3 } },
  });
});

Deno.test("checkSettings() asks for no app when a broken one was taken out", () => {
  const required = (raw: Raw) => checkSettings(raw).appRequired;
  assertEquals(required({}), true);
  assertEquals(required({ pid: 5 }), true);
  assertEquals(required({ app: 5 }), false);
  assertEquals(required({ ap: "x" }), false);
  assertEquals(required({ static: {} }), false);
});

Deno.test("checkSettings() knows the options of static and access_log", () => {
  const site = {
    root: ".",
    index: ["a.html", "b.html"],
    types: { ts: "text/typescript", md: "text/markdown; charset=utf-8" },
    cache_control: "public, max-age=3600",
  };
  assertEquals(check({ static: site, access_log: { path: "a" } }), []);
  assertEquals(
    check({
      static: {
        index: "..",
        gzip: true,
        max_ranges: 1001,
        charset: "",
        cache_control: "a\nb",
        types: { ".ts": "text/x", TS: "text/x", md: "markdown" },
      },
      access_log: { path: "a", buffer: "x", flush: 0, formt: "json" },
    }).toSorted(),
    [
      'access_log.buffer: must be a size such as "512k", "64m" or "2g", ' +
      'got "x"',
      'access_log.flush: must be a time such as "30s" or "1h30m", "1ms" to ' +
      '"24d", got 0',
      "static.cache_control: must be a header's value such as \"public, " +
      'max-age=3600", got "a\\nb"',
      'static.charset: must be a charset such as "utf-8", or "off", got ""',
      'static.index: must be the name of a file, or a list of names, got ".."',
      "static.max_ranges: must be an integer from 0 to 1000, got 1001",
      "static.root: must be a folder, got nothing",
      'static.types.md: must be an object such as { "txt": "text/plain" }, ' +
      'got "markdown"',
      "static.types: must be an extension in lower case, without its dot, " +
      'got ".ts"',
      "static.types: must be an extension in lower case, without its dot, " +
      'got "TS"',
      'unknown directive "formt", did you mean "format"?',
      'unknown directive "gzip"',
    ],
  );
});
