/**
 * The `cache` directive to zones: absolute paths, units, nginx's defaults; and
 * what the two helpers that look after them run as, which is what stands at
 * the top of the file.
 *
 * nginx: src/http/ngx_http_file_cache.c, ngx_http_file_cache_set_slot, and
 * src/core/ngx_file.c, ngx_add_path.
 */

import type { Milliseconds } from "../base/unit.ts";
import { toBytes, toMilliseconds } from "../base/unit.ts";
import type { ZoneSettings } from "./cache_schema.ts";
import type {
  CacheConfig,
  PassConfig,
  PoolConfig,
  UserConfig,
  ZoneConfig,
} from "./config.ts";
import { CACHE_DEFAULTS, POOL_NAME } from "./default.ts";
import type { Problem } from "./error.ts";
import { remarkAt } from "./error.ts";
import { resolvePath } from "./path.ts";
import type { Scope } from "./pool.ts";
import { resolvePool } from "./pool.ts";
import { parseSize, parseTime } from "./quantity.ts";

/** Resolve `cache`; undefined when there is none. */
export function resolveCache(
  scope: Omit<Scope, "pool">,
  pools: readonly PoolConfig[],
): CacheConfig | undefined {
  const { settings, origin, found } = scope;
  if (settings.cache === undefined) return undefined;
  const zones = Object.entries(settings.cache).map(([name, zone]) =>
    resolveZone(name, zone, origin.prefix)
  );
  checkPaths(zones, found.problems);
  // A pool of nothing of its own is what the top of the file says.
  const top = resolvePool(POOL_NAME, {
    ...scope,
    pool: {},
    origin: { ...origin, appRequired: false },
  });
  const { worker, startupTimeoutMs } = top;
  return {
    zones,
    startupTimeoutMs,
    shutdownTimeoutMs: worker.shutdownTimeoutMs,
    process: {
      errorLog: worker.errorLog,
      user: worker.user ?? firstUser(pools),
      workingDirectory: worker.workingDirectory,
      clearEnv: worker.clearEnv,
      env: worker.env,
      // nginx: the helpers get neither (ngx_worker_process_init, worker -1).
      priority: undefined,
      cpus: undefined,
      rlimitNofile: worker.rlimitNofile,
      rlimitCoreBytes: worker.rlimitCoreBytes,
    },
  };
}

/** Users in pools alone: helpers as root would be more than anybody wants. */
function firstUser(pools: readonly PoolConfig[]): UserConfig | undefined {
  return pools.find(({ worker }) => worker.user !== undefined)?.worker.user;
}

function resolveZone(
  name: string,
  zone: ZoneSettings,
  prefix: string,
): ZoneConfig {
  const levels = zone.levels ?? CACHE_DEFAULTS.levels;
  return {
    name,
    path: resolvePath(prefix, zone.path),
    levels: levels === "" ? [] : levels.split(":").map(Number),
    sizeBytesMax: zone.max_size === undefined
      ? undefined
      : parseSize(zone.max_size),
    freeBytesMin: parseSize(zone.min_free ?? CACHE_DEFAULTS.min_free) ??
      toBytes(0),
    inactiveMs: timeOf(zone, "inactive"),
    fsync: zone.fsync ?? CACHE_DEFAULTS.fsync,
    manager: passOf(zone, "manager"),
    loader: passOf(zone, "loader"),
    loaderDelayMs: timeOf(zone, "loader_delay"),
  };
}

function passOf(zone: ZoneSettings, who: "manager" | "loader"): PassConfig {
  return {
    filesMax: zone[`${who}_files`] ?? CACHE_DEFAULTS[`${who}_files`],
    thresholdMs: timeOf(zone, `${who}_threshold`),
    sleepMs: timeOf(zone, `${who}_sleep`),
  };
}

type TimeOption = Exclude<
  keyof typeof CACHE_DEFAULTS,
  "levels" | "min_free" | "fsync" | "manager_files" | "loader_files"
>;

/** The schema has let nothing through that parses to nothing. */
function timeOf(zone: ZoneSettings, name: TimeOption): Milliseconds {
  return parseTime(zone[name] ?? CACHE_DEFAULTS[name]) ?? toMilliseconds(0);
}

/** Two managers of one folder would remove each other's files. */
function checkPaths(zones: readonly ZoneConfig[], problems: Problem[]): void {
  const owners = new Map<string, string>();
  for (const { name, path } of zones) {
    const owner = owners.get(path);
    owners.set(path, owner ?? name);
    if (owner === undefined) continue;
    const wrong = `zones "${owner}" and "${name}" both have the path "${path}"`;
    problems.push(remarkAt(["cache", name, "path"], wrong));
  }
}
