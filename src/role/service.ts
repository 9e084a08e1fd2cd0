/**
 * One app served on its sockets: what a worker process is but for being a
 * process. It turns what happens (messages, the timer, the server, the app)
 * into events for core/worker.ts and performs the effects that come back. It
 * decides nothing itself.
 *
 * Whoever it serves in is its host: a worker process (worker.ts), or the one
 * process of `master_process: false`. The user's code is imported last.
 */

import type { AppContext, PoolChannel } from "../app/app.ts";
import { describeFailure } from "../app/failure.ts";
import { loadApp, type LoadedApp } from "../app/fetch_handler.ts";
import { toListenAddress } from "../app/listen_address.ts";
import { EXIT_CODE } from "../base/exit_code.ts";
import type { Level } from "../base/level.ts";
import type { Result } from "../base/system_error.ts";
import { formatSystemError } from "../base/system_error.ts";
import { toMilliseconds } from "../base/unit.ts";
import type { FromChild, Init, Order } from "../channel/message.ts";
import type { SendNotice } from "../cache/reporter.ts";
import type { StaticConfig } from "../config/config.ts";
import { step } from "../core/worker.ts";
import type { Asker, WorkerEffect, WorkerEvent } from "../core/worker_event.ts";
import {
  FIRST_STATE,
  nextDeadline,
  type WorkerPolicy,
  type WorkerStep,
} from "../core/worker_state.ts";
import { installUpgradeWebSocket } from "../http/websocket_upgrade.ts";
import { HttpServer, type RequestFailure } from "../http/server.ts";
import { EARLY_LOG, type Log, openLog } from "../log/sink.ts";
import { createTimer, monotonicNow } from "../os/clock.ts";
import { debugPoint } from "../os/debug_point.ts";
import { heapBytes, trimMemory } from "../os/memory.ts";
import { openAccess, type ServiceAccess } from "./service_access.ts";
import { createContext } from "./service_context.ts";
import { NO_ZONES, openZones } from "./service_zones.ts";
import { openStores, type Stores } from "./stores.ts";

/** Not in the import: a worker with an app would load it, too; see main.ts. */
const STATIC_APP = "../app/static.ts";

/** What a service needs of the process it is in. */
export interface ServiceHost {
  /** Tell the master. */
  tell(message: FromChild): void;
  /** Its logs were opened anew. */
  reopened(): void;
  /** From now on it only drains. */
  retitle(): void;
  /** What makes its module one of its own; "": nothing has to. */
  readonly query: string;
  /** The descriptor to serve a listener on, which is then the server's. */
  takeListener(fd: number): Result<number>;
  /** Tell the cache manager; false: it does not listen now. */
  readonly sendToManager: SendNotice;
  /** Wait until what was sent is with the kernel; not for long. */
  sent(): Promise<void>;
  /** A channel to the other workers of the pool. */
  broadcast(name: string): PoolChannel;
  /** User code is about to run, or has run: it may listen to errors. */
  listenLast(app: string): void;
  /** The end. If it returns, the service does nothing any more. */
  leave(code: number, log: Log): void;
}

/** Connections that are named one by one; the rest are a number. */
const NAMED_CONNECTIONS_MAX = 16;

/** Only a worker that serves files pays for what that takes. */
async function loadSite(site: StaticConfig): Promise<LoadedApp> {
  const { createStaticApp }: typeof import("../app/static.ts") = await import(
    STATIC_APP
  );
  return createStaticApp(site);
}

