/** One pool against the machine: each directive's value and its errors. */

// deno-lint-ignore-file camelcase -- directives have nginx's names

import { assertEquals } from "@std/assert";
import { toGid, toUid } from "../base/id.ts";
import { success } from "../base/system_error.ts";
import type { PoolConfig } from "./config.ts";
import type { Problem } from "./error.ts";
import type { Machine } from "./pool.ts";
import { resolvePool } from "./pool.ts";
import { resolveHttp } from "./http.ts";
import type { PoolSettings, Settings } from "./schema.ts";
import { noCertificate } from "../../tests/support/config.ts";

const MACHINE: Machine = {
  cpus: [0, 1, 2, 3],
  usableCpus: 3,
  isRoot: true,
  lookUpUser: (name) =>
    success(
      name === "www" ? { name, uid: toUid(33), gid: toGid(34) } : undefined,
    ),
  lookUpGroup: (name) => success(name === "adm" ? toGid(4) : undefined),
  appProblem: (path) =>
    path.endsWith(".ts")
      ? undefined
      : `open() "${path}" failed (2: No such file or directory)`,
  folderProblem: (path) =>
    path === "/srv/public" ? undefined : `"${path}" is not a folder`,
  isFolder: (path) => path === "/srv/public",
  appConfig: () => undefined,
  readCertificate: noCertificate,
};

