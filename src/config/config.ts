/**
 * The configuration, fully resolved: no defaults left to fill, no strings that
 * mean numbers, every path absolute, units in names.
 */

import type { DebugPoints } from "../base/debug_points.ts";
import type { Gid, Uid } from "../base/id.ts";
import type { Level } from "../base/level.ts";
import type { Bytes, Milliseconds } from "../base/unit.ts";
import type { AppConfig } from "./app_config.ts";

/** Where the error log goes. */
export interface ErrorLogConfig {
  /** An absolute path; undefined is stderr. */
  readonly path: string | undefined;
  readonly level: Level;
  readonly format: "text" | "json";
}

/** What a TLS listener speaks with. */
export interface TlsConfig {
  /** At least one; the first is for clients that name no name of another. */
  readonly certificates: readonly {
    /** PEM, with those that lead to its root. */
    readonly certificate: string;
    /** PEM. */
    readonly key: string;
    /** The names it is good for, in lower case. */
    readonly names: readonly string[];
  }[];
  readonly versionMin: "TLSv1.2" | "TLSv1.3";
  readonly versionMax: "TLSv1.2" | "TLSv1.3";
  /** Offer HTTP/2 beside HTTP/1.1. */
  readonly http2: boolean;
}

/** An address to listen on. */
export interface ListenConfig {
  /** As written, normalised; equal text means the same listener. */
  readonly address: string;
  readonly target:
    | {
      readonly kind: "tcp";
      readonly family: 4 | 6;
      /** A numeric address. */
      readonly host: string;
      /** 0 to 65535; 0 lets the kernel choose. */
      readonly port: number;
      /** IPv6 only; whether the socket refuses IPv4. */
      readonly ipv6Only: boolean;
      /** One socket per worker instead of one for all. */
      readonly reuseport: boolean;
    }
    | {
      readonly kind: "unix";
      /** Absolute. */
      readonly path: string;
      /** Permission bits, 0o666 as nginx unless given. */
      readonly mode: number;
      readonly owner: UserConfig | undefined;
    };
  readonly backlog: number;
  /** Its clients come through a proxy that says who they are. */
  readonly proxyProtocol?: boolean;
  /** Without it: plain HTTP. Another one is not another listener. */
  readonly tls?: TlsConfig;
}

/** A user and group, looked up. */
export interface UserConfig {
  readonly name: string;
  readonly uid: Uid;
  readonly gid: Gid;
}

/** What one client may take: see http/limits.ts, which these are. */
export interface HttpConfig {
  readonly clientHeaderTimeoutMs: Milliseconds;
  readonly clientBodyTimeoutMs: Milliseconds;
  readonly sendTimeoutMs: Milliseconds;
  /** 0 closes a connection after each response. */
  readonly keepaliveTimeoutMs: Milliseconds;
  readonly keepaliveRequestsMax: number;
  readonly headerBuffersMax: number;
  readonly headerBufferBytes: Bytes;
  readonly headersMax: number;
  /** 0 means no limit. */
  readonly bodyBytesMax: Bytes;
  readonly connectionsMax: number;
}

/** A folder whose files are served. */
export interface StaticConfig {
  /** Absolute. */
  readonly root: string;
  /** Names tried in a folder, in this order. */
  readonly index: readonly string[];
  /** List a folder that has none of them. */
  readonly autoindex: boolean;
  /**
   * off: links are followed. outside: those that leave the root are refused.
   * on: all are, below the root.
   */
  readonly disableSymlinks: "off" | "outside" | "on";
  /** Serve names that begin with a dot. */
  readonly hiddenFiles: boolean;
  /** Encoded files that may lie beside a file, the preferred first. */
  readonly encodings: readonly ("br" | "gzip")[];
  readonly cacheControl: string | undefined;
  readonly etag: boolean;
  /** Ranges answered at once at most; 0: none are. */
  readonly rangesMax: number;
  /** A path below the root: sent with 404 for what is not there. */
  readonly notFound: string | undefined;
  /** A path below the root: sent with 200 for what is not there. */
  readonly fallback: string | undefined;
  /** By extension, in lower case, without the dot. */
  readonly types: Readonly<Record<string, string>>;
  readonly defaultType: string;
  /** Said of text; undefined: none is. */
  readonly charset: string | undefined;
}

/** Where requests are logged. */
export interface AccessLogConfig {
  /** Absolute, or "stderr" or "stdout". */
  readonly path: string;
  /** A name or a text with variables; it can be compiled. */
  readonly format: string;
  readonly escape: "default" | "json" | "none";
  /** Written when so much has come together; 0: each line at once. */
  readonly bufferBytes: Bytes;
  /** Written when the oldest line is so old. */
  readonly flushMs: Milliseconds;
}

/** Whose word about a client is taken: see http/real_ip.ts. */
export interface RealIpConfig {
  /** Networks, and "unix:" for every Unix socket. */
  readonly from: readonly string[];
  /** In lower case. */
  readonly header: string;
  readonly recursive: boolean;
}

