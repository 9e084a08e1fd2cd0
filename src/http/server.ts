/**
 * Requests on inherited sockets, answered by a fetch function, and the drain
 * that loses none of them.
 *
 * Each connection is known with its last exchange; what becomes of it is
 * decided in core/connection.ts. Nothing per request is allocated for the
 * drain's sake: whether a connection is busy is read off its last response.
 * Failures are reported, not logged. The server never throws into the runtime.
 */

import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Instant, Milliseconds } from "../base/unit.ts";
import { between } from "../base/unit.ts";
import {
  decideConnection,
  type Fate,
  mayKeepAlive,
  type Stage,
} from "../core/connection.ts";
import { monotonicNow } from "../os/clock.ts";
import { infoFactory, type ServeInfo } from "./info.ts";
import { discardUnread } from "./body.ts";
import { readHead } from "./head.ts";
import { type Listener, openListener } from "./listener.ts";
import { type Exchange, isAllowedMethod, toRequest } from "./request.ts";
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
  /** How long a draining server leaves an idle connection open. */
  readonly keepaliveDrainMs: Milliseconds;
  readonly onFailure: (failure: RequestFailure) => void;
  /** The listeners are closed and the last connection is gone. */
  readonly onDrained: () => void;
}

/** A listening socket of this process. */
export interface ListenTarget {
  readonly fd: number;
  /** "127.0.0.1:8080"; stands for a Host header that is missing. */
  readonly address: string;
}

/** Of a request in a description of its connection, in characters. */
const TARGET_LENGTH_MAX = 200;

interface OpenConnection {
  readonly socket: Socket;
  /** The last response begun on it. */
  outgoing: ServerResponse | undefined;
  idleSince: Instant;
  /** What had been read from it at the last look. */
  bytesSeen: number;
  readonly openedAt: Instant;
}

/** Serves requests until it is drained. */
export class HttpServer<Context extends object> {
  readonly #options: ServerOptions<Context>;
  readonly #toInfo: (exchange: Exchange) => ServeInfo<Context>;
  readonly #listeners: Listener[] = [];
  readonly #connections = new Map<Socket, OpenConnection>();
  #stage: Stage = "accepting";
  #isListening = true;

