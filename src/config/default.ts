/**
 * What a directive is when nobody says anything, as an operator would write
 * it. The one place: `resolve.ts` fills in from here, the schema and the
 * reference page print from here. Free of the schema library, because a start
 * without a configuration file must not load it.
 */

/** Directives and options by name; those without a default are not here. */
export const DEFAULTS = {
  pid: "procmgr.pid",
  daemon: false,
  master_process: true,
  debug_points: "off",
  clear_env: false,
  error_log: { path: "stderr", level: "notice", format: "text" },
  static: {
    index: ["index.html"],
    autoindex: false,
    disable_symlinks: "off",
    hidden_files: false,
    gzip_static: false,
    brotli_static: false,
    etag: true,
    max_ranges: 64,
    default_type: "application/octet-stream",
    charset: "utf-8",
  },
  response_cache: {
    valid: [],
    bypass: [],
    no_cache: [],
    lock_timeout: "5s",
    stale_while_revalidate: 0,
    stale_if_error: 0,
    heuristic_percent: 0,
    request_directives: true,
  },
  access_log: {
    path: "off",
    format: "combined",
    escape: "default",
    buffer: "32k",
    flush: "1s",
  },
  worker_processes: "auto",
  worker_shutdown_timeout: "30s",
  worker_startup_timeout: "30s",
  keepalive_drain: "5s",
  client_header_timeout: "60s",
  client_body_timeout: "60s",
  client_max_body_size: "1m",
  large_client_header_buffers: "4 8k",
  // nginx has 1000; Deno's own server 100, and its Headers take a time that
  // grows with the square of their number: 0.1 s for 1000 different ones.
  max_headers: 100,
  real_ip_header: "X-Real-IP",
  real_ip_recursive: false,
  send_timeout: "60s",
  keepalive_timeout: "75s",
  keepalive_requests: 1000,
  worker_connections: 512,
  worker_generations: 4,
  listen: "127.0.0.1:8080",
  backlog: 511,
  mode: "0666",
} as const;

/** The options of a cache zone; those without a default are not here. */
export const CACHE_DEFAULTS = {
  levels: "1:2",
  min_free: 0,
  inactive: "10m",
  fsync: "data",
  manager_files: 100,
  manager_threshold: "200ms",
  manager_sleep: "50ms",
  loader_files: 100,
  loader_threshold: "200ms",
  loader_sleep: "50ms",
  loader_delay: "60s",
} as const;

/** The most workers of all pools together: half the process table. */
export const WORKERS_MAX = 512;

/** The name of the only pool of a configuration without `pools`. */
export const POOL_NAME = "worker";
