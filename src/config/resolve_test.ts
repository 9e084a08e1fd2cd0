/** The whole configuration: pools together, logs, apps. */

import { assertEquals } from "@std/assert";
import { success } from "../base/system_error.ts";
import type { Problem } from "./error.ts";
import type { Machine, Origin } from "./pool.ts";
import type { Resolved } from "./resolve.ts";
import { resolveConfig } from "./resolve.ts";
import type { Settings } from "./schema.ts";
import { noCertificate } from "../../tests/support/config.ts";

const MACHINE: Machine = {
  cpus: [0, 1],
  usableCpus: 2,
  isRoot: true,
  lookUpUser: () => success(undefined),
  lookUpGroup: () => success(undefined),
  appProblem: (path) =>
    path.endsWith(".ts") ? undefined : `"${path}" is not a regular file`,
  folderProblem: (path) =>
    path === "/srv/public" ? undefined : `"${path}" is not a folder`,
  isFolder: (path) => path === "/srv/public",
  appConfig: () => undefined,
  readCertificate: noCertificate,
};

function resolve(settings: Settings, origin: Partial<Origin> = {}): Resolved {
  return resolveConfig(settings, {
    file: "/srv/procmgr.jsonc",
    prefix: "/srv",
    app: undefined,
    errorLogPath: undefined,
    appRequired: true,
    ...origin,
  }, MACHINE);
}

function said({ problems }: Resolved): readonly unknown[] {
  return problems.map(({ path, wrong }: Problem) => [path?.join("."), wrong]);
}

Deno.test("resolveConfig() makes one pool named worker without pools", () => {
  const { config, problems } = resolve({ app: "x.ts" });
  assertEquals(problems, []);
  assertEquals(config.pools.map((pool) => pool.name), ["worker"]);
  assertEquals(config.file, "/srv/procmgr.jsonc");
  assertEquals(config.prefix, "/srv");
  assertEquals(config.pidPath, "/srv/procmgr.pid");
  assertEquals(config.generationsMax, 4);
});

Deno.test("resolveConfig() takes the directives of the top", () => {
  const { config } = resolve({
    app: "x.ts",
    pid: "/run/x.pid",
    worker_generations: 2,
  });
  assertEquals(config.pidPath, "/run/x.pid");
  assertEquals(config.generationsMax, 2);
});

Deno.test("resolveConfig() makes a pool of each entry", () => {
  const { config, problems } = resolve({
    app: "top.ts",
    pools: {
      web: { listen: "80" },
      api: { listen: "81", app: "api.ts" },
    },
  });
  assertEquals(problems, []);
  assertEquals(config.pools.map(({ name, worker }) => [name, worker.app]), [
    ["web", "/srv/top.ts"],
    ["api", "/srv/api.ts"],
  ]);
});

Deno.test("resolveConfig() merges error_log option by option", () => {
  const { config } = resolve({
    app: "x.ts",
    error_log: { path: "log/e", level: "info" },
    pools: {
      a: { listen: "1", error_log: { level: "debug" } },
      b: { listen: "2", error_log: "stderr" },
    },
  });
  assertEquals(config.errorLog, {
    path: "/srv/log/e",
    level: "info",
    format: "text",
  });
  assertEquals(config.pools.map(({ worker }) => worker.errorLog), [
    { path: "/srv/log/e", level: "debug", format: "text" },
    { path: undefined, level: "info", format: "text" },
  ]);
});

Deno.test("resolveConfig() takes -e for a configuration without error_log", () => {
  const logOf = (settings: Settings, errorLogPath: string) =>
    resolve({ app: "x.ts", ...settings }, { errorLogPath }).config.errorLog
      .path;
  assertEquals(logOf({}, "e.log"), "/srv/e.log");
  assertEquals(logOf({}, "stderr"), undefined);
  assertEquals(logOf({ error_log: "own.log" }, "e.log"), "/srv/own.log");
  assertEquals(logOf({ error_log: { level: "info" } }, "e.log"), "/srv/e.log");
});

Deno.test("resolveConfig() wants an app for each pool", () => {
  const hint = 'no app: name a file or a folder, as in "procmgr server.ts", ' +
    'or set "app" or "static"';
  assertEquals(said(resolve({})), [["", hint]]);
  assertEquals(
    said(resolve({ pools: { a: { listen: "1" }, b: { app: "b.ts" } } })),
    [["pools.a", 'pool "a" has no app: set "app" or "static"']],
  );
  assertEquals(said(resolve({}, { appRequired: false })), []);
});

