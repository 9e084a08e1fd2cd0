/**
 * Pairs of connected TCP sockets of this process with itself: what node calls
 * a socketpair, for a server that takes TCP sockets alone (http2_connection).
 *
 * The listening socket is on a loopback port of the kernel's choice and takes
 * nobody else's connection: an accepted socket counts only when its port is
 * that of a connection begun here.
 */

import { connect, createServer, type Server, type Socket } from "node:net";

/** Two ends of one connection; nothing was read from either. */
export interface SocketPair {
  /** Paused. */
  readonly inner: Socket;
  readonly outer: Socket;
}

/** Accepted sockets whose other end is not known yet; more are refused. */
const STRANGERS_MAX = 64;

/** Makes pairs. */
export class Loopback {
  readonly #arrived = new Map<number, Socket>();
  readonly #awaited = new Map<number, (inner: Socket) => void>();
  #port: Promise<number> | undefined;

  /** Rejects when loopback cannot be used. */
  async pair(): Promise<SocketPair> {
    const port = await (this.#port ??= this.#listen());
    const outer = connect({ port, host: "127.0.0.1", noDelay: true });
    const local = await new Promise<number>((resolve, reject) => {
      outer.once("error", reject);
      outer.once("connect", () => {
        outer.off("error", reject);
        resolve(outer.localPort ?? 0);
      });
    });
    const inner = this.#arrived.get(local);
    if (inner !== undefined) {
      this.#arrived.delete(local);
      return { inner, outer };
    }
    return await new Promise((resolve) => {
      this.#awaited.set(local, (inner) => resolve({ inner, outer }));
    });
  }

  #listen(): Promise<number> {
    const options = { pauseOnConnect: true, noDelay: true };
    const server = createServer(options, (socket) => this.#take(socket));
    server.unref();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port: 0, host: "127.0.0.1" }, () => {
        resolve(portOf(server));
      });
    });
  }

  #take(socket: Socket): void {
    const port = socket.remotePort ?? 0;
    const claim = this.#awaited.get(port);
    if (claim !== undefined) {
      this.#awaited.delete(port);
      claim(socket);
      return;
    }
    this.#arrived.set(port, socket);
    // The oldest has had its time: its other end is not ours.
    const [oldest] = this.#arrived;
    if (this.#arrived.size <= STRANGERS_MAX || oldest === undefined) return;
    this.#arrived.delete(oldest[0]);
    oldest[1].destroy();
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" ? address?.port ?? 0 : 0;
}
