/**
 * One HTTP/2 connection: the secured bytes go through a pair of sockets to the
 * runtime's own server, which makes requests of them, many at a time.
 *
 * A drain is its graceful shutdown: GOAWAY, answers to what has come and to
 * what is on its way, then the end. That loses nothing, so idle ones need not
 * wait for keepalive_drain. How long things may take is decided in
 * core/connection.ts, for the connection as a whole: HTTP/2 flow control has
 * no clock of its own.
 * Source: RFC 9113 sections 5.1 and 6.8.
 */

import type { Socket } from "node:net";
import type { Instant } from "../base/unit.ts";
import type { Activity } from "../core/connection.ts";
import { monotonicNow } from "../os/clock.ts";
import { type Connection, nextConnectionNumber } from "./connection.ts";
import {
  type ConnectionOwner,
  describeConnection,
} from "./connection_owner.ts";
import type { Peer } from "./exchange.ts";
import { Http2Exchange } from "./http2_exchange.ts";
import { Loopback } from "./loopback.ts";
import {
  hasNativeServer,
  type NativeConnection,
  serveNatively,
} from "./native_server.ts";

/** Begins to speak HTTP/2 on a secured socket. */
export type Http2Acceptor = (
  socket: Socket,
  peer: Peer,
  owner: ConnectionOwner,
) => Connection;

/** Makes an acceptor; undefined where the runtime cannot do it. */
export function createHttp2Acceptor(): Http2Acceptor | undefined {
  if (!hasNativeServer) return undefined;
  const loopback = new Loopback();
  return (socket, peer, owner) => {
    const connection = new Http2Connection(socket, peer, owner);
    connection.begin(loopback).catch(() => socket.destroy());
    return connection;
  };
}

/** An HTTP/2 connection. */
class Http2Connection implements Connection {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #exchanges = new Set<Http2Exchange>();
  readonly #number = nextConnectionNumber();
  readonly #openedAt = monotonicNow();
  #native: NativeConnection | undefined;
  #last: Http2Exchange | undefined;
  #since = monotonicNow();
  #bytesSeen = 0;
  #requests = 0;
  #isLeaving = false;
  #isClosing = false;
  #isLingering = false;

  constructor(socket: Socket, peer: Peer, owner: ConnectionOwner) {
    this.peer = peer;
    this.#socket = socket;
    this.#owner = owner;
    socket.on("error", () => {});
    socket.on("close", () => this.#onClose());
    socket.pause();
  }

  async begin(loopback: Loopback): Promise<void> {
    const { inner, outer } = await loopback.pair();
    const socket = this.#socket;
    outer.on("error", () => socket.destroy());
    outer.on("close", () => this.#linger());
    socket.on("close", () => outer.destroy());
    const native = serveNatively(inner, (request, { completed }) => {
      return this.#take(request, completed);
    });
    native.finished.catch(() => {}).then(() => outer.end());
    this.#native = native;
    socket.pipe(outer);
    outer.pipe(socket);
  }

  get isBusy(): boolean {
    return this.#exchanges.size > 0;
  }

  get idleSince(): Instant {
    return this.#since;
  }

  get activity(): Activity {
    if (this.#isLingering) return "lingering";
    if (this.#exchanges.size === 0) {
      return this.#requests === 0 ? "fresh" : "idle";
    }
    let isAwaited = false;
    for (const exchange of this.#exchanges) {
      if (exchange.isAnswered) return "sending";
      if (exchange.body.isAwaited) isAwaited = true;
    }
    return isAwaited ? "receivingBody" : "working";
  }

  sinceAt(now: Instant): Instant {
    if (this.#isLingering) return this.#since;
    const bytes = this.#socket.bytesRead + this.#socket.bytesWritten;
    if (bytes !== this.#bytesSeen) {
      this.#bytesSeen = bytes;
      this.#since = now;
    }
    return this.#since;
  }

  /** Who has not asked for anything yet may, once. */
  refuseKeepalive(): void {
    if (this.#isLeaving || this.#requests === 0) return;
    this.#isLeaving = true;
    this.#native?.shutdown().catch(() => {});
  }

  /** Those whose body does not come; the others go on. */
  answerTimeout(): void {
    for (const exchange of [...this.#exchanges]) {
      if (!exchange.body.isAwaited) continue;
      if (exchange.isHeadSent) exchange.cut();
      else this.#owner.onBroken(exchange, 408);
    }
    this.#since = monotonicNow();
  }

  close(): void {
    // The first time, the end is announced; it may not get through.
    if (this.#isClosing || this.#isLingering) this.#socket.destroy();
    else this.#socket.destroySoon();
    this.#isClosing = true;
  }

  describe(): string {
    const { peer } = this;
    const facts = { peer, openedAt: this.#openedAt, last: this.#last };
    return describeConnection(facts, monotonicNow());
  }

  #take(request: Request, completed: Promise<void>): Promise<Response> {
    const { limits } = this.#owner;
    const exchange = new Http2Exchange(request, {
      peer: this.peer,
      limits,
      onBroken: (one, status) => this.#owner.onBroken(one, status),
    });
    completed.then(
      () => exchange.settle("sent"),
      () => exchange.settle("gone"),
    );
    this.#requests++;
    exchange.connectionNumber = this.#number;
    exchange.requestNumber = this.#requests;
    this.#last = exchange;
    this.#since = monotonicNow();
    this.#exchanges.add(exchange);
    exchange.onEnd(() => {
      this.#exchanges.delete(exchange);
      this.#since = monotonicNow();
    });
    const isLast = this.#requests >= limits.keepaliveRequestsMax;
    if (isLast || !this.#owner.mayKeepAlive) this.refuseKeepalive();
    this.#owner.onExchange(exchange);
    return exchange.response;
  }

  /**
   * Our side is over. What still comes is read and thrown away, or the end
   * behind it would never be seen.
   */
  #linger(): void {
    if (this.#socket.destroyed) return;
    this.#isLingering = true;
    this.#since = monotonicNow();
    this.#socket.end();
    this.#socket.resume();
  }

  #onClose(): void {
    for (const exchange of [...this.#exchanges]) exchange.settle("gone");
    this.#owner.onClosed(this);
  }
}