  constructor(options: ServerOptions<Context>) {
    this.#options = options;
    this.#toInfo = infoFactory(options.context);
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** One line per open connection: its peer, its age, its last request. */
  describeConnections(): readonly string[] {
    const now = monotonicNow();
    return [...this.#connections.values()].map((connection) =>
      describe(connection, now)
    );
  }

  /** Accept on `target`; rejects when that is no listening socket. */
  async listen(target: ListenTarget): Promise<void> {
    const fallbackHost = hostOf(target.address);
    const listener = await openListener(target.fd, {
      onRequest: (incoming, outgoing) => {
        this.#answer({ incoming, outgoing }, fallbackHost);
      },
      onConnection: (socket) => this.#track(socket),
    });
    this.#listeners.push(listener);
  }

  /** Running and later responses say `Connection: close`. */
  refuseKeepalive(): void {
    this.#advance("draining");
    const now = monotonicNow();
    for (const connection of this.#connections.values()) {
      connection.idleSince = now;
      connection.bytesSeen = connection.socket.bytesRead;
      if (this.#decide(connection, now) !== "closeAfterResponse") continue;
      const { outgoing } = connection;
      if (outgoing === undefined) continue;
      // One that has promised to keep the connection is idle when it ends.
      if (outgoing.headersSent) {
        outgoing.once("close", () => connection.idleSince = monotonicNow());
      } else {
        outgoing.shouldKeepAlive = false;
      }
    }
  }

  /** Accept nothing more. `onDrained` follows when no connection is left. */
  closeListeners(): void {
    this.#isListening = false;
    for (const listener of this.#listeners) listener.close();
    queueMicrotask(() => this.#checkDrained());
  }

  /** Close what has been idle for keepaliveDrainMs. To be repeated. */
  closeIdle(): void {
    this.#advance("closingIdle");
    const now = monotonicNow();
    for (const connection of this.#connections.values()) {
      const { bytesRead } = connection.socket;
      if (bytesRead !== connection.bytesSeen) {
        // A request is coming in, however slowly.
        connection.bytesSeen = bytesRead;
        connection.idleSince = now;
      }
      this.#closeIfDecided(connection, now);
    }
  }

  /** Close all connections at once. */
  closeAll(): void {
    this.#advance("closingAll");
    const now = monotonicNow();
    for (const connection of this.#connections.values()) {
      this.#closeIfDecided(connection, now);
    }
  }

  #advance(stage: Stage): void {
    this.#stage = stage;
  }

  #closeIfDecided(connection: OpenConnection, now: Instant): void {
    if (this.#decide(connection, now) === "closeNow") {
      connection.socket.destroy();
    }
  }

  #decide(connection: OpenConnection, now: Instant): Fate {
    const { outgoing, idleSince } = connection;
    const busy = outgoing !== undefined && !outgoing.writableFinished &&
      !outgoing.destroyed;
    const { keepaliveDrainMs } = this.#options;
    const view = { busy, idleSince };
    return decideConnection(view, this.#stage, keepaliveDrainMs, now);
  }

  #track(socket: Socket): void {
    this.#connections.set(socket, {
      socket,
      outgoing: undefined,
      idleSince: monotonicNow(),
      bytesSeen: 0,
      openedAt: monotonicNow(),
    });
    socket.once("close", () => {
      this.#connections.delete(socket);
      this.#checkDrained();
    });
  }

  #checkDrained(): void {
    if (this.#isListening || this.#connections.size > 0) return;
    this.#options.onDrained();
  }

  #answer(exchange: Exchange, fallbackHost: string): void {
    const { incoming, outgoing } = exchange;
    const connection = this.#connections.get(incoming.socket);
    if (connection !== undefined) connection.outgoing = outgoing;
    if (!mayKeepAlive(this.#stage)) outgoing.shouldKeepAlive = false;
    const { host, hasBody } = readHead(incoming.rawHeaders);
    const url = toUrl({ target: incoming.url ?? "/", host, fallbackHost });
    if (url === undefined) return sendPlain(outgoing, 400, "Bad Request\n");
    if (!isAllowedMethod(incoming.method ?? "GET")) {
      return sendPlain(outgoing, 405, "Method Not Allowed\n");
    }
    if (hasBody) discardUnread(exchange);
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
      const sent = sendResponse(response, exchange.outgoing);
      sent?.catch((error) => this.#fail(error, exchange));
    } catch (error) {
      this.#fail(error, exchange);
    }
  }

  /** 500 while that can still be said; else the client must see the break. */
  #fail(error: unknown, exchange: Exchange): void {
    const { incoming, outgoing } = exchange;
    const outcome = isClientGone(exchange)
      ? "clientGone"
      : outgoing.headersSent
      ? "cut"
      : "answered";
    if (outcome === "cut") outgoing.destroy();
    if (outcome === "answered") {
      sendPlain(outgoing, 500, "Internal Server Error\n");
    }
    const { method = "GET", url: target = "/" } = incoming;
    this.#options.onFailure({ method, target, error, outcome });
  }
}

/** The request's side is known to be closed before the response's is. */
function isClientGone({ incoming, outgoing }: Exchange): boolean {
  return outgoing.destroyed || outgoing.closed || incoming.readableAborted ||
    incoming.socket.destroyed;
}

/** `127.0.0.1:40000, open for 12 ms, last request GET /`. */
function describe(
  { socket, openedAt, outgoing }: OpenConnection,
  now: Instant,
): string {
  const { remoteAddress: host, remotePort: port } = socket;
  const peer = host === undefined ? "of an unknown peer" : `${host}:${port}`;
  const age = `open for ${Math.round(between(openedAt, now))} ms`;
  const { method, url = "" } = outgoing?.req ?? {};
  const last = method === undefined
    ? "no request"
    : `last request ${method} ${url.slice(0, TARGET_LENGTH_MAX)}`;
  return `${peer}, ${age}, ${last}`;
}

/** "127.0.0.1:8080" as it is; a Unix socket has no host to name. */
function hostOf(address: string): string {
  return address.startsWith("unix:") ? "localhost" : address;
}

function sendPlain(
  outgoing: ServerResponse,
  status: number,
  text: string,
): void {
  outgoing.writeHead(status, {
    "Content-Type": "text/plain;charset=UTF-8",
    "Content-Length": text.length,
  });
  if (outgoing.req.method === "HEAD") outgoing.end();
  else outgoing.end(text);
}