/** What every child makes of itself before it does its work. */
export interface ProcessConfig {
  readonly errorLog: ErrorLogConfig;
  /** undefined: keep the user the master runs as. */
  readonly user: UserConfig | undefined;
  /** Absolute; undefined: the master's. */
  readonly workingDirectory: string | undefined;
  /** Start from an empty environment. */
  readonly clearEnv: boolean;
  /** Set in the environment; null passes the master's own value on. */
  readonly env: Readonly<{ [name: string]: string | null }>;
  /** -20 to 19; undefined: the master's. */
  readonly priority: number | undefined;
  /** CPU numbers; undefined: all the master may use. */
  readonly cpus: readonly number[] | undefined;
  readonly rlimitNofile: number | undefined;
  readonly rlimitCoreBytes: Bytes | undefined;
}

/** The part of the configuration that one worker gets in `init`. */
export interface WorkerConfig extends ProcessConfig {
  /** The module to serve, or the root of `static`: an absolute path. */
  readonly app: string;
  /** Serve files instead of a module. */
  readonly static: StaticConfig | undefined;
  /** undefined: what the app answers is not stored. */
  readonly responseCache: ResponseCacheConfig | undefined;
  /** undefined: requests are not logged. */
  readonly accessLog: AccessLogConfig | undefined;
  /** 0 means no limit. */
  readonly shutdownTimeoutMs: Milliseconds;
  /** How long an idle connection is kept when draining. */
  readonly keepaliveDrainMs: Milliseconds;
  readonly debugPoints: DebugPoints;
  readonly http: HttpConfig;
  /** undefined: nobody's. */
  readonly realIp: RealIpConfig | undefined;
}

/** How the responses of an app are stored. */
export interface ResponseCacheConfig {
  /** The name of a zone. */
  readonly zone: string;
  /** How long a response is fresh that does not say it, by status or "any". */
  readonly valid: Readonly<{ [status: string]: Milliseconds }>;
  /** Conditions as in src/cache/bypass.ts. */
  readonly bypass: readonly string[];
  readonly noCache: readonly string[];
  readonly lockTimeoutMs: Milliseconds;
  readonly staleWhileRevalidateMs: Milliseconds;
  readonly staleIfErrorMs: Milliseconds;
  /** Of the time since Last-Modified; 0: no guess. */
  readonly heuristicPercentMax: number;
  /** What clients say about caching counts. */
  readonly requestDirectives: boolean;
}

/** A pool: the workers that run one app with one set of listeners. */
export interface PoolConfig {
  readonly name: string;
  /** `auto` counted: at least 1. */
  readonly workers: number;
  readonly startupTimeoutMs: Milliseconds;
  readonly listen: readonly ListenConfig[];
  /**
   * One CPU set per worker, the last repeated; empty: no affinity. `cpus` of
   * `worker` is filled from it for each ordinal.
   */
  readonly affinity: readonly (readonly number[])[];
  /** The app's own deno.json, package.json and lock; undefined: none. */
  readonly appConfig: AppConfig | undefined;
  /** What its workers get; `cpus` undefined here. */
  readonly worker: WorkerConfig;
}

/** How much one pass of a helper does, and how long it rests after it. */
export interface PassConfig {
  readonly filesMax: number;
  readonly thresholdMs: Milliseconds;
  readonly sleepMs: Milliseconds;
}

/** How much of a new entry is on the disk before it is in its place. */
export type Fsync = "off" | "data" | "full";

/** A cache zone: one folder with everything in it. */
export interface ZoneConfig {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The lengths of the folders' names, at most three; empty: no folders. */
  readonly levels: readonly number[];
  /** undefined: no limit. */
  readonly sizeBytesMax: Bytes | undefined;
  /** What must stay free on its file system; 0: nothing. */
  readonly freeBytesMin: Bytes;
  readonly inactiveMs: Milliseconds;
  readonly fsync: Fsync;
  readonly manager: PassConfig;
  readonly loader: PassConfig;
  /** From the cache loader's start to its first pass. */
  readonly loaderDelayMs: Milliseconds;
}

/** The cache and the two helpers that look after it. */
export interface CacheConfig {
  /** At least one; names and paths are unique. */
  readonly zones: readonly ZoneConfig[];
  readonly startupTimeoutMs: Milliseconds;
  /** 0 means no limit. */
  readonly shutdownTimeoutMs: Milliseconds;
  /** What the helpers run as. */
  readonly process: ProcessConfig;
}

/** Everything. */
export interface Config {
  /** The file it was read from, absolute; undefined: none. */
  readonly file: string | undefined;
  /** What relative paths resolve against, absolute. */
  readonly prefix: string;
  /** Absolute. */
  readonly pidPath: string;
  readonly errorLog: ErrorLogConfig;
  /** false: one process does it all. Read at the start alone, as in nginx. */
  readonly masterProcess: boolean;
  /** Go to the background. Read at the start alone, as in nginx. */
  readonly daemon: boolean;
  readonly debugPoints: DebugPoints;
  /** Draining generations kept at most. */
  readonly generationsMax: number;
  /** At least one; names are unique. */
  readonly pools: readonly PoolConfig[];
  /** undefined: no cache, and no helpers. */
  readonly cache: CacheConfig | undefined;
  /** What the operator should know, though nothing is wrong. */
  readonly warnings: readonly string[];
}
