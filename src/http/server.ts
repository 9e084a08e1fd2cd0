/**
 * Requests on inherited sockets, answered by a fetch function, and the drain
 * that loses none of them.
 *
 * What becomes of a connection, in a drain and when it is slow, is decided in
 * core/connection.ts; nothing per request is allocated for either. Failures
 * are reported, not logged. The server never throws into the runtime.
 */

import type { Socket } from "node:net";
import { between, type Instant, type Milliseconds } from "../base/unit.ts";
import {
  decideConnection,
  decideOverdue,
  type Fate,
  lookEveryMs,
  mayKeepAlive,
  type Stage,
} from "../core/connection.ts";
import { monotonicNow } from "../os/clock.ts";
import { type ListenTarget, serverFor } from "./acceptor.ts";
import type { Connection } from "./connection.ts";
import { type ConnectionOwner, describePeer } from "./connection_owner.ts";
import type { Exchange } from "./exchange.ts";
import { infoFactory, type ServeInfo } from "./info.ts";
import type { HttpLimits } from "./limits.ts";
import { type Listener, openListener } from "./listener.ts";
import { sendPlain } from "./plain.ts";
import { RealClients } from "./real_client.ts";
import type { RealIpSettings } from "./real_ip.ts";
import { toRequest } from "./request.ts";
import { sendResponse } from "./response.ts";
import { toUrl } from "./url.ts";

/** A request that could not be answered as the app wanted. */
export interface RequestFailure {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  readonly error: unknown;
  /** answered: with a 500. cut: midway. clientGone: nobody was left. */
  readonly outcome: "answered" | "cut" | "clientGone";
}

/** What a server needs. */
export interface ServerOptions<Context extends object> {
  /** Returns a Response or a promise of one; anything else is a failure. */
  readonly fetch: (request: Request, info: ServeInfo<Context>) => unknown;
  /** Added to each request's info. */
  readonly context: Context;
  readonly limits: HttpLimits;
  /** Whose word about a client is taken; undefined: nobody's. */
  readonly realIp?: RealIpSettings | undefined;
  /** How long a draining server leaves an idle connection open. */
  readonly keepaliveDrainMs: Milliseconds;
  /** A request begins that came on the listener at that address. */
  readonly onRequest?: (exchange: Exchange, address: string) => void;
  readonly onFailure: (failure: RequestFailure) => void;
  /** Connections are turned away: `connectionsMax` are open. */
  readonly onCrowded: () => void;
  /** What came from there is no PROXY header. */
  readonly onUnproxied: (from: string) => void;
  /** The listeners are closed and the last connection is gone. */
  readonly onDrained: () => void;
}

/** As often as nginx says so: once a second. */
const CROWDED_EVERY_MS = 1000;

/** Serves requests until it is drained. */
export class HttpServer<Context extends object> {
  readonly #options: ServerOptions<Context>;
  readonly #toInfo: (exchange: Exchange) => ServeInfo<Context>;
  readonly #listeners: Listener[] = [];
  readonly #connections = new Set<Connection>();
  readonly #lookEveryMs: Milliseconds;
  readonly #realClients: RealClients | undefined;
  #look: ReturnType<typeof setInterval> | undefined;
  #stage: Stage = "accepting";
  #drainedFrom: Instant | undefined;
  #crowdedSaid: Instant | undefined;
  #isListening = true;

