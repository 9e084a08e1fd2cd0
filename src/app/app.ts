/**
 * What an app is: the contract between procmgr and the module it serves.
 *
 * This is the only public API. An app needs nothing from here at run time; it
 * may `import type` these names to have its handlers checked. Everything that
 * works under `deno serve` works here: a default export with `fetch` and
 * perhaps `onListen`, so whatever `satisfies Deno.ServeDefaultExport` is an
 * app. A default function is one, too. More is optional.
 *
 * @example The smallest app
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const app = {
 *   fetch(): Response {
 *     return new Response("Hello");
 *   },
 * } satisfies Deno.ServeDefaultExport;
 *
 * assertEquals(await app.fetch().text(), "Hello");
 *
 * export default app;
 * ```
 *
 * @example Hooks, and knowing which worker one is
 * ```ts
 * import type { App } from "@procmgr/procmgr/app";
 *
 * let greeting = "";
 *
 * const app = {
 *   init({ worker, log }): void {
 *     greeting = `Hello from worker ${worker.ordinal}\n`;
 *     log.info(`generation ${worker.generation} starts`);
 *   },
 *   fetch(_request, info): Response {
 *     if (info.draining.aborted) info.log.debug("one of the last requests");
 *     return new Response(greeting);
 *   },
 *   async shutdown({ log }): Promise<void> {
 *     await Promise.resolve();
 *     log.info("nothing left to close");
 *   },
 * } satisfies App;
 *
 * export default app;
 * ```
 *
 * @module
 */

/**
 * Which worker this is, of all that serve the same app.
 *
 * @example Something that one worker of several must do
 * ```ts
 * import type { App } from "@procmgr/procmgr/app";
 *
 * const app = {
 *   init({ worker }): void {
 *     // Two have this number for a moment during a reload.
 *     if (worker.ordinal === 0) setInterval(sendReminders, 60_000);
 *   },
 *   fetch: () => new Response("Hello"),
 * } satisfies App;
 *
 * function sendReminders(): void {}
 *
 * export default app;
 * ```
 */
export interface WorkerInfo {
  /** The pool's name: "worker" unless the configuration names pools. */
  readonly pool: string;
  /** The row of the master's process table; reused by other workers. */
  readonly slot: number;
  /** 1 for the configuration at start, one more for each reload. */
  readonly generation: number;
  /** The worker's number in its pool, from 0; stable across respawns. */
  readonly ordinal: number;
  /** Open a channel to every worker of the pool that opened it, too. */
  broadcast(name: string): PoolChannel;
}

/**
 * A channel to the other workers of the pool, with the interface of the
 * standard's BroadcastChannel. What is posted reaches every channel of that
 * name but the one it was posted on, in this worker and in the others, of
 * every generation that lives; from one sender in order.
 *
 * Values are those of JSON: what JSON would change or lose (a Date, a Map,
 * undefined, NaN, a cycle) is refused with a DataCloneError, as is what is
 * longer than 32 KiB.
 *
 * @example Forgetting something everywhere
 * ```ts
 * import type { App, PoolChannel } from "@procmgr/procmgr/app";
 *
 * const known = new Map<string, string>();
 * let changes: PoolChannel | undefined;
 *
 * const app = {
 *   init({ worker }): void {
 *     changes = worker.broadcast("changes");
 *     changes.onmessage = ({ data }) => known.delete(data.key);
 *   },
 *   fetch(request): Response {
 *     const key = new URL(request.url).pathname;
 *     known.delete(key);
 *     changes?.postMessage({ key });
 *     return new Response(null, { status: 204 });
 *   },
 * } satisfies App;
 *
 * export default app;
 * ```
 */
export interface PoolChannel extends EventTarget {
  readonly name: string;
  onmessage: ((this: PoolChannel, event: MessageEvent) => unknown) | null;
  /** Never called: what arrives can be read. */
  onmessageerror: ((this: PoolChannel, event: MessageEvent) => unknown) | null;
  /** Post to everybody else. Throws when closed, or for no JSON value. */
  postMessage(data: unknown): void;
  close(): void;
  /**
   * Settles when everything this worker posted is on its way. Who posts more
   * than 64 KiB at once waits for it, or loses what is beyond that.
   */
  flush(): Promise<void>;
  /** How many messages of this worker were lost to a worker that reads not. */
  readonly dropped: number;
}

