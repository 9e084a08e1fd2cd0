/**
 * From an accepted socket to a connection that speaks HTTP, by what its
 * listener was told.
 */

import { createServer, type Server, type Socket } from "node:net";
import type { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection_owner.ts";
import type { Peer } from "./exchange.ts";
import { Http1Connection } from "./http1_connection.ts";
import { ProxiedConnection } from "./proxied_connection.ts";
import type { TlsOptions } from "./tls_server.ts";

/** A listening socket of this process. */
export interface ListenTarget {
  readonly fd: number;
  /** "127.0.0.1:8080"; stands for a Host header that is missing. */
  readonly address: string;
  /** Without it: plain HTTP. */
  readonly tls?: TlsOptions;
  /** Each connection begins with a PROXY protocol header. */
  readonly proxyProtocol?: boolean;
}

/** Makes a connection of an accepted socket. */
export type Connect = (owner: ConnectionOwner) => Connection;

/** A socket was accepted: connect it, or turn it away. */
export type OnAccepted = (socket: Socket, connect: Connect) => void;

/** What every listener accepts with. */
export const ACCEPTING = {
  // A client that has sent all may close its side and still be answered.
  allowHalfOpen: true,
  noDelay: true,
} as const;

/** A server for `target`, not yet listening; rejects when its TLS is wrong. */
export async function serverFor(
  target: ListenTarget,
  onAccepted: OnAccepted,
): Promise<Server> {
  if (target.tls === undefined) {
    return createServer(ACCEPTING, (socket) => {
      onAccepted(socket, (owner) => {
        const peer = peerOf(socket, "http");
        return target.proxyProtocol
          ? new ProxiedConnection(socket, { peer, owner, speak: speakHttp1 })
          : speakHttp1(socket, peer, owner);
      });
    });
  }
  // Loaded where it is used: it is a third of what a worker's start costs.
  const { createTlsServer } = await import("./tls_server.ts");
  return await createTlsServer(target.tls, ACCEPTING, (socket, connect) => {
    const peer = peerOf(socket, "https");
    onAccepted(socket, (owner) => connect(peer, owner));
  });
}

function speakHttp1(
  socket: Socket,
  peer: Peer,
  owner: ConnectionOwner,
): Connection {
  return new Http1Connection(socket, peer, owner);
}

/** Of a Unix socket's peer there is nothing to say but its kind. */
function peerOf(socket: Socket, scheme: Peer["scheme"]): Peer {
  const { remoteAddress: hostname, remotePort: port } = socket;
  const address: Deno.Addr = hostname === undefined || port === undefined
    ? { transport: "unix", path: "" }
    : { transport: "tcp", hostname, port };
  return { address, scheme };
}
