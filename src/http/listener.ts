/**
 * An inherited listening socket with a node:http server on it. The socket is
 * the master's: here it is only accepted from, and closing it leaves the
 * master's copy, and the connections waiting in it, untouched.
 */

import { createServer, type RequestListener, type Server } from "node:http";
import { Server as NetServer, type Socket } from "node:net";

/** nginx's keepalive_timeout; the runtime's 5 s is a race clients lose. */
const KEEPALIVE_MS = 75_000;

/** nginx's client_header_timeout. */
const HEADERS_MS = 60_000;

/** An open listener. */
export interface Listener {
  readonly server: Server;
  /** Accept nothing more; connections that are open stay. Safe to repeat. */
  close(): void;
}

/** What comes in on a listener. */
export interface ListenerHandlers {
  readonly onRequest: RequestListener;
  readonly onConnection: (socket: Socket) => void;
}

/** Accept on `fd`; rejects when it is no listening socket. */
export function openListener(
  fd: number,
  handlers: ListenerHandlers,
): Promise<Listener> {
  const server = createServer({
    keepAliveTimeout: KEEPALIVE_MS,
    headersTimeout: HEADERS_MS,
    // A long upload is no attack; a drain ends it at the shutdown timeout.
    requestTimeout: 0,
  }, handlers.onRequest);
  server.on("connection", handlers.onConnection);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ fd }, () => {
      server.off("error", reject);
      resolve({ server, close: closer(server) });
    });
  });
}

/**
 * `server.close()` would also cut idle keep-alive connections, and the runtime
 * destroys a connection whose response ends while its server does not listen:
 * both lose requests. So only the socket is closed, and the server goes on
 * saying that it listens.
 */
function closer(server: Server): () => void {
  let isClosed = false;
  return () => {
    if (isClosed) return;
    isClosed = true;
    Object.defineProperty(server, "listening", { value: true });
    NetServer.prototype.close.call(server);
  };
}