/**
 * Writes lines to procmgr's error log, by nginx's levels. Never throws; what
 * is below the configured level is not written.
 *
 * @example A line of one's own
 * ```ts
 * import type { FetchHandler } from "@procmgr/procmgr/app";
 *
 * const handler: FetchHandler = (request, { log }) => {
 *   log.warn(`nobody knows ${new URL(request.url).pathname}`);
 *   return new Response("Not Found\n", { status: 404 });
 * };
 *
 * export default handler;
 * ```
 */
export interface AppLog {
  /** Something failed that an operator has to look at. */
  error(text: string): void;
  /** Something is odd and may become an error. */
  warn(text: string): void;
  /** Something worth knowing happened: written by default. */
  notice(text: string): void;
  /** What one wants to know when looking closer. */
  info(text: string): void;
  /** What one wants to know when looking for a bug. */
  debug(text: string): void;
}

/** What is looked for in a cache. */
export type CacheKey = Request | URL | string;

/** How `match` and the like compare requests: as the standard's Cache. */
export interface CacheQuery {
  /** Whatever stands behind the "?". */
  readonly ignoreSearch?: boolean;
  /** Not only GET. */
  readonly ignoreMethod?: boolean;
  /** Whatever the response varies by. */
  readonly ignoreVary?: boolean;
}

/**
 * The standard's Cache, on the disk: all workers of all pools see the same,
 * and it is there after a restart. The cache manager removes what nobody asked
 * for within `inactive`, and what is too much for `max_size`; nothing else is
 * removed, for whether a response is fresh is the app's business here.
 *
 * `put` rejects when the response cannot be kept (a full disk, say). Without a
 * request, and with `ignoreSearch` or `ignoreVary`, the whole zone is walked
 * through: not for every request.
 *
 * @example Asking once an hour for what is slow
 * ```ts
 * import type { App } from "@procmgr/procmgr/app";
 *
 * const app = {
 *   async fetch(request, info): Promise<Response> {
 *     const cache = info.cache("pages");
 *     const known = await cache.match(request);
 *     if (known !== undefined) return known;
 *     const response = new Response(`made at ${new Date().toISOString()}\n`);
 *     await cache.put(request, response.clone());
 *     return response;
 *   },
 * } satisfies App;
 *
 * export default app;
 * ```
 */
export interface AppCache {
  /** The response to such a request; undefined: there is none. */
  match(key: CacheKey, query?: CacheQuery): Promise<Response | undefined>;
  /** All responses to such requests; without one, all there are. */
  matchAll(key?: CacheKey, query?: CacheQuery): Promise<readonly Response[]>;
  /** The requests there are responses to, the oldest first. */
  keys(key?: CacheKey, query?: CacheQuery): Promise<readonly Request[]>;
  /** Keep a response to a GET; its body is read to the end. */
  put(key: CacheKey, response: Response): Promise<void>;
  /** Whether there was something to delete. */
  delete(key: CacheKey, query?: CacheQuery): Promise<boolean>;
  /** Fetch, and keep what comes if it is a success. */
  add(key: CacheKey): Promise<void>;
  /** Fetch all; nothing is kept unless all were a success. */
  addAll(keys: Iterable<CacheKey>): Promise<void>;
}

/**
 * What is to be forgotten of the responses that `response_cache` has stored.
 *
 * @example After a change in the database
 * ```ts
 * import type { App } from "@procmgr/procmgr/app";
 *
 * const app = {
 *   async fetch(_request, { purge }): Promise<Response> {
 *     await purge({ urls: ["https://example.com/"], tags: ["article-7"] });
 *     return new Response(null, { status: 204 });
 *   },
 * } satisfies App;
 *
 * export default app;
 * ```
 */
export interface PurgeTarget {
  /** Absolute, as clients ask for them; all variants of each. */
  readonly urls?: readonly (string | URL)[];
  /** What has one of these in its Cache-Tag. */
  readonly tags?: readonly string[];
}