interface Outcome {
  readonly config: PoolConfig;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

function resolve(
  pool: PoolSettings,
  { top = {}, machine = MACHINE }: {
    readonly top?: Settings;
    readonly machine?: Machine;
  } = {},
): Outcome {
  const found = { problems: [] as Problem[], warnings: [] as Problem[] };
  const config = resolvePool("web", {
    settings: { app: "top.ts", ...top, pools: { web: pool } },
    pool,
    errorLog: { path: undefined, level: "notice", format: "text" },
    origin: {
      file: "/srv/procmgr.jsonc",
      prefix: "/srv",
      app: undefined,
      errorLogPath: undefined,
      appRequired: true,
    },
    machine,
    found,
  });
  return { config, ...found };
}

function said(problems: readonly Problem[]): readonly unknown[] {
  return problems.map(({ path, wrong }) => [path?.join("."), wrong]);
}

Deno.test("resolvePool() fills in the defaults", () => {
  const { config, problems, warnings } = resolve({});
  assertEquals([...problems, ...warnings], []);
  const { listen, worker, ...rest } = config;
  assertEquals(
    { ...rest },
    {
      name: "web",
      workers: 3,
      startupTimeoutMs: 30_000,
      affinity: [],
      appConfig: undefined,
    } as unknown as typeof rest,
  );
  assertEquals(listen.map((one) => one.address), ["127.0.0.1:8080"]);
  assertEquals(
    worker,
    {
      app: "/srv/top.ts",
      static: undefined,
      responseCache: undefined,
      accessLog: undefined,
      errorLog: { path: undefined, level: "notice", format: "text" },
      user: undefined,
      workingDirectory: undefined,
      clearEnv: false,
      env: {},
      priority: undefined,
      cpus: undefined,
      rlimitNofile: undefined,
      rlimitCoreBytes: undefined,
      shutdownTimeoutMs: 30_000,
      keepaliveDrainMs: 5000,
      debugPoints: "off",
      http: resolveHttp(() => undefined),
      realIp: undefined,
    } as unknown as typeof worker,
  );
});

Deno.test("resolvePool() takes every directive", () => {
  const { config, problems } = resolve({
    app: "web.ts",
    listen: ["80", "unix:x"],
    worker_processes: 2,
    worker_priority: 20,
    worker_rlimit_nofile: 99,
    worker_rlimit_core: "5m",
    worker_cpu_affinity: "01 10",
    worker_shutdown_timeout: "1m",
    worker_startup_timeout: 5,
    keepalive_drain: 0,
    user: "www adm",
    working_directory: "data",
    clear_env: true,
    env: { A: "1" },
    access_log: { path: "a.log", format: "json", buffer: 0, flush: "5s" },
  });
  assertEquals(problems, []);
  assertEquals(config.workers, 2);
  assertEquals(config.affinity, [[0], [1]]);
  assertEquals<number>(config.startupTimeoutMs, 5000);
  assertEquals(config.listen.map((one) => one.address), [
    "0.0.0.0:80",
    "unix:/srv/x",
  ]);
  assertEquals(
    config.worker,
    {
      app: "/srv/web.ts",
      static: undefined,
      responseCache: undefined,
      accessLog: {
        path: "/srv/a.log",
        format: "json",
        escape: "default",
        bufferBytes: 0,
        flushMs: 5000,
      },
      errorLog: { path: undefined, level: "notice", format: "text" },
      user: { name: "www", uid: toUid(33), gid: toGid(4) },
      workingDirectory: "/srv/data",
      clearEnv: true,
      env: { A: "1" },
      priority: 19,
      cpus: undefined,
      rlimitNofile: 99,
      rlimitCoreBytes: 5_242_880,
      shutdownTimeoutMs: 60_000,
      keepaliveDrainMs: 0,
      debugPoints: "off",
      http: resolveHttp(() => undefined),
      realIp: undefined,
    } as unknown as typeof config.worker,
  );
});

Deno.test("resolvePool() inherits what the pool does not say", () => {
  const top: Settings = {
    worker_processes: 7,
    worker_priority: 1,
    env: { A: "top", B: "top" },
    user: "www",
  };
  const pool: PoolSettings = {
    worker_priority: 2,
    env: { B: "own", C: null },
    group: "adm",
  };
  const { config } = resolve(pool, { top });
  assertEquals(config.workers, 7);
  assertEquals(config.worker.priority, 2);
  assertEquals(config.worker.env, { A: "top", B: "own", C: null });
  assertEquals<number | undefined>(config.worker.user?.gid, 4);
});

Deno.test("resolvePool() names the place where the directive was written", () => {
  assertEquals(
    said(resolve({ worker_cpu_affinity: "10000" }).problems),
    [[
      "pools.web.worker_cpu_affinity",
      '"10000" selects no CPU that this process may use (0-3)',
    ]],
  );
  assertEquals(
    said(resolve({}, { top: { listen: ["80", ":80"] } }).problems),
    [["listen.1", 'got ":80"']],
  );
});

Deno.test("resolvePool() says why an app cannot be served", () => {
  assertEquals(said(resolve({ app: "nope" }).problems), [[
    "pools.web.app",
    'open() "/srv/nope" failed (2: No such file or directory)',
  ]]);
});

Deno.test("resolvePool() ignores user with nginx's warning unless root", () => {
  const machine = { ...MACHINE, isRoot: false };
  const { config, problems, warnings } = resolve({ user: "nosuch" }, {
    machine,
  });
  assertEquals(config.worker.user, undefined);
  assertEquals(problems, []);
  assertEquals(said(warnings), [[
    "pools.web.user",
    'the "user" directive makes sense only if the master process runs with ' +
    "super-user privileges, ignored",
  ]]);
});

Deno.test("resolvePool() says what is wrong with user and group", () => {
  const wrongs = (pool: PoolSettings) => said(resolve(pool).problems);
  assertEquals(wrongs({ user: "nosuch" }), [
    ["pools.web.user", 'getpwnam("nosuch") failed'],
  ]);
  assertEquals(wrongs({ user: "nosuch nobody" }), [
    ["pools.web.user", 'getpwnam("nosuch") failed'],
    ["pools.web.user", 'getgrnam("nobody") failed'],
  ]);
  assertEquals(wrongs({ user: "www", group: "nobody" }), [
    ["pools.web.group", 'getgrnam("nobody") failed'],
  ]);
  assertEquals(wrongs({ user: "www adm", group: "adm" }), [
    ["pools.web.group", 'is given twice: here and in "user"'],
  ]);
  assertEquals(wrongs({ group: "adm" }), [
    ["pools.web.group", 'needs "user"'],
  ]);
});

Deno.test("resolvePool() warns about masks as nginx does", () => {
  const warnings = (masks: string, workers: number) =>
    said(
      resolve({ worker_cpu_affinity: masks, worker_processes: workers })
        .warnings,
    );
  assertEquals(warnings("01 10", 3), [[
    "pools.web.worker_cpu_affinity",
    'the number of "worker_processes" is not equal to the number of ' +
    '"worker_cpu_affinity" masks, using last mask for remaining worker ' +
    "processes",
  ]]);
  assertEquals(warnings("01 10", 2), []);
  assertEquals(warnings("01", 3), []);
  assertEquals(warnings("auto", 3), []);
});

Deno.test("resolvePool() has at least one worker for auto", () => {
  const machine = { ...MACHINE, usableCpus: 0 };
  assertEquals(resolve({}, { machine }).config.workers, 1);
});

Deno.test("resolvePool() names the option of access_log that is wrong", () => {
  const format = "$statsu";
  assertEquals(said(resolve({ access_log: { path: "a", format } }).problems), [[
    "pools.web.access_log.format",
    'has an unknown variable, "$statsu", did you mean "$status"?',
  ]]);
  const top = { access_log: "a.log" };
  const inherited = resolve({}, { top }).config.worker.accessLog;
  assertEquals(inherited?.path, "/srv/a.log");
  const off = resolve({ access_log: "off" }, { top }).config.worker;
  assertEquals(off.accessLog, undefined);
});

Deno.test("resolvePool() has a response cache in front of an app alone", () => {
  const top: Settings = { cache: { web: { path: "c" } } };
  const one = resolve({ response_cache: "web" }, { top });
  assertEquals(said(one.problems), []);
  assertEquals(one.config.worker.responseCache?.zone, "web");
  const none = resolve({ response_cache: { zone: "no" } }, { top });
  assertEquals(said(none.problems), [[
    "pools.web.response_cache.zone",
    'must be a zone of "cache": there is "web"',
  ]]);
  const files = resolve({ static: "x", response_cache: "web" }, { top });
  assertEquals(files.config.worker.responseCache, undefined);
  assertEquals(files.warnings.length, 1);
  const both = { ...top, response_cache: "web" };
  const off = resolve({ response_cache: "off" }, { top: both });
  assertEquals(off.config.worker.responseCache, undefined);
});
