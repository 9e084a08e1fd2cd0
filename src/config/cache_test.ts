/** The cache: nginx's defaults, the helpers' process, two zones in one. */

import { assertEquals } from "@std/assert";
import { toGid, toUid } from "../base/id.ts";
import { success } from "../base/system_error.ts";
import type { CacheConfig } from "./config.ts";
import type { Machine } from "./pool.ts";
import { resolveConfig } from "./resolve.ts";
import type { Settings } from "./schema.ts";
import { noCertificate } from "../../tests/support/config.ts";

const MACHINE: Machine = {
  cpus: [0, 1],
  usableCpus: 2,
  isRoot: true,
  lookUpUser: (name) =>
    success({ name, uid: toUid(name.length), gid: toGid(7) }),
  lookUpGroup: () => success(toGid(9)),
  appProblem: () => undefined,
  folderProblem: () => undefined,
  isFolder: () => false,
  appConfig: () => undefined,
  readCertificate: noCertificate,
};

function resolve(settings: Settings): {
  readonly cache: CacheConfig | undefined;
  readonly problems: readonly string[];
} {
  const { config, problems } = resolveConfig(settings, {
    file: "/srv/procmgr.jsonc",
    prefix: "/srv",
    app: undefined,
    errorLogPath: undefined,
    appRequired: true,
  }, MACHINE);
  const said = problems.map(({ path, wrong }) => `${path?.join(".")} ${wrong}`);
  return { cache: config.cache, problems: said };
}

Deno.test("resolveCache() is nothing without the directive", () => {
  assertEquals(resolve({ app: "x.ts" }).cache, undefined);
});

Deno.test("resolveCache() fills in nginx's defaults", () => {
  const { cache, problems } = resolve({
    app: "x.ts",
    cache: { web: { path: "cache" } },
  });
  assertEquals(problems, []);
  assertEquals<unknown>(cache?.zones, [{
    name: "web",
    path: "/srv/cache",
    levels: [1, 2],
    sizeBytesMax: undefined,
    freeBytesMin: 0,
    inactiveMs: 600_000,
    fsync: "data",
    manager: { filesMax: 100, thresholdMs: 200, sleepMs: 50 },
    loader: { filesMax: 100, thresholdMs: 200, sleepMs: 50 },
    loaderDelayMs: 60_000,
  }]);
});

Deno.test("resolveCache() takes every option", () => {
  const { cache } = resolve({
    app: "x.ts",
    cache: {
      web: {
        path: "/var/cache/web",
        levels: "",
        max_size: "1g",
        min_free: "64m",
        inactive: "1h",
        fsync: "off",
        manager_files: 1,
        manager_threshold: "1ms",
        manager_sleep: 0,
        loader_files: 2,
        loader_threshold: "2ms",
        loader_sleep: "3ms",
        loader_delay: "1s",
      },
    },
  });
  assertEquals<unknown>(cache?.zones, [{
    name: "web",
    path: "/var/cache/web",
    levels: [],
    sizeBytesMax: 2 ** 30,
    freeBytesMin: 2 ** 26,
    inactiveMs: 3_600_000,
    fsync: "off",
    manager: { filesMax: 1, thresholdMs: 1, sleepMs: 0 },
    loader: { filesMax: 2, thresholdMs: 2, sleepMs: 3 },
    loaderDelayMs: 1000,
  }]);
});

Deno.test("resolveCache() runs the helpers as the top of the file says", () => {
  const { cache, problems } = resolve({
    user: "top",
    worker_priority: 5,
    worker_cpu_affinity: "auto",
    worker_rlimit_nofile: 99,
    worker_shutdown_timeout: "3s",
    working_directory: "run",
    env: { A: "1" },
    pools: { web: { app: "x.ts", user: "others", env: { B: "2" } } },
    cache: { web: { path: "c" } },
  });
  assertEquals(problems, []);
  assertEquals<unknown>(cache?.shutdownTimeoutMs, 3000);
  assertEquals<unknown>(cache?.process, {
    errorLog: { path: undefined, level: "notice", format: "text" },
    user: { name: "top", uid: 3, gid: 7 },
    workingDirectory: "/srv/run",
    clearEnv: false,
    env: { A: "1" },
    priority: undefined,
    cpus: undefined,
    rlimitNofile: 99,
    rlimitCoreBytes: undefined,
  });
});

Deno.test("resolveCache() takes a pool's user when the top has none", () => {
  const { cache } = resolve({
    pools: {
      api: { app: "x.ts", listen: "81" },
      web: { app: "x.ts", user: "www" },
    },
    cache: { web: { path: "c" } },
  });
  assertEquals(cache?.process.user?.name, "www");
});

Deno.test("resolveCache() refuses two zones with one path", () => {
  const { problems } = resolve({
    app: "x.ts",
    cache: { one: { path: "c/../d" }, two: { path: "/srv/d" } },
  });
  assertEquals(problems, [
    'cache.two.path zones "one" and "two" both have the path "/srv/d"',
  ]);
});

Deno.test("resolveCache() says what is wrong at the top once", () => {
  const { problems } = resolve({
    group: "adm",
    app: "x.ts",
    cache: { one: { path: "c" } },
  });
  assertEquals(problems, ['group needs "user"']);
});
