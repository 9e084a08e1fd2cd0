/**
 * The shape of procmgr.jsonc: every directive with its type, default and one
 * line of documentation. Validation, the JSON Schema and the reference page
 * all come from here; units, paths and what one directive means to another
 * are `resolve.ts`'s.
 *
 * It validates and transforms nothing, so that what is written stays what is
 * shown. Loaded only when there is something to validate.
 */

// nginx's directive names are snake_case, and they are this file's subject.
// deno-lint-ignore-file camelcase

import * as v from "valibot";
import { LEVELS } from "../base/level.ts";
import { accessLogObject, accessLogOptions } from "./access_log_schema.ts";
import { cache, ZONE_DIRECTIVES } from "./cache_schema.ts";
import { DEFAULTS, WORKERS_MAX } from "./default.ts";
import {
  account,
  directive,
  EXPECTED,
  hasNoNul,
  integer,
  positiveTime,
  type Schema,
  size,
  text,
  time,
} from "./directive.ts";
import { httpDirectives } from "./http_directive.ts";
import { realIpDirectives } from "./real_ip_directive.ts";
import {
  responseCacheObject,
  responseCacheOptions,
} from "./response_cache_schema.ts";
import { staticObject, staticOptions } from "./static_schema.ts";
import { tlsDirective } from "./tls_directive.ts";

const logOptions = {
  path: directive(text, {
    doc: 'The file, or "stderr".',
    expected: 'a path or "stderr"',
    default: DEFAULTS.error_log.path,
  }),
  level: directive(v.picklist(LEVELS), {
    doc: "The least severe level that is written.",
    expected: `one of ${LEVELS.map((level) => `"${level}"`).join(", ")}`,
    default: DEFAULTS.error_log.level,
  }),
  format: directive(v.picklist(["text", "json"]), {
    doc: "nginx's line, or one JSON object per line.",
    expected: '"text" or "json"',
    default: DEFAULTS.error_log.format,
  }),
};

const listenOptions = {
  tls: tlsDirective,
  backlog: directive(integer(1, 65_535), {
    doc: "How many connections may wait to be accepted.",
    expected: "an integer from 1 to 65535",
    default: DEFAULTS.backlog,
  }),
  reuseport: directive(v.boolean(), {
    doc: "TCP: one socket per worker instead of one for all.",
    expected: EXPECTED.boolean,
    default: true,
  }),
  ipv6only: directive(v.boolean(), {
    doc: "IPv6: refuse IPv4 on this socket.",
    expected: EXPECTED.boolean,
    default: true,
  }),
  proxy_protocol: directive(v.boolean(), {
    doc: "Every connection begins with a PROXY protocol header.",
    expected: EXPECTED.boolean,
    default: false,
  }),
  mode: directive(v.pipe(v.string(), v.regex(/^0?[0-7]{3}$/)), {
    doc: "Unix socket: permission bits, octal.",
    expected: 'octal permission bits such as "0660"',
    default: DEFAULTS.mode,
  }),
  owner: directive(account, {
    doc: 'Unix socket: owner, "user" or "user group".',
    expected: EXPECTED.account,
  }),
};

const address = directive(text, {
  doc: 'Where: "address:port", "[IPv6]:port", "*:port", "port", "unix:/path".',
  expected: 'an address such as "127.0.0.1:8080", "[::1]:80" or "unix:/path"',
});

const listenObject = v.strictObject({
  address,
  ...v.partial(v.strictObject(listenOptions)).entries,
});

