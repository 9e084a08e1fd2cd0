/**
 * One pool: its own directives before those at the top of the file before the
 * defaults, each checked against the machine. Errors name the directive where
 * it was written, be it in the pool or above.
 */

import type { Bytes, Milliseconds } from "../base/unit.ts";
import { toMilliseconds } from "../base/unit.ts";
import { resolveAccessLog } from "./access_log.ts";
import type { Accounts } from "./account.ts";
import { resolveAccount } from "./account.ts";
import { parseAffinity } from "./affinity.ts";
import type { AppConfig } from "./app_config.ts";
import type {
  AccessLogConfig,
  ErrorLogConfig,
  ListenConfig,
  PoolConfig,
  ResponseCacheConfig,
  UserConfig,
} from "./config.ts";
import { DEFAULTS } from "./default.ts";
import type { Path, Problem } from "./error.ts";
import { problemAt, remarkAt } from "./error.ts";
import { resolveHttp } from "./http.ts";
import { parseListen } from "./listen.ts";
import { resolvePath } from "./path.ts";
import { parseSize, parseTime } from "./quantity.ts";
import { resolveRealIp } from "./real_ip.ts";
import { resolveResponseCache } from "./response_cache.ts";
import type { PoolSettings, Settings } from "./schema.ts";
import type { Served, ServeMachine } from "./serve.ts";
import { servedOf } from "./serve.ts";
import type { ReadCertificate } from "./tls.ts";

/** What the machine is like. */
export interface Machine extends Accounts, ServeMachine {
  /** The CPUs this process may run on. */
  readonly cpus: readonly number[];
  /** How many of them it may use at once, cgroup quota included. */
  readonly usableCpus: number;
  readonly isRoot: boolean;
  /** A certificate and its key, by absolute paths. */
  readonly readCertificate: ReadCertificate;
  /** The deno.json and the like that apply to that module. */
  appConfig(path: string): AppConfig | undefined;
}

/** What is not in the settings. */
export interface Origin {
  /** The configuration file, absolute; undefined: none. */
  readonly file: string | undefined;
  /** Absolute. */
  readonly prefix: string;
  /** The app or folder on the command line, absolute. */
  readonly app: string | undefined;
  /** `-e`: the log of a configuration that names none. */
  readonly errorLogPath: string | undefined;
  /** False when a broken `app` was taken out: do not ask for one. */
  readonly appRequired: boolean;
}

/** What a pool is resolved from, and where what is wrong is put. */
export interface Scope {
  /** The top of the file. */
  readonly settings: Settings;
  readonly pool: PoolSettings;
  readonly errorLog: ErrorLogConfig;
  readonly origin: Origin;
  readonly machine: Machine;
  readonly found: {
    readonly problems: Problem[];
    readonly warnings: Problem[];
  };
}

/** nginx's words. */
const USER_WARNING = 'the "user" directive makes sense only if the master ' +
  "process runs with super-user privileges, ignored";
const AFFINITY_WARNING = 'the number of "worker_processes" is not equal to ' +
  'the number of "worker_cpu_affinity" masks, using last mask for remaining ' +
  "worker processes";

const STATIC_WARNING = '"response_cache" is about what an app answers, and ' +
  "files are served here, ignored";

/** A directive's value for this pool, and where it was written. */
interface Given<Name extends keyof PoolSettings> {
  readonly value: PoolSettings[Name];
  readonly path: Path;
}

/** Resolve the pool; what is wrong goes to `scope.found`. */
export function resolvePool(name: string, scope: Scope): PoolConfig {
  const given = <Name extends keyof PoolSettings>(
    directive: Name,
  ): Given<Name> => {
    const own = scope.pool[directive];
    return own !== undefined
      ? { value: own, path: ["pools", name, directive] }
      : { value: scope.settings[directive], path: [directive] };
  };
  const processes = given("worker_processes").value ??
    DEFAULTS.worker_processes;
  const workers = processes === "auto"
    ? Math.max(1, scope.machine.usableCpus)
    : processes;
  const core = given("worker_rlimit_core").value;
  const folder = given("working_directory").value;
  const priority = given("worker_priority").value;
  const served = servedOf(name, scope);
  const { app } = served;
  return {
    name,
    workers,
    startupTimeoutMs: timeOf(given, "worker_startup_timeout"),
    listen: listenOf(given("listen"), scope),
    affinity: affinityOf(given("worker_cpu_affinity"), { workers, ...scope }),
    appConfig: app === "" || served.static !== undefined
      ? undefined
      : scope.machine.appConfig(app),
    worker: {
      ...served,
      errorLog: scope.errorLog,
      responseCache: responseCacheOf(given("response_cache"), served, scope),
      accessLog: accessLogOf(given("access_log"), scope),
      user: userOf(given("user"), given("group"), scope),
      workingDirectory: folder === undefined
        ? undefined
        : resolvePath(scope.origin.prefix, folder),
      clearEnv: given("clear_env").value ?? DEFAULTS.clear_env,
      env: { ...scope.settings.env, ...scope.pool.env },
      // nginx takes 20, which the kernel has always cut to 19.
      priority: priority === undefined ? undefined : Math.min(priority, 19),
      cpus: undefined,
      rlimitNofile: given("worker_rlimit_nofile").value,
      rlimitCoreBytes: core === undefined ? undefined : sizeOf(core),
      shutdownTimeoutMs: timeOf(given, "worker_shutdown_timeout"),
      keepaliveDrainMs: timeOf(given, "keepalive_drain"),
      debugPoints: scope.settings.debug_points ?? DEFAULTS.debug_points,
      http: resolveHttp((directive) => given(directive).value),
      realIp: resolveRealIp({
        from: given("set_real_ip_from").value,
        header: given("real_ip_header").value,
        recursive: given("real_ip_recursive").value,
      }),
    },
  };
}

