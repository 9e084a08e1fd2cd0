/**
 * The worker: one process that runs one app on sockets it inherited.
 *
 * It starts as a list of steps and then only turns what happens (messages,
 * signals, the timer, the server, the app) into events for core/worker.ts and
 * performs the effects that come back. It decides nothing itself.
 *
 * It loads no more than it needs, for each millisecond is one in which a
 * restarted worker does not serve. The user's code is imported last, when
 * root is given up.
 */

import process from "node:process";
import type { AppContext, AppLog } from "../app/app.ts";
import { describeFailure } from "../app/failure.ts";
import { loadApp, type LoadedApp } from "../app/fetch_handler.ts";
import { EXIT_CODE } from "../base/exit_code.ts";
import { toFd, toPid } from "../base/id.ts";
import { isLogged } from "../base/level.ts";
import { formatSystemError } from "../base/system_error.ts";
import { toMilliseconds } from "../base/unit.ts";
import { guardChannel, hasChannel, openChannel } from "../channel/channel.ts";
import type { Channel } from "../channel/channel.ts";
import type { Init, ToChild } from "../channel/message.ts";
import {
  FIRST_STATE,
  nextDeadline,
  step,
  type WorkerPolicy,
} from "../core/worker.ts";
import type { Asker, WorkerEffect, WorkerEvent } from "../core/worker_event.ts";
import { HttpServer, type RequestFailure } from "../http/server.ts";
import { type Log, openLog, writeEarly } from "../log/sink.ts";
import { createTimer, monotonicNow } from "../os/clock.ts";
import { setCloseOnExec } from "../os/fd.ts";
import { setTitle } from "../os/title.ts";
import { initialise } from "./worker_init.ts";
import { listenToSignals } from "./worker_signal.ts";

// Taken before the app can replace them.
const exitProcess = Deno.exit;
const master = toPid(process.ppid);

/** Be a worker until this process exits. Needs a channel to the master. */
export async function runWorker(): Promise<never> {
  if (!hasChannel()) {
    writeEarly("emerg", "a worker is started by the master, not by hand");
    exitProcess(EXIT_CODE.FATAL);
  }
  guardChannel();
  const worker = new Worker();
  listenToSignals((event) => worker.take(event), master);
  const init = await worker.receiveInit();
  guardListeners(init);
  setTitle(titleOf(init.pool));
  worker.openLog(init);
  becomeWorker(worker, init);
  const app = await worker.loadApp(init);
  await worker.serve(app, init);
  return await new Promise<never>(() => {});
}

/** The app's own children must not hold the master's sockets open. */
function guardListeners({ listeners }: Init): void {
  for (const { fd } of listeners) setCloseOnExec(toFd(fd), true);
}

function becomeWorker(worker: Worker, { config }: Init): void {
  const initialised = initialise(config, master);
  if (!initialised.ok) {
    const reason = formatSystemError(initialised.error);
    worker.take({ kind: "startFailed", reason });
  } else if (initialised.value === "orphaned") {
    worker.take({ kind: "masterLost" });
  }
}

/** What ps shows; the pool that needs no name has none. */
function titleOf(pool: string): string {
  const title = "procmgr: worker process";
  return pool === "worker" ? title : `${title} ${pool}`;
}

const DRAINING_TITLE = "procmgr: worker process is shutting down";

/** A log that is not open yet. */
const EARLY_LOG: Log = {
  // That it leaves before it began is no news on the operator's terminal.
  write: (level, text) => {
    if (isLogged(level, "warn")) writeEarly(level, text);
  },
  reopen: () => ({ ok: true, value: undefined }),
  close: () => {},
  path: undefined,
};