/**
 * What an app can know and use outside of a request, too.
 *
 * @example A stream that ends when its worker has to go
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { App, AppContext } from "@procmgr/procmgr/app";
 *
 * function untilDraining({ draining }: Pick<AppContext, "draining">) {
 *   return new ReadableStream<Uint8Array>({
 *     start(controller): void {
 *       const end = (): void => controller.close();
 *       if (draining.aborted) end();
 *       else draining.addEventListener("abort", end);
 *     },
 *   });
 * }
 *
 * const controller = new AbortController();
 * const body = untilDraining({ draining: controller.signal });
 * controller.abort();
 * assertEquals(await new Response(body).text(), "");
 *
 * const app: App = {
 *   fetch: (_request, info) => new Response(untilDraining(info)),
 * };
 *
 * export default app;
 * ```
 */
export interface AppContext {
  /** Which worker this is. */
  readonly worker: WorkerInfo;
  /**
   * Aborted when this worker stops serving, after a reload or at the end.
   * Requests already there, and those that still arrive on open connections,
   * are served; end long responses (server-sent events, long polls) soon, or
   * `worker_shutdown_timeout` cuts them.
   */
  readonly draining: AbortSignal;
  /** Lines for procmgr's error log. */
  readonly log: AppLog;
  /** The zone of `cache` with that name; throws when there is none. */
  cache(name: string): AppCache;
  /**
   * Forget what `response_cache` has stored of this app. It holds in all
   * workers when it resolves; it rejects when the zone cannot be written to.
   */
  purge(target: PurgeTarget): Promise<void>;
}

/**
 * The second argument of `fetch`: Deno's own, `remoteAddr` and `completed`,
 * and the context.
 *
 * `remoteAddr` is a `Deno.UnixAddr` with an empty path for a connection to a
 * Unix socket. `completed` rejects when the response was not sent whole; not
 * looking at it is no error.
 *
 * @example Counting what was really sent
 * ```ts
 * import type { RequestInfo } from "@procmgr/procmgr/app";
 *
 * let sent = 0;
 *
 * function handler(_request: Request, info: RequestInfo): Response {
 *   info.completed.then(() => sent++, () => {});
 *   return new Response(info.remoteAddr.transport);
 * }
 *
 * export default handler;
 * ```
 */
export interface RequestInfo
  extends Deno.ServeHandlerInfo<Deno.Addr>, AppContext {}

/**
 * Answers one request. What it throws, and a rejection, is a 500 and a line in
 * the error log; the worker goes on.
 *
 * @example A default function is an app
 * ```ts
 * import type { FetchHandler } from "@procmgr/procmgr/app";
 *
 * const handler: FetchHandler = (request) => new Response(request.url);
 *
 * export default handler;
 * ```
 *
 * @example Deno's own type of a handler fits
 * ```ts
 * import type { FetchHandler } from "@procmgr/procmgr/app";
 *
 * const handler: Deno.ServeHandler = () => new Response("Hello");
 * const same: FetchHandler = handler;
 *
 * export default same;
 * ```
 */
export type FetchHandler = (
  request: Request,
  info: RequestInfo,
) => Response | Promise<Response>;

/**
 * What a module exports by default. Whatever `satisfies
 * Deno.ServeDefaultExport` is one.
 *
 * `fetch` is looked up at each request and called as a method, so an instance
 * of a class is an app as well. Other members are not looked at: the port and
 * the address are the configuration's business.
 *
 * @example An app as a class
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { App } from "@procmgr/procmgr/app";
 *
 * class Counter implements App {
 *   #count = 0;
 *
 *   fetch(): Response {
 *     return new Response(String(++this.#count));
 *   }
 * }
 *
 * const app = new Counter();
 * app.fetch();
 * assertEquals(await app.fetch().text(), "2");
 *
 * export default app;
 * ```
 */
export interface App {
  /** Answers each request. */
  readonly fetch: FetchHandler;
  /**
   * Deno's hook: called with each address the worker listens on, after `init`
   * and before the worker is ready. What it throws is fatal, as in `init`.
   * Without it nothing is printed; the master's log has the addresses.
   */
  readonly onListen?: (localAddr: Deno.Addr) => void;
  /**
   * Called once, before the first connection is accepted; the worker is ready
   * when it is done. A rejection is fatal: this worker is not started again
   * until the next reload, and a reload to such an app is given up.
   */
  readonly init?: (context: AppContext) => void | Promise<void>;
  /**
   * Called once, when the last connection of a graceful shutdown is gone.
   * It has what is left of `worker_shutdown_timeout`, at least a second. Not
   * called when the worker is terminated or crashes.
   */
  readonly shutdown?: (context: AppContext) => void | Promise<void>;
}
