/**
 * A connection on a `proxy_protocol` listener until its proxy has said whom it
 * connects for. Then whatever is spoken on the listener takes the socket over,
 * with what came after the header still to be read.
 *
 * Who sends something else is closed without a word, since it is not known
 * what it speaks; who sends nothing, when `client_header_timeout` is over.
 */

import type { Socket } from "node:net";
import type { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection_owner.ts";
import { EarlyConnection } from "./early_connection.ts";
import type { Peer } from "./exchange.ts";
import { parseProxyHeader, type ProxyHeader } from "./proxy_protocol.ts";

/** Speaks on a socket what comes after the header. */
export type Speak = (
  socket: Socket,
  peer: Peer,
  owner: ConnectionOwner,
) => Connection;

/** What a proxied connection is made of. */
export interface ProxiedParts {
  /** The proxy. */
  readonly peer: Peer;
  readonly owner: ConnectionOwner;
  readonly speak: Speak;
}

/** A connection whose client is not known yet. */
export class ProxiedConnection extends EarlyConnection {
  readonly #parts: ProxiedParts;
  #received: Uint8Array = new Uint8Array(0);

  constructor(socket: Socket, parts: ProxiedParts) {
    super(socket, parts.peer);
    this.#parts = parts;
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onClose);
    socket.on("error", ignore);
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#received = this.#received.length === 0
      ? chunk
      : joined(this.#received, chunk);
    const header = parseProxyHeader(this.#received);
    if (header.kind === "needMore") return;
    if (header.kind === "done") return this.#handOver(header);
    this.#parts.owner.onUnproxied(this.#parts.peer);
    this.close();
  };

  #handOver(header: Extract<ProxyHeader, { kind: "done" }>): void {
    const { socket } = this;
    const { peer, owner, speak } = this.#parts;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("close", this.#onClose);
    socket.off("error", ignore);
    socket.pause();
    const rest = this.#received.subarray(header.bytes);
    if (rest.length > 0) socket.unshift(rest);
    const client = owner.believesProxy(peer) ? clientOf(header, peer) : peer;
    owner.onReplaced(this, speak(socket, client, owner));
    socket.resume();
  }

  readonly #onEnd = (): void => this.close();

  readonly #onClose = (): void => this.#parts.owner.onClosed(this);
}

function clientOf(
  { source, isTls }: Extract<ProxyHeader, { kind: "done" }>,
  peer: Peer,
): Peer {
  const scheme = isTls ? "https" : peer.scheme;
  if (source === undefined) return { ...peer, scheme };
  const address: Deno.Addr = source.kind === "unix"
    ? { transport: "unix", path: source.path }
    : { transport: "tcp", hostname: source.hostname, port: source.port };
  return { ...peer, address, scheme, connected: peer.address };
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const all = new Uint8Array(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}

function ignore(): void {
  // What an error means is told by `close`, which follows.
}
