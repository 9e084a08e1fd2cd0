/**
 * What a connection tells whoever accepted it, and how it is described to an
 * operator.
 */

import { between, type Instant, type Milliseconds } from "../base/unit.ts";
import type { Connection } from "./connection.ts";
import type { Exchange, Peer } from "./exchange.ts";
import type { HttpLimits } from "./limits.ts";

/** What a connection tells whoever accepted it. */
export interface ConnectionOwner {
  readonly limits: HttpLimits;
  /** Whether the next response may leave its connection open. */
  readonly mayKeepAlive: boolean;
  /** How long a draining server leaves an idle connection open. */
  readonly keepaliveDrainMs: Milliseconds;
  /** Whether whom `peer` names in its PROXY header is its client. */
  believesProxy(peer: Peer): boolean;
  /** What `peer` sent is no PROXY header; it is closed. */
  onUnproxied(peer: Peer): void;
  /** A request, to be answered or refused. */
  onExchange(exchange: Exchange): void;
  /** What came of a request's body is no HTTP, or came too slowly. */
  onBroken(exchange: Exchange, status: number): void;
  /** Another protocol is spoken on its socket now, by `after`. */
  onReplaced(before: Connection, after: Connection): void;
  onClosed(connection: Connection): void;
}

/** Of a request in a description of its connection, in characters. */
const TARGET_LENGTH_MAX = 200;

/** `127.0.0.1:40000`; the other end of a Unix socket has no name. */
export function describePeer({ address }: Peer): string {
  return "hostname" in address
    ? `${address.hostname}:${address.port}`
    : "unix:";
}

/** `127.0.0.1:40000, open for 12 ms, last request GET /`. */
export function describeConnection(
  { peer, openedAt, last }: {
    readonly peer: Peer;
    readonly openedAt: Instant;
    /** The last request that came on it. */
    readonly last: Exchange | undefined;
  },
  now: Instant,
): string {
  const who = "hostname" in peer.address
    ? describePeer(peer)
    : "of an unknown peer";
  const age = `open for ${Math.round(between(openedAt, now))} ms`;
  const what = last === undefined
    ? "no request"
    : `last request ${last.method} ${last.target.slice(0, TARGET_LENGTH_MAX)}`;
  return `${who}, ${age}, ${what}`;
}
