/**
 * Valid settings to a Config: defaults, inheritance into pools, units, paths,
 * and everything that depends on more than one directive or on the machine.
 * What the machine is like is handed in.
 *
 * Inheritance is nginx's: a directive at the top is the default of each pool.
 * Two differ because they hold several things: `env` is merged by name and
 * `error_log` by option.
 */

import { resolveCache } from "./cache.ts";
import type { Config, ErrorLogConfig, PoolConfig } from "./config.ts";
import { DEFAULTS, POOL_NAME, WORKERS_MAX } from "./default.ts";
import type { Problem } from "./error.ts";
import { remarkAt } from "./error.ts";
import { resolvePath } from "./path.ts";
import type { Machine, Origin, Scope } from "./pool.ts";
import { resolvePool } from "./pool.ts";
import type { PoolSettings, Settings } from "./schema.ts";

/** A configuration and what is wrong with it; usable without problems. */
export interface Resolved {
  readonly config: Config;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Everything that may be wrong is found; nothing is thrown. */
export function resolveConfig(
  settings: Settings,
  origin: Origin,
  machine: Machine,
): Resolved {
  const found = { problems: [] as Problem[], warnings: [] as Problem[] };
  const daemon = settings.daemon ?? DEFAULTS.daemon;
  const errorLog = resolveErrorLog([settings], origin, daemon);
  const scope = { settings, origin, machine, found };
  const pools = poolsOf(settings).map(([name, pool]) =>
    resolvePool(name, {
      ...scope,
      pool,
      errorLog: resolveErrorLog([settings, pool], origin, daemon),
    })
  );
  const cache = resolveCache({ ...scope, errorLog }, pools);
  checkCommandLineApp(scope);
  checkListeners(pools, scope);
  checkWorkers(pools, scope);
  if (daemon) checkDaemonLogs(errorLog, pools, scope);
  if (settings.master_process === false) warnOfSingle(scope);
  const config = {
    file: origin.file,
    prefix: origin.prefix,
    pidPath: resolvePath(origin.prefix, settings.pid ?? DEFAULTS.pid),
    errorLog,
    masterProcess: settings.master_process ?? DEFAULTS.master_process,
    daemon,
    debugPoints: settings.debug_points ?? DEFAULTS.debug_points,
    generationsMax: settings.worker_generations ?? DEFAULTS.worker_generations,
    pools,
    cache,
    warnings: [],
  };
  return {
    config,
    problems: unique(found.problems),
    warnings: unique(found.warnings),
  };
}

/** Without `pools` there is one, and the top of the file is all of it. */
function poolsOf(settings: Settings): readonly [string, PoolSettings][] {
  if (settings.pools === undefined) return [[POOL_NAME, {}]];
  return Object.entries(settings.pools);
}

/** Where a daemon logs that is not told. */
const DAEMON_LOG = "error.log";

/** Later settings win, option by option. */
function resolveErrorLog(
  all: readonly PoolSettings[],
  origin: Origin,
  daemon: boolean,
): ErrorLogConfig {
  // Nobody reads a daemon's stderr; nginx's default is a file, too.
  const standard = daemon ? DAEMON_LOG : DEFAULTS.error_log.path;
  const fallback = origin.errorLogPath ?? standard;
  const log = { ...DEFAULTS.error_log, path: fallback } as {
    path: string;
    level: ErrorLogConfig["level"];
    format: ErrorLogConfig["format"];
  };
  for (const { error_log: given } of all) {
    if (given === undefined) continue;
    const { path, level, format } = typeof given === "string"
      ? { path: given, level: undefined, format: undefined }
      : given;
    log.path = path ?? log.path;
    log.level = level ?? log.level;
    log.format = format ?? log.format;
  }
  const { path } = log;
  return {
    ...log,
    path: path === "stderr" ? undefined : resolvePath(origin.prefix, path),
  };
}

type Checks = Pick<Scope, "settings" | "origin" | "found">;

/** An app on the command line must be the only one, and have a pool. */
function checkCommandLineApp({ settings, origin, found }: Checks): void {
  if (origin.app === undefined) return;
  const path = settings.app !== undefined
    ? ["app"]
    : settings.static !== undefined
    ? ["static"]
    : poolsOf(settings).every(([, pool]) => servesItself(pool))
    ? ["pools"]
    : undefined;
  if (path === undefined) return;
  const wrong = "app is given twice: here and on the command line";
  found.problems.push(remarkAt(path, wrong));
}

function servesItself(pool: PoolSettings): boolean {
  return pool.app !== undefined || pool.static !== undefined;
}

/** A listener belongs to one pool, and to it once. */
function checkListeners(
  pools: readonly PoolConfig[],
  { settings, found }: Checks,
): void {
  const owners = new Map<string, string>();
  for (const { name, listen } of pools) {
    const own = settings.pools?.[name]?.listen !== undefined;
    const inherited = settings.pools === undefined ? [] : ["pools", name];
    for (const [index, { address }] of listen.entries()) {
      const owner = owners.get(address);
      owners.set(address, owner ?? name);
      if (owner === undefined) continue;
      const at = own || settings.pools === undefined
        ? [...inherited, "listen", index]
        : inherited;
      const wrong = owner === name
        ? `a duplicate listen ${address}`
        : `pools "${owner}" and "${name}" both listen on ${address}`;
      found.problems.push(remarkAt(at, wrong));
    }
  }
}

/** What a worker process does to itself, and one process cannot. */
const PROCESS_DIRECTIVES = [
  "worker_processes",
  "worker_priority",
  "worker_rlimit_nofile",
  "worker_rlimit_core",
  "worker_cpu_affinity",
  "user",
  "group",
  "working_directory",
  "clear_env",
] as const;

function warnOfSingle({ settings, found }: Checks): void {
  const places: [readonly (string | number)[], PoolSettings][] = [
    [[], settings],
    ...Object.entries(settings.pools ?? {}).map(
      ([name, pool]): [string[], PoolSettings] => [["pools", name], pool],
    ),
  ];
  for (const [path, given] of places) {
    for (const name of PROCESS_DIRECTIVES) {
      if (given[name] === undefined) continue;
      const wrong = `the "${name}" directive makes sense only with worker ` +
        'processes ("master_process" is false), ignored';
      found.warnings.push(remarkAt([...path, name], wrong));
    }
  }
  if (settings.cache === undefined) return;
  const wrong = 'the "cache" directive makes sense only with a cache manager ' +
    'process ("master_process" is false), ignored';
  found.warnings.push(remarkAt(["cache"], wrong));
}

/** A daemon has no stderr to log to. */
function checkDaemonLogs(
  errorLog: ErrorLogConfig,
  pools: readonly PoolConfig[],
  { settings, found }: Checks,
): void {
  const wrong = 'error_log: "stderr" is not there when "daemon" is true, ' +
    "must be a path";
  const own = pools.flatMap(({ name, worker }) =>
    worker.errorLog.path === undefined &&
      settings.pools?.[name]?.error_log !== undefined
      ? [["pools", name, "error_log"]]
      : []
  );
  const main = settings.error_log === undefined ? ["daemon"] : ["error_log"];
  const paths = errorLog.path === undefined ? [main, ...own] : own;
  found.problems.push(...paths.map((path) => remarkAt(path, wrong)));
}

/** During a reload every worker exists twice, and the table is finite. */
function checkWorkers(
  pools: readonly PoolConfig[],
  { found }: Checks,
): void {
  const total = pools.reduce((sum, pool) => sum + pool.workers, 0);
  if (total <= WORKERS_MAX) return;
  const wrong = `the pools have ${total} worker_processes together, ` +
    `must be at most ${WORKERS_MAX}`;
  found.problems.push(remarkAt(["pools"], wrong));
}

/** What is inherited is wrong once, not once per pool. */
function unique(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Map(problems.map((one) => [JSON.stringify(one), one]));
  return [...seen.values()];
}
