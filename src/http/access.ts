/**
 * An exchange that ended as a record of the access log. What the exchange does
 * not know, nobody does: nothing is asked of sockets that are gone by then.
 */

import { between } from "../base/unit.ts";
import type { AccessRecord } from "../log/access_record.ts";
import { monotonicNow } from "../os/clock.ts";
import type { Ending, Exchange } from "./exchange.ts";

/** nginx's status for a client that left before there was an answer. */
const CLIENT_CLOSED_REQUEST = 499;

/** What is known of it; `listener` is the address it came in at. */
export function recordOf(
  exchange: Exchange,
  { ending, listener }: {
    readonly ending: Ending;
    /** "127.0.0.1:8080", "[::]:80", "unix:/run/x.sock". */
    readonly listener: string;
  },
): AccessRecord {
  const { client: peer, sentHead, bodyBytesSent } = exchange;
  const client = placeOf(peer.address);
  const connected = placeOf(peer.connected ?? peer.address);
  const server = splitAddress(listener);
  return {
    timeMs: Date.now(),
    durationMs: between(exchange.startedAt, monotonicNow()),
    remoteAddress: client.address,
    remotePort: client.port,
    peerAddress: connected.address,
    peerPort: connected.port,
    serverAddress: server.address,
    serverPort: server.port,
    method: exchange.method,
    target: exchange.target,
    protocol: exchange.method === "" ? "" : exchange.protocol,
    scheme: peer.scheme,
    status: exchange.status || CLIENT_CLOSED_REQUEST,
    bytesSent: exchange.overheadBytesSent + bodyBytesSent,
    bodyBytesSent,
    requestLength: headBytesOf(exchange) + exchange.bodyBytesReceived,
    requestHeaders: exchange.rawHeaders,
    responseHeaders: sentHead?.length === undefined
      ? sentHead?.lines ?? []
      : [...sentHead.lines, "content-length", sentHead.length],
    connection: exchange.connectionNumber,
    connectionRequests: exchange.requestNumber,
    isComplete: ending === "sent",
    tlsProtocol: peer.tls?.protocol ?? "",
    tlsCipher: peer.tls?.cipher ?? "",
    tlsServerName: peer.tls?.serverName ?? "",
    tlsAlpn: peer.tls?.alpn ?? "",
  };
}

interface Place {
  readonly address: string;
  readonly port: number;
}

function placeOf(address: Deno.Addr): Place {
  return "hostname" in address
    ? { address: address.hostname, port: address.port }
    : { address: "", port: 0 };
}

function splitAddress(text: string): Place {
  if (text.startsWith("unix:")) return { address: "", port: 0 };
  const found = /^\[?([^\]]*?)\]?:(\d+)$/.exec(text);
  return { address: found?.[1] ?? "", port: Number(found?.[2] ?? 0) };
}

/** As it is written with one space after each colon. */
function headBytesOf(
  { method, target, protocol, rawHeaders }: Exchange,
): number {
  if (method === "") return 0;
  let bytes = method.length + target.length + protocol.length + 6;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    bytes += (rawHeaders[index]?.length ?? 0) + 4;
    bytes += rawHeaders[index + 1]?.length ?? 0;
  }
  return bytes;
}