type TimeDirective =
  | "worker_startup_timeout"
  | "worker_shutdown_timeout"
  | "keepalive_drain";

/** The schema has let nothing through that parses to nothing. */
function timeOf(
  given: (name: TimeDirective) => Given<TimeDirective>,
  name: TimeDirective,
): Milliseconds {
  const value = given(name).value ?? DEFAULTS[name];
  return parseTime(value) ?? toMilliseconds(0);
}

function sizeOf(value: string | number): Bytes | undefined {
  return parseSize(value);
}

function accessLogOf(
  { value, path }: Given<"access_log">,
  { origin, found }: Scope,
): AccessLogConfig | undefined {
  const resolved = resolveAccessLog(value, origin.prefix);
  if (resolved.ok) return resolved.log;
  const place = [...path, resolved.option];
  found.problems.push(problemAt(place, resolved.wrong));
  return undefined;
}

function responseCacheOf(
  { value, path }: Given<"response_cache">,
  served: Served,
  { settings, found }: Scope,
): ResponseCacheConfig | undefined {
  const zones = Object.keys(settings.cache ?? {});
  const resolved = resolveResponseCache(value, zones);
  if (!resolved.ok) {
    const place = typeof value === "string" ? path : [...path, "zone"];
    found.problems.push(problemAt(place, resolved.wrong));
    return undefined;
  }
  if (resolved.config === undefined || served.static === undefined) {
    return resolved.config;
  }
  found.warnings.push(remarkAt(path, STATIC_WARNING));
  return undefined;
}

function listenOf(
  { value = DEFAULTS.listen, path }: Given<"listen">,
  { origin, machine, found }: Scope,
): readonly ListenConfig[] {
  const entries = Array.isArray(value) ? value : [value];
  // flatMap passes over the holes that broken entries have left.
  return entries.flatMap((entry, index) => {
    const listen = parseListen(entry, {
      prefix: origin.prefix,
      accounts: machine,
      readCertificate: machine.readCertificate,
      path: Array.isArray(value) ? [...path, index] : path,
    });
    if (listen.ok) {
      found.warnings.push(...listen.warnings);
      return [listen.listen];
    }
    found.problems.push(...listen.problems);
    return [];
  });
}

function affinityOf(
  { value, path }: Given<"worker_cpu_affinity">,
  { workers, machine, found }: Scope & { readonly workers: number },
): readonly (readonly number[])[] {
  if (value === undefined) return [];
  const affinity = parseAffinity(value, machine.cpus);
  if (!affinity.ok) {
    found.problems.push(problemAt(path, affinity.wrong));
    return [];
  }
  const count = affinity.sets.length;
  if (value !== "auto" && count !== 1 && count !== workers) {
    found.warnings.push(remarkAt(path, AFFINITY_WARNING));
  }
  return affinity.sets;
}

function userOf(
  user: Given<"user">,
  group: Given<"group">,
  { machine, found }: Scope,
): UserConfig | undefined {
  if (user.value === undefined) {
    if (group.value !== undefined) {
      found.problems.push(problemAt(group.path, 'needs "user"'));
    }
    return undefined;
  }
  if (group.value !== undefined && user.value.includes(" ")) {
    const wrong = 'is given twice: here and in "user"';
    found.problems.push(problemAt(group.path, wrong));
    return undefined;
  }
  if (!machine.isRoot) {
    found.warnings.push(remarkAt(user.path, USER_WARNING));
    return undefined;
  }
  const text = [user.value, ...group.value === undefined ? [] : [group.value]];
  const account = resolveAccount(text.join(" "), machine);
  if (account.ok) return account.account;
  for (const { name, wrong } of account.refusals) {
    const written = name === "group" && group.value !== undefined
      ? group
      : user;
    found.problems.push(problemAt(written.path, wrong));
  }
  return undefined;
}