/** The loop: events in, effects out. */
class Worker {
  readonly #channel: Channel;
  readonly #draining = new AbortController();
  readonly #init = Promise.withResolvers<Init>();
  readonly #timer = createTimer(() => {
    this.take({ kind: "timerFired", connections: this.#connections });
  });
  #state = FIRST_STATE;
  #log = EARLY_LOG;
  #app: LoadedApp | undefined;
  #context: AppContext | undefined;
  #server: HttpServer<AppContext> | undefined;
  #policy: WorkerPolicy = {
    shutdownTimeoutMs: toMilliseconds(0),
    keepaliveDrainMs: toMilliseconds(0),
  };

  constructor() {
    this.#channel = openChannel({
      onMessage: (message) => this.#receive(message),
      onBroken: (reason) => this.take({ kind: "channelBroken", reason }),
      onClosed: () => this.take({ kind: "masterLost" }),
    });
  }

  get #connections(): number {
    return this.#server?.connections ?? 0;
  }

  receiveInit(): Promise<Init> {
    return this.#init.promise;
  }

  /** While this process may still open what only root can. */
  openLog({ config }: Init): void {
    this.#policy = config;
    const log = openLog({ ...config.errorLog, pid: process.pid });
    if (log.ok) this.#log = log.value;
    else {
      const reason = formatSystemError(log.error);
      this.take({ kind: "startFailed", reason });
    }
  }

  async loadApp(init: Init): Promise<LoadedApp> {
    const { app: path } = init.config;
    const listenLast = this.#catchUncaught(path);
    listenLast();
    const loading = await loadApp(path);
    if (!loading.ok) return this.#giveUp(loading.reason);
    listenLast();
    const context = this.#createContext(init);
    try {
      await loading.app.init(context);
    } catch (error) {
      const reason = `app "${path}" failed in init: ${describeFailure(error)}`;
      return this.#giveUp(reason);
    }
    listenLast();
    this.#app = loading.app;
    return loading.app;
  }

  #giveUp(reason: string): never {
    this.take({ kind: "startFailed", reason });
    return exitProcess(EXIT_CODE.FATAL);
  }

  async serve(app: LoadedApp, init: Init): Promise<void> {
    const server = new HttpServer<AppContext>({
      fetch: app.fetch,
      context: this.#createContext(init),
      keepaliveDrainMs: init.config.keepaliveDrainMs,
      onFailure: (failure) => this.#logFailure(failure, init.config.app),
      onDrained: () => this.take({ kind: "connectionsGone" }),
    });
    this.#server = server;
    try {
      await Promise.all(init.listeners.map(({ fd, bound }) => {
        return server.listen({ fd, address: bound });
      }));
    } catch (error) {
      this.#giveUp(`listen() failed: ${describeFailure(error)}`);
    }
    this.take({ kind: "started" });
  }

  /** One event: decide, perform, arm the timer. */
  take(event: WorkerEvent): void {
    const now = monotonicNow();
    const { state, effects } = step(this.#state, event, this.#policy, now);
    this.#state = state;
    this.#timer.arm(nextDeadline(state));
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: WorkerEffect): void {
    switch (effect.kind) {
      case "log":
        return this.#log.write(effect.level, effect.text);
      case "send":
        return this.#channel.send({ kind: effect.message });
      case "sendFailure":
        return this.#channel.sendLast({
          kind: "failed",
          reason: effect.reason,
        });
      case "retitle":
        return setTitle(DRAINING_TITLE);
      case "tellApp":
        return this.#draining.abort(new DOMException("Draining", "AbortError"));
      case "refuseKeepalive":
        return this.#server?.refuseKeepalive();
      case "closeListeners":
        return this.#server?.closeListeners();
      case "closeIdle":
        return this.#server?.closeIdle();
      case "closeAll":
        return this.#server?.closeAll();
      case "shutDownApp":
        return void this.#shutDownApp();
      case "reopenLog":
        return this.#reopenLog();
      case "exit":
        return exitProcess(effect.code);
    }
  }

  async #shutDownApp(): Promise<void> {
    let failure: string | undefined;
    try {
      if (this.#context) await this.#app?.shutdown(this.#context);
    } catch (error) {
      failure = `app failed in shutdown: ${describeFailure(error)}`;
    }
    const connections = this.#connections;
    this.take({ kind: "shutdownFinished", failure, connections });
  }

  #reopenLog(): void {
    const reopened = this.#log.reopen();
    if (reopened.ok) return;
    this.#log.write("emerg", formatSystemError(reopened.error));
  }

  #receive(message: ToChild): void {
    const asker: Asker = { kind: "master" };
    switch (message.kind) {
      case "init":
        return this.#init.resolve(message);
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

  /** The same for the hooks and for every request. */
  #createContext(init: Init): AppContext {
    const { pool, slot, generation, ordinal } = init;
    return this.#context ??= {
      worker: Object.freeze({ pool, slot, generation, ordinal }),
      draining: this.#draining.signal,
      log: this.#createAppLog(),
    };
  }

  #createAppLog(): AppLog {
    const at = (level: keyof AppLog) => (text: string): void => {
      this.#log.write(level, String(text));
    };
    return Object.freeze({
      error: at("error"),
      warn: at("warn"),
      notice: at("notice"),
      info: at("info"),
      debug: at("debug"),
    });
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

  /**
   * Errors that nobody caught end the worker; the master starts another. What
   * the app's own listeners prevented counts as caught.
   */
  #catchUncaught(app: string): () => void {
    const crash = (event: Event, what: string, error: unknown): void => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      const reason = `app "${app}" ${what}: ${describeFailure(error)}`;
      this.take({ kind: "appCrashed", reason });
    };
    const onRejection = (event: PromiseRejectionEvent): void =>
      crash(event, "left a rejection unhandled", event.reason);
    const onError = (event: ErrorEvent): void =>
      crash(event, "threw an error that nobody caught", event.error);
    return () => {
      // Listening anew makes them the last to be asked.
      removeEventListener("unhandledrejection", onRejection);
      removeEventListener("error", onError);
      addEventListener("unhandledrejection", onRejection);
      addEventListener("error", onError);
    };
  }
}