/** Main and pool: the ones in `main` are the defaults of every pool. */
const workerDirectives = {
  app: directive(text, {
    doc: "The module to serve: its default export has a fetch method.",
    expected: 'a file such as "./server.ts"',
  }),
  static: directive(v.union([text, staticObject]), {
    doc: "The folder to serve instead of an app, or an object.",
    expected: 'a folder, or an object with "root" and options',
  }),
  response_cache: directive(v.union([text, responseCacheObject]), {
    doc: "Store what the app answers: a zone of `cache`, or an object.",
    expected: 'the name of a zone, "off" or an object with "zone"',
  }),
  listen: directive(
    v.union([
      text,
      listenObject,
      v.pipe(v.array(v.union([text, listenObject])), v.minLength(1)),
    ]),
    {
      doc: "The address to listen on, with or without options, or a list.",
      expected:
        'an address such as "127.0.0.1:8080", an object with one, or a list',
      default: DEFAULTS.listen,
    },
  ),
  worker_processes: directive(
    v.union([v.literal("auto"), integer(1, WORKERS_MAX)]),
    {
      doc: 'How many workers; "auto": one per CPU this process may use.',
      expected: `"auto" or an integer from 1 to ${WORKERS_MAX}`,
      default: DEFAULTS.worker_processes,
    },
  ),
  worker_priority: directive(integer(-20, 20), {
    doc: "The workers' nice value; negative is more CPU.",
    expected: "an integer from -20 to 20",
  }),
  worker_rlimit_nofile: directive(integer(1, 2_147_483_584), {
    doc: "The most open files per worker.",
    expected: "an integer from 1 to 2147483584",
  }),
  worker_rlimit_core: directive(size, {
    doc: "The largest core dump of a worker.",
    expected: EXPECTED.size,
  }),
  worker_cpu_affinity: directive(
    v.union([
      v.pipe(v.string(), v.regex(/^(auto|[01]{1,1024}( +[01]{1,1024})*)$/)),
      v.pipe(
        v.array(v.pipe(v.string(), v.regex(/^[01]{1,1024}$/))),
        v.minLength(1),
      ),
    ]),
    {
      doc: 'CPU masks, one per worker, the last repeated; or "auto".',
      expected: '"auto" or masks of 0 and 1 such as "01 10" or ["01", "10"]',
    },
  ),
  worker_shutdown_timeout: directive(time, {
    doc: "How long a worker may take to finish its connections; 0: no limit.",
    expected: EXPECTED.time,
    default: DEFAULTS.worker_shutdown_timeout,
  }),
  worker_startup_timeout: directive(positiveTime, {
    doc: "How long a worker may take from spawn to ready.",
    expected: EXPECTED.positiveTime,
    default: DEFAULTS.worker_startup_timeout,
  }),
  keepalive_drain: directive(time, {
    doc: "How long a draining worker keeps idle connections open.",
    expected: EXPECTED.time,
    default: DEFAULTS.keepalive_drain,
  }),
  ...httpDirectives,
  ...realIpDirectives,
  user: directive(account, {
    doc: 'The workers\' user, or "user group"; needs a master run by root.',
    expected: EXPECTED.account,
  }),
  group: directive(v.pipe(v.string(), v.regex(/^[^\s\0]{1,256}$/)), {
    doc: "The workers' group; without it the user's own.",
    expected: "the name of a group",
  }),
  working_directory: directive(text, {
    doc: "The workers' current folder.",
    expected: EXPECTED.path,
  }),
  env: directive(
    v.record(
      v.pipe(v.string(), v.regex(/^[^=\0]+$/)),
      v.nullable(v.pipe(v.string(), v.check(hasNoNul))),
    ),
    {
      doc: "Variables to set; null passes the master's own on.",
      expected: "an object of strings and nulls",
      default: {},
    },
  ),
  clear_env: directive(v.boolean(), {
    doc: "Give the workers what `env` names and TZ, nothing else.",
    expected: EXPECTED.boolean,
    default: DEFAULTS.clear_env,
  }),
  error_log: directive(
    v.union([text, v.partial(v.strictObject(logOptions))]),
    {
      doc: "Where errors are logged: a path, or an object.",
      expected: 'a path, "stderr" or an object with "path", "level", "format"',
      default: DEFAULTS.error_log,
    },
  ),
  access_log: directive(v.union([text, accessLogObject]), {
    doc: "Where requests are logged: a path, or an object.",
    expected: 'a path, "off", "stderr", "stdout" or an object with "path"',
    default: DEFAULTS.access_log.path,
  }),
};

