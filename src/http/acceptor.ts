/**
 * From an accepted socket to a connection that speaks HTTP, by what its
 * listener was told.
 */

import type { Socket } from "node:net";
import type { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection_owner.ts";
import type { Peer } from "./exchange.ts";
import { Http1Connection } from "./http1_connection.ts";
import { ProxiedConnection, type Speak } from "./proxied_connection.ts";

/** A listening socket of this process. */
export interface ListenTarget {
  readonly fd: number;
  /** "127.0.0.1:8080"; stands for a Host header that is missing. */
  readonly address: string;
  /** Each connection begins with a PROXY protocol header. */
  readonly proxyProtocol?: boolean;
}

/** Makes connections of the sockets that `target` accepts. */
export function acceptorFor(
  { proxyProtocol = false }: ListenTarget,
  owner: ConnectionOwner,
): (socket: Socket) => Connection {
  const speak: Speak = (socket, peer) =>
    new Http1Connection(socket, peer, owner);
  if (!proxyProtocol) return (socket) => speak(socket, peerOf(socket));
  return (socket) =>
    new ProxiedConnection(socket, { peer: peerOf(socket), owner, speak });
}

/** Of a Unix socket's peer there is nothing to say but its kind. */
function peerOf(socket: Socket): Peer {
  const { remoteAddress: hostname, remotePort: port } = socket;
  const address: Deno.Addr = hostname === undefined || port === undefined
    ? { transport: "unix", path: "" }
    : { transport: "tcp", hostname, port };
  return { address, scheme: "http" };
}
