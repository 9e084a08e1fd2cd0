/**
 * A connection that a WebSocket is spoken on: the handshake, whether the
 * client is still there, and the farewell of a drain.
 *
 * A draining worker tells its clients to go (1001) one by one over the time
 * that idle connections are kept, or all would come back in the same moment;
 * who does not answer is cut with the rest at worker_shutdown_timeout.
 * Source: RFC 6455 sections 5.5 and 7.4.1; core/connection.ts.
 */

import type { Socket } from "node:net";
import type { Instant } from "../base/unit.ts";
import type { Activity } from "../core/connection.ts";
import { farewellAfterMs } from "../core/connection.ts";
import { monotonicNow } from "../os/clock.ts";
import type { Connection } from "./connection.ts";
import { describeConnection } from "./connection_owner.ts";
import type { Exchange, Takeover, TakeoverOwner } from "./exchange.ts";
import type { ServerWebSocket } from "./server_websocket.ts";
import { createWsServer, type WsRequest, type WsSocket } from "./ws_library.ts";

/** "Going away": a server that shuts down. */
const GOING_AWAY = 1001;

/** What is connected. */
export interface WebSocketParts {
  readonly socket: ServerWebSocket;
  readonly exchange: Exchange;
  readonly takeover: Takeover;
}

/** How. */
export interface WebSocketTerms {
  readonly request: WsRequest;
  readonly protocol: string;
  /** In seconds. */
  readonly idleTimeout: number;
  /** The app's own header lines. */
  readonly lines: readonly string[];
}

/** One WebSocket. */
export class WebSocketConnection implements Connection {
  readonly isBusy = true;
  readonly activity: Activity = "working";
  readonly idleSince = monotonicNow();
  readonly #socket: Socket;
  readonly #owner: TakeoverOwner;
  readonly #exchange: Exchange;
  readonly #web: ServerWebSocket;
  #ws: WsSocket | undefined;
  #farewell: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #isAnswering = true;

  constructor(
    { socket, exchange, takeover }: WebSocketParts,
    terms: WebSocketTerms,
  ) {
    this.#web = socket;
    this.#exchange = exchange;
    this.#owner = takeover.owner;
    this.#socket = takeover.socket;
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#onClose());
    this.#begin(takeover, terms).catch((error) => {
      socket.abandon(error);
      this.#socket.destroy();
    });
    if (!takeover.owner.mayKeepAlive) this.refuseKeepalive();
  }

  sinceAt(): Instant {
    return this.idleSince;
  }

  refuseKeepalive(): void {
    const window = this.#owner.keepaliveDrainMs;
    this.#farewell ??= setTimeout(
      () => this.#ws?.close(GOING_AWAY),
      farewellAfterMs(Math.random(), window),
    );
  }

  answerTimeout(): void {
    this.close();
  }

  close(): void {
    if (this.#ws === undefined) this.#socket.destroy();
    else this.#ws.terminate();
  }

  describe(): string {
    const { peer } = this.#exchange;
    const facts = { peer, openedAt: this.idleSince, last: this.#exchange };
    return describeConnection(facts, monotonicNow());
  }

  async #begin(
    { socket, head }: Takeover,
    { request, protocol, idleTimeout, lines }: WebSocketTerms,
  ): Promise<void> {
    const server = await createWsServer(protocol);
    server.on("headers", (all) => void all.push(...lines));
    // Its answer, a 400 and the reason, is ws's own.
    server.on("wsClientError", (error, refused) => {
      this.#web.abandon(error);
      refused.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    });
    server.handleUpgrade(request, socket, head, (ws) => {
      this.#ws = ws;
      if (idleTimeout > 0) this.#watchOver(ws, idleTimeout);
      this.#web.open(ws);
    });
  }

  /** A client that answers nothing for that long is gone. */
  #watchOver(ws: WsSocket, idleTimeout: number): void {
    const heard = (): void => {
      this.#isAnswering = true;
    };
    ws.on("pong", heard);
    ws.on("message", heard);
    this.#watch = setInterval(() => {
      if (!this.#isAnswering) return ws.terminate();
      this.#isAnswering = false;
      ws.ping();
    }, idleTimeout * 1000);
  }

  #onClose(): void {
    clearTimeout(this.#farewell);
    clearInterval(this.#watch);
    if (this.#ws === undefined) {
      this.#web.abandon(new Error("The client closed the connection"));
    }
    this.#owner.onClosed(this);
  }
}