const pool = v.partial(v.strictObject(workerDirectives));

/** Main only. */
const mainDirectives = {
  $schema: directive(v.string(), {
    doc: "Where editors find the schema of this file.",
    expected: "a string",
  }),
  pid: directive(text, {
    doc: "The file with the master's process id.",
    expected: EXPECTED.path,
    default: DEFAULTS.pid,
  }),
  worker_generations: directive(integer(1, 64), {
    doc: "Draining generations kept at most; the oldest is terminated.",
    expected: "an integer from 1 to 64",
    default: DEFAULTS.worker_generations,
  }),
  pools: directive(
    v.pipe(
      v.record(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]{0,63}$/)), pool),
      v.minEntries(1),
    ),
    {
      doc: "Named sets of workers, each with its own app and listeners.",
      expected: "an object with one entry per pool",
    },
  ),
  cache,
  daemon: directive(v.boolean(), {
    doc: "Go to the background: the start command returns when it is ready.",
    expected: EXPECTED.boolean,
    default: DEFAULTS.daemon,
  }),
  master_process: directive(v.boolean(), {
    doc: "Have a master and workers; false: one process does it all.",
    expected: EXPECTED.boolean,
    default: DEFAULTS.master_process,
  }),
  debug_points: directive(v.picklist(["off", "stop", "abort"]), {
    doc: "What a process does that finds itself wrong, besides saying so.",
    expected: '"off", "stop" or "abort"',
    default: DEFAULTS.debug_points,
  }),
};

/** The whole file. */
export const MAIN_SCHEMA = v.partial(
  v.strictObject({ ...workerDirectives, ...mainDirectives }),
);

/** The file as written, valid. */
export type Settings = v.InferOutput<typeof MAIN_SCHEMA>;

/** A pool as written, valid. */
export type PoolSettings = v.InferOutput<typeof pool>;

/** One `listen` as written, valid. */
export type ListenSettings = v.InferOutput<typeof listenObject>;

/** A place of the file where names are directives, and which are known. */
export interface Context {
  readonly known: Readonly<Record<string, Schema>>;
  /** Known to this program, but not here or not yet; with what to say. */
  readonly refused: Readonly<Record<string, string>>;
}

const UNSUPPORTED = "directive is not supported by this version";
const LATER = {
  exec: UNSUPPORTED,
};
const MISPLACED = "directive is not allowed here";

/** The top of the file. */
export const MAIN: Context = {
  known: { ...workerDirectives, ...mainDirectives },
  refused: LATER,
};

/** Inside one of the pools. */
export const POOL: Context = {
  known: workerDirectives,
  refused: {
    ...LATER,
    ...Object.fromEntries(
      Object.keys(mainDirectives).map((name) => [name, MISPLACED]),
    ),
  },
};

/** The object form of `listen`. */
export const LISTEN: Context = {
  known: { address, ...listenOptions },
  refused: {},
};

/** Inside one of the zones of `cache`. */
export const CACHE_ZONE: Context = { known: ZONE_DIRECTIVES, refused: {} };

/** The object form of `error_log`. */
export const ERROR_LOG: Context = { known: logOptions, refused: {} };

/** The object form of `static`. */
export const STATIC: Context = { known: staticOptions, refused: {} };

/** The object form of `response_cache`. */
export const RESPONSE_CACHE: Context = {
  known: responseCacheOptions,
  refused: {},
};

/** The object form of `access_log`. */
export const ACCESS_LOG: Context = { known: accessLogOptions, refused: {} };

/** Directives with an object form whose names are directives. */
export const OBJECTS: Readonly<Record<string, Context>> = {
  access_log: ACCESS_LOG,
  error_log: ERROR_LOG,
  listen: LISTEN,
  response_cache: RESPONSE_CACHE,
  static: STATIC,
};