/** The loop: events in, effects out. */
export class Service {
  readonly #host: ServiceHost;
  readonly #draining = new AbortController();
  readonly #timer = createTimer(() => {
    const connections = this.#connections;
    this.take({ kind: "timerFired", connections, heapBytes: heapBytes() });
  });
  #state = FIRST_STATE;
  #isOver = false;
  #log = EARLY_LOG;
  #access: ServiceAccess | undefined;
  #app: LoadedApp | undefined;
  #context: AppContext | undefined;
  #stores: Stores = new Map();
  #zones = NO_ZONES;
  #server: HttpServer<AppContext> | undefined;
  #policy: WorkerPolicy = {
    shutdownTimeoutMs: toMilliseconds(0),
    keepaliveDrainMs: toMilliseconds(0),
    debugPoints: "off",
  };

  constructor(host: ServiceHost) {
    this.#host = host;
  }

  get #connections(): number {
    return this.#server?.connections ?? 0;
  }

  /** While this process may still open what only root can. */
  openLog({ config }: Init): void {
    this.#policy = config;
    const log = openLog({ ...config.errorLog, pid: Deno.pid });
    if (!log.ok) return this.#giveUp(formatSystemError(log.error));
    this.#log = log.value;
    const access = openAccess(config.accessLog, (level, text) => {
      this.#log.write(level, text);
    });
    if (!access.ok) return this.#giveUp(formatSystemError(access.error));
    this.#access = access.value;
  }

  /** Say something in the error log. */
  write(level: Level, text: string): void {
    this.#log.write(level, text);
  }

  /** While this process may still read what that takes. */
  async openStores(init: Init): Promise<void> {
    const log = (level: Level, text: string): void => {
      this.#log.write(level, text);
    };
    const { sendToManager } = this.#host;
    const { zones = [] } = init;
    const stores = await openStores(zones, { sendToManager, log });
    this.#stores = stores;
    this.#zones = await openZones(init, { stores, log });
  }

  /** Import the app, run its init hook, accept; or say why not. */
  async start(init: Init): Promise<void> {
    const app = await this.#loadApp(init);
    if (app === undefined || this.#isOver) return;
    await this.#listen(app, init);
  }

  async #loadApp(init: Init): Promise<LoadedApp | undefined> {
    const { app: path, static: site } = init.config;
    if (site !== undefined) return await loadSite(site);
    installUpgradeWebSocket();
    this.#host.listenLast(path);
    const loading = await loadApp(path, this.#host.query);
    if (!loading.ok) return this.#giveUp(loading.reason);
    this.#host.listenLast(path);
    const context = this.#contextOf(init);
    try {
      await loading.app.init(context);
    } catch (error) {
      const reason = `app "${path}" failed in init: ${describeFailure(error)}`;
      return this.#giveUp(reason);
    }
    this.#host.listenLast(path);
    this.#app = loading.app;
    return loading.app;
  }

  #giveUp(reason: string): undefined {
    this.take({ kind: "startFailed", reason });
  }

  async #listen(app: LoadedApp, init: Init): Promise<void> {
    const server = new HttpServer<AppContext>({
      fetch: this.#zones.around(app.fetch, (url, error) => {
        const what = `GET ${url}: ${describeFailure(error)}`;
        const text = `app "${init.config.app}" failed: ${what}`;
        this.#log.write("error", text);
      }),
      context: this.#contextOf(init),
      limits: init.config.http,
      realIp: init.config.realIp,
      keepaliveDrainMs: init.config.keepaliveDrainMs,
      onCrowded: () => this.#logCrowded(init.config.http.connectionsMax),
      ...this.#access && { onRequest: this.#access.onRequest },
      onUnproxied: (from) => this.#logUnproxied(from),
      onFailure: (failure) => this.#logFailure(failure, init.config.app),
      onDrained: () => this.take({ kind: "connectionsGone" }),
    });
    this.#server = server;
    try {
      await Promise.all(init.listeners.map(({ fd, bound, ...listener }) => {
        const taken = this.#host.takeListener(fd);
        if (!taken.ok) throw new Error(formatSystemError(taken.error));
        const target = { ...listener, fd: taken.value, address: bound };
        return server.listen(target);
      }));
    } catch (error) {
      return this.#giveUp(`listen() failed: ${describeFailure(error)}`);
    }
    try {
      for (const { bound } of init.listeners) {
        app.onListen(toListenAddress(bound));
      }
    } catch (error) {
      const { app: path } = init.config;
      const what = describeFailure(error);
      return this.#giveUp(`app "${path}" failed in onListen: ${what}`);
    }
    this.take({ kind: "started" });
  }

  /** A message of the master after `init`. */
  receive(message: Exclude<Order, { readonly kind: "handoff" }>): void {
    const asker: Asker = { kind: "master" };
    switch (message.kind) {
      case "quit": {
        const lingerMs = toMilliseconds(message.lingerMs);
        return this.take({ kind: "quitAsked", asker, lingerMs });
      }
      case "terminate":
        return this.take({ kind: "terminateAsked", asker });
      case "reopen":
        return this.take({ kind: "reopenAsked", asker });
    }
  }

  /** One event: decide, perform, arm the timer. */
  take(event: WorkerEvent): void {
    if (this.#isOver) return;
    const decided = this.#decide(event);
    if (decided === undefined) return;
    this.#state = decided.state;
    this.#timer.arm(nextDeadline(decided.state));
    for (const effect of decided.effects) {
      if (!this.#isOver) this.#perform(effect);
    }
  }

  /** A bug of ours ends it: the master starts another. */
  #decide(event: WorkerEvent): WorkerStep | undefined {
    try {
      return step(this.#state, event, this.#policy, monotonicNow());
    } catch (error) {
      this.#log.write("alert", `${error} at ${event.kind}`);
      debugPoint(this.#policy.debugPoints);
      this.#leave(EXIT_CODE.FAILED);
      return undefined;
    }
  }

  #perform(effect: WorkerEffect): void {
    switch (effect.kind) {
      case "log":
        return this.#log.write(effect.level, effect.text);
      case "send":
        return this.#host.tell({ kind: effect.message });
      case "sendFailure":
        return this.#host.tell({ kind: "failed", reason: effect.reason });
      case "retitle":
        return this.#host.retitle();
      case "tellApp":
        return this.#draining.abort(new DOMException("Draining", "AbortError"));
      case "refuseKeepalive":
        return this.#server?.refuseKeepalive();
      case "closeListeners":
        return this.#server?.closeListeners();
      case "closeIdle":
        return this.#server?.closeIdle();
      case "closeAll":
        return this.#closeAll();
      case "logConnections":
        return this.#logConnections(effect);
      case "shutDownApp":
        return void this.#shutDownApp();
      case "reopenLog":
        return this.#reopenLog();
      case "trimMemory":
        return void this.#trimMemory();
      case "killSelf":
        return debugPoint(this.#policy.debugPoints);
      case "exit":
        return this.#leave(effect.code);
    }
  }

  async #trimMemory(): Promise<void> {
    await trimMemory();
    this.take({ kind: "memoryTrimmed", heapBytes: heapBytes() });
  }

  #closeAll(): void {
    const connections = this.#connections;
    this.#server?.closeAll();
    if (connections > 0) this.#host.tell({ kind: "cut", connections });
  }

  #leave(code: number): void {
    this.#access?.close();
    this.#access = undefined;
    this.#host.leave(code, this.#log);
    // Whoever is more than this service goes on without it.
    this.#isOver = true;
    this.#timer.close();
    this.#server?.closeListeners();
    this.#server?.closeAll();
    this.#log.close();
  }

  async #shutDownApp(): Promise<void> {
    let failure: string | undefined;
    try {
      if (this.#context) await this.#app?.shutdown(this.#context);
    } catch (error) {
      failure = `app failed in shutdown: ${describeFailure(error)}`;
    }
    for (const store of this.#stores.values()) store.close();
    if (this.#stores.size > 0) await this.#host.sent();
    const connections = this.#connections;
    this.take({ kind: "shutdownFinished", failure, connections });
  }

  #logConnections(
    { level, saying }: Extract<WorkerEffect, { kind: "logConnections" }>,
  ): void {
    const all = this.#server?.describeConnections() ?? [];
    for (const text of all.slice(0, NAMED_CONNECTIONS_MAX)) {
      this.#log.write(level, `${saying} ${text}`);
    }
    const more = all.length - NAMED_CONNECTIONS_MAX;
    if (more > 0) this.#log.write(level, `${saying}: ${more} more`);
  }

  #reopenLog(): void {
    for (const log of [this.#log, this.#access]) {
      const reopened = log?.reopen();
      if (reopened === undefined || reopened.ok) continue;
      this.#log.write("emerg", formatSystemError(reopened.error));
    }
    this.#host.reopened();
  }

  /** The same for the hooks and for every request. */
  #contextOf(init: Init): AppContext {
    return this.#context ??= createContext(init, {
      broadcast: (name) => this.#host.broadcast(name),
      draining: this.#draining.signal,
      write: (level, text) => this.#log.write(level, text),
      stores: this.#stores,
      zones: this.#zones,
    });
  }

  /** nginx's words. */
  #logCrowded(connectionsMax: number): void {
    const text = `${connectionsMax} worker_connections are not enough`;
    this.#log.write("error", text);
  }

  /** nginx's words. */
  #logUnproxied(from: string): void {
    const text = "broken header while reading PROXY protocol";
    this.#log.write("error", `${text}, client: ${from}`);
  }

  #logFailure(failure: RequestFailure, app: string): void {
    const { method, target, error, outcome } = failure;
    const what = `${method} ${target}: ${describeFailure(error)}`;
    if (outcome === "clientGone") {
      this.#log.write("info", `app "${app}" gave up after the client: ${what}`);
    } else {
      const how = outcome === "cut" ? "broke off its response" : "failed";
      this.#log.write("error", `app "${app}" ${how}: ${what}`);
    }
  }
}
