/**
 * TLS on accepted sockets: the handshake as a connection of its own, so that
 * it is counted, timed and drained like any other; the certificate by the name
 * a client asks for; then HTTP/1.1 or HTTP/2 by ALPN.
 *
 * The runtime's TLS is rustls: its cipher suites are all of the modern kind,
 * and it resumes and renegotiates nothing unsafe, so there is nothing to set.
 * Source: RFC 8446, RFC 6066 section 3, RFC 7301; nginx's ngx_http_ssl_module.
 */

import type { Socket } from "node:net";
import tls from "node:tls";
import type { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection_owner.ts";
import { EarlyConnection } from "./early_connection.ts";
import type { Peer, TlsFacts } from "./exchange.ts";
import { Http1Connection } from "./http1_connection.ts";
import { nameMatcher } from "./server_name.ts";

/** What a listener speaks with: see config.ts, TlsConfig. */
export interface TlsOptions {
  readonly certificates: readonly {
    readonly certificate: string;
    readonly key: string;
    readonly names: readonly string[];
  }[];
  readonly versionMin: "TLSv1.2" | "TLSv1.3";
  readonly versionMax: "TLSv1.2" | "TLSv1.3";
  readonly http2: boolean;
}

/** Begins a handshake with a client. */
export type Shake = (peer: Peer, owner: ConnectionOwner) => Connection;

/**
 * A server, not yet listening; throws when a certificate is none. It listens
 * itself: sockets that another server accepted and handed on break now and
 * then with this runtime (2.9.6).
 */
export async function createTlsServer(
  options: TlsOptions,
  accepting: { readonly allowHalfOpen: boolean; readonly noDelay: boolean },
  onAccepted: (socket: Socket, shake: Shake) => void,
): Promise<tls.Server> {
  const http2 = options.http2
    ? (await import("./http2_connection.ts")).createHttp2Acceptor()
    : undefined;
  const handshakes = new Map<unknown, Handshake>();
  const server = tls.createServer({
    ...accepting,
    ...serverOptions(options, http2 !== undefined),
  });
  server.on("connection", (socket: Socket) => {
    onAccepted(socket, (peer, owner) => {
      const handshake = new Handshake(socket, peer, owner);
      handshakes.set(socket, handshake);
      socket.once("close", () => handshakes.delete(socket));
      return handshake;
    });
  });
  server.on("secureConnection", (secured) => {
    const handshake = handshakes.get(rawOf(secured));
    if (handshake === undefined) return void secured.destroy();
    const { owner } = handshake;
    const peer = { ...handshake.peer, tls: factsOf(secured) };
    const isHttp2 = secured.alpnProtocol === "h2" && http2 !== undefined;
    handshake.finish(
      isHttp2
        ? http2(secured, peer, owner)
        : new Http1Connection(secured, peer, owner),
    );
  });
  // The client has been told by an alert; its socket is closed.
  server.on("tlsClientError", () => {});
  return server;
}

/** The socket under a secured one: the runtime has no public name for it. */
function rawOf(secured: tls.TLSSocket): unknown {
  return Reflect.get(secured, "_parent");
}

/** The runtime says false where nothing was agreed on. */
function factsOf(secured: tls.TLSSocket): TlsFacts {
  return {
    protocol: secured.getProtocol() ?? "",
    cipher: secured.getCipher().name,
    serverName: Reflect.get(secured, "servername") || "",
    alpn: secured.alpnProtocol || "",
  };
}

function serverOptions(
  options: TlsOptions,
  hasHttp2: boolean,
): tls.TlsOptions {
  // A client that names a host is bound by that context's versions alone.
  const versions = {
    minVersion: options.versionMin,
    maxVersion: options.versionMax,
  };
  const contexts = options.certificates.map(({ certificate, key }) =>
    tls.createSecureContext({ cert: certificate, key, ...versions })
  );
  const [first] = options.certificates;
  const match = nameMatcher(options.certificates.map(({ names }) => names));
  return {
    ...first && { cert: first.certificate, key: first.key },
    ...versions,
    ALPNProtocols: hasHttp2 ? ["h2", "http/1.1"] : ["http/1.1"],
    SNICallback: (name, answer) => answer(null, contexts[match(name)]),
  };
}

/** A connection that is not yet secure. */
class Handshake extends EarlyConnection {
  readonly owner: ConnectionOwner;
  readonly #onClose = (): void => this.owner.onClosed(this);

  constructor(socket: Socket, peer: Peer, owner: ConnectionOwner) {
    super(socket, peer);
    this.owner = owner;
    socket.on("error", () => {});
    socket.on("close", this.#onClose);
  }

  finish(connection: Connection): void {
    this.socket.off("close", this.#onClose);
    this.owner.onReplaced(this, connection);
  }
}