  constructor(options: ServerOptions<Context>) {
    this.#options = options;
    this.#toInfo = infoFactory(options.context);
    this.#lookEveryMs = lookEveryMs(options.limits);
    const { realIp } = options;
    this.#realClients = realIp && new RealClients(realIp);
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** What is open and what it is doing, a line each. */
  describeConnections(): readonly string[] {
    return [...this.#connections].map((connection) => connection.describe());
  }

  /** Accept on `target`; rejects when that is no listening socket. */
  async listen(target: ListenTarget): Promise<void> {
    const owner = this.#ownerFor(target);
    const server = await serverFor(target, (socket, connect) => {
      if (this.#makeRoom()) this.#track(connect(owner));
      else this.#turnAway(socket);
    });
    const listener = await openListener(target.fd, server);
    this.#listeners.push(listener);
  }

  /** Running and later responses say `Connection: close`, or the like. */
  refuseKeepalive(): void {
    this.#stage = "draining";
    this.#drainedFrom ??= monotonicNow();
    for (const connection of this.#connections) connection.refuseKeepalive();
  }

  /** Accept nothing more. `onDrained` follows when no connection is left. */
  closeListeners(): void {
    this.#isListening = false;
    for (const listener of this.#listeners) listener.close();
    queueMicrotask(() => this.#checkDrained());
  }

  /** Close what has been idle for keepaliveDrainMs. To be repeated. */
  closeIdle(): void {
    this.#stage = "closingIdle";
    this.#closeDecided();
  }

  /** Close all connections at once. */
  closeAll(): void {
    this.#stage = "closingAll";
    this.#closeDecided();
  }

  #closeDecided(): void {
    const now = monotonicNow();
    for (const connection of [...this.#connections]) {
      if (this.#decide(connection, now) === "closeNow") connection.close();
    }
  }

  /** A drain gives everybody its whole time, who was idle before it too. */
  #decide(connection: Connection, now: Instant): Fate {
    const { idleSince, isBusy } = connection;
    const begun = this.#drainedFrom ?? idleSince;
    const view = {
      busy: isBusy,
      idleSince: idleSince > begun ? idleSince : begun,
    };
    const { keepaliveDrainMs } = this.#options;
    return decideConnection(view, this.#stage, keepaliveDrainMs, now);
  }

  /** nginx's rule: the idle go first, the longest idle before all others. */
  #makeRoom(): boolean {
    if (this.#connections.size < this.#options.limits.connectionsMax) {
      return true;
    }
    let oldest: Connection | undefined;
    for (const connection of this.#connections) {
      if (connection.activity !== "idle") continue;
      if (oldest === undefined || connection.idleSince < oldest.idleSince) {
        oldest = connection;
      }
    }
    if (oldest === undefined) return false;
    this.#untrack(oldest);
    oldest.close();
    return true;
  }

  #turnAway(socket: Socket): void {
    socket.on("error", () => {});
    socket.destroy();
    const now = monotonicNow();
    const said = this.#crowdedSaid;
    if (said !== undefined && between(said, now) < CROWDED_EVERY_MS) return;
    this.#crowdedSaid = now;
    this.#options.onCrowded();
  }

  #track(connection: Connection): void {
    this.#connections.add(connection);
    this.#look ??= setInterval(() => this.#lookAtAll(), this.#lookEveryMs);
  }

  #untrack(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    if (this.#connections.size > 0) return;
    clearInterval(this.#look);
    this.#look = undefined;
    this.#checkDrained();
  }

  /** Who is too slow is told so, or left. */
  #lookAtAll(): void {
    const now = monotonicNow();
    const { limits } = this.#options;
    for (const connection of [...this.#connections]) {
      const { activity } = connection;
      const since = connection.sinceAt(now);
      const verdict = decideOverdue(activity, since, limits, now);
      if (verdict === "closeNow") connection.close();
      if (verdict === "answerTimeout") connection.answerTimeout();
    }
  }

  #checkDrained(): void {
    if (this.#isListening || this.#connections.size > 0) return;
    this.#options.onDrained();
  }

  #ownerFor(target: ListenTarget): ConnectionOwner {
    const fallbackHost = hostOf(target.address);
    const isKept = (): boolean => mayKeepAlive(this.#stage);
    return {
      limits: this.#options.limits,
      keepaliveDrainMs: this.#options.keepaliveDrainMs,
      get mayKeepAlive() {
        return isKept();
      },
      believesProxy: (peer) => this.#realClients?.believesProxy(peer) ?? true,
      onUnproxied: (peer) => this.#options.onUnproxied(describePeer(peer)),
      onExchange: (exchange) => {
        const clients = this.#realClients;
        if (clients !== undefined) exchange.client = clients.clientOf(exchange);
        this.#options.onRequest?.(exchange, target.address);
        this.#answer(exchange, fallbackHost);
      },
      onBroken: (exchange, status) => sendPlain(exchange, status),
      onReplaced: (before, after) => {
        this.#connections.delete(before);
        this.#track(after);
      },
      onClosed: (connection) => this.#untrack(connection),
    };
  }

  #answer(exchange: Exchange, fallbackHost: string): void {
    const { refusal, target, host } = exchange;
    if (refusal !== undefined) return sendPlain(exchange, refusal);
    const { scheme } = exchange.client;
    const url = toUrl({ target, host, fallbackHost, scheme });
    if (url === undefined) return sendPlain(exchange, 400);
    this.#call(exchange, toRequest(exchange, url));
  }

  #call(exchange: Exchange, request: Request): void {
    try {
      const result = this.#options.fetch(request, this.#toInfo(exchange));
      if (result instanceof Response) this.#send(result, exchange);
      else this.#await(result, exchange);
    } catch (error) {
      this.#fail(error, exchange);
    }
  }

  async #await(result: unknown, exchange: Exchange): Promise<void> {
    let response: unknown;
    try {
      response = await result;
    } catch (error) {
      this.#fail(error, exchange);
      return;
    }
    this.#send(response, exchange);
  }

  #send(response: unknown, exchange: Exchange): void {
    try {
      const sent = sendResponse(response, exchange);
      sent?.catch((error) => this.#fail(error, exchange));
    } catch (error) {
      this.#fail(error, exchange);
    }
  }

  /** 500 while that can still be said; else the client must see the break. */
  #fail(error: unknown, exchange: Exchange): void {
    const outcome = exchange.ending !== undefined
      ? "clientGone"
      : exchange.isHeadSent
      ? "cut"
      : "answered";
    if (outcome === "cut") exchange.cut();
    if (outcome === "answered") sendPlain(exchange, 500);
    const { method, target } = exchange;
    this.#options.onFailure({ method, target, error, outcome });
  }
}

/** "127.0.0.1:8080" as it is; a Unix socket has no host to name. */
function hostOf(address: string): string {
  return address.startsWith("unix:") ? "localhost" : address;
}