Deno.test("resolveConfig() takes the app from the command line", () => {
  const { config, problems } = resolve({}, { app: "/cwd/x.ts" });
  assertEquals(problems, []);
  assertEquals(config.pools[0]?.worker.app, "/cwd/x.ts");
  assertEquals(said(resolve({}, { app: "/cwd/x" })), [
    [undefined, '"/cwd/x" is not a regular file'],
  ]);
});

Deno.test("resolveConfig() refuses an app that is given twice", () => {
  const wrong = "app is given twice: here and on the command line";
  const origin = { app: "/cwd/x.ts" };
  assertEquals(said(resolve({ app: "y.ts" }, origin)), [["app", wrong]]);
  assertEquals(said(resolve({ pools: { a: { app: "y.ts" } } }, origin)), [
    ["pools", wrong],
  ]);
  assertEquals(
    said(resolve({
      pools: { a: { app: "y.ts", listen: "1" }, b: {} },
    }, origin)),
    [],
  );
});

Deno.test("resolveConfig() refuses a listener of two pools", () => {
  assertEquals(
    said(resolve({
      app: "x.ts",
      pools: {
        a: { listen: "127.0.0.1:80" },
        b: { listen: ["81", "localhost:80"] },
      },
    })),
    [["pools.b.listen.1", 'pools "a" and "b" both listen on 127.0.0.1:80']],
  );
  assertEquals(said(resolve({ app: "x.ts", pools: { a: {}, b: {} } })), [
    ["pools.b", 'pools "a" and "b" both listen on 127.0.0.1:8080'],
  ]);
});

Deno.test("resolveConfig() refuses a listener twice, in nginx's words", () => {
  assertEquals(said(resolve({ app: "x.ts", listen: ["80", "*:80"] })), [
    ["listen.1", "a duplicate listen 0.0.0.0:80"],
  ]);
});

Deno.test("resolveConfig() refuses more workers than the table has room for", () => {
  assertEquals(
    said(resolve({
      app: "x.ts",
      worker_processes: 300,
      pools: { a: { listen: "1" }, b: { listen: "2" } },
    })),
    [[
      "pools",
      "the pools have 600 worker_processes together, must be at most 512",
    ]],
  );
});

Deno.test("resolveConfig() reports what pools inherit once", () => {
  assertEquals(
    said(resolve({
      app: "x",
      pools: { a: { listen: "1" }, b: { listen: "2" } },
    })),
    [["app", '"/srv/x" is not a regular file']],
  );
});

Deno.test("resolveConfig() gives a daemon a file to log to", () => {
  const log = ({ config }: Resolved): unknown => config.errorLog.path;
  assertEquals(log(resolve({ app: "x.ts" })), undefined);
  assertEquals(log(resolve({ app: "x.ts", daemon: true })), "/srv/error.log");
  const given = { errorLogPath: "e.log" };
  assertEquals(
    log(resolve({ app: "x.ts", daemon: true }, given)),
    "/srv/e.log",
  );
});

Deno.test("resolveConfig() refuses a daemon that logs to stderr", () => {
  const wrong = 'error_log: "stderr" is not there when "daemon" is true, ' +
    "must be a path";
  const daemon = { app: "x.ts", daemon: true };
  assertEquals(said(resolve({ ...daemon, error_log: "stderr" })), [
    ["error_log", wrong],
  ]);
  assertEquals(said(resolve(daemon, { errorLogPath: "stderr" })), [
    ["daemon", wrong],
  ]);
  const pools = { a: { listen: "1", error_log: "stderr" }, b: {} };
  assertEquals(said(resolve({ ...daemon, pools })), [
    ["pools.a.error_log", wrong],
  ]);
});

Deno.test("resolveConfig() warns of what a single process ignores", () => {
  const { config, problems, warnings } = resolve({
    app: "x.ts",
    master_process: false,
    worker_processes: 4,
    pools: { a: { listen: "1", worker_priority: 5 }, b: { listen: "2" } },
  });
  assertEquals(config.masterProcess, false);
  assertEquals(problems, []);
  assertEquals(warnings.map(({ path }) => path?.join(".")), [
    "worker_processes",
    "pools.a.worker_priority",
  ]);
  assertEquals(resolve({ app: "x.ts", worker_processes: 4 }).warnings, []);
});
