/**
 * What an app is: the contract between procmgr and the module it serves.
 *
 * This is the only public API. An app needs nothing from here at run time; it
 * may `import type` these names to have its handlers checked. Everything that
 * works under `deno serve` works here: a default export with `fetch`, or just
 * a default function. More is optional.
 *
 * @example The smallest app
 * ```ts
 * const app = {
 *   fetch(): Response {
 *     return new Response("Hello");
 *   },
 * };
 *
 * export default app;
 * ```
 *
 * @example Hooks, and knowing which worker one is
 * ```ts
 * import type { App } from "./app.ts";
 *
 * let greeting = "";
 *
 * const app: App = {
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
 * };
 *
 * export default app;
 * ```
 */

/** Which worker this is. */
export interface WorkerInfo {
  /** The pool's name: "worker" unless the configuration names pools. */
  readonly pool: string;
  /** The row of the master's process table; reused by other workers. */
  readonly slot: number;
  /** 1 for the configuration at start, one more for each reload. */
  readonly generation: number;
  /** The worker's number in its pool, from 0; stable across respawns. */
  readonly ordinal: number;
}

/** Writes lines to procmgr's error log, by nginx's levels. Never throws. */
export interface AppLog {
  error(text: string): void;
  warn(text: string): void;
  notice(text: string): void;
  info(text: string): void;
  debug(text: string): void;
}

/** What an app can know and use outside of a request, too. */
export interface AppContext {
  readonly worker: WorkerInfo;
  /**
   * Aborted when this worker stops serving, after a reload or at the end.
   * Requests already there, and those that still arrive on open connections,
   * are served; end long responses (server-sent events, long polls) soon, or
   * `worker_shutdown_timeout` cuts them.
   */
  readonly draining: AbortSignal;
  readonly log: AppLog;
}

/** The second argument of `fetch`: Deno's, and the context. */
export interface RequestInfo
  extends Deno.ServeHandlerInfo<Deno.Addr>, AppContext {}

/** Answers one request. A rejection is a 500 and a line in the error log. */
export type FetchHandler = (
  request: Request,
  info: RequestInfo,
) => Response | Promise<Response>;

/** What a module exports by default. */
export interface App {
  readonly fetch: FetchHandler;
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
