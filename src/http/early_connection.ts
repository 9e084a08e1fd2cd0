/**
 * A connection before its first request can be read: its proxy has not said
 * whom it connects for, or it is not secure yet. Another takes its place then.
 */

import type { Socket } from "node:net";
import type { Instant } from "../base/unit.ts";
import type { Activity } from "../core/connection.ts";
import { monotonicNow } from "../os/clock.ts";
import type { Connection } from "./connection.ts";
import { describeConnection } from "./connection_owner.ts";
import type { Peer } from "./exchange.ts";

/** What all of them have in common. */
export abstract class EarlyConnection implements Connection {
  readonly isBusy = false;
  readonly activity: Activity = "fresh";
  readonly idleSince: Instant = monotonicNow();
  /** As far as it is known. */
  readonly peer: Peer;
  readonly socket: Socket;

  constructor(socket: Socket, peer: Peer) {
    this.socket = socket;
    this.peer = peer;
  }

  /** From the accept: who trickles gains no time. */
  sinceAt(): Instant {
    return this.idleSince;
  }

  refuseKeepalive(): void {
    // It gets to send its first request, and is told in the response.
  }

  answerTimeout(): void {
    this.close();
  }

  close(): void {
    this.socket.destroy();
  }

  describe(): string {
    const { peer, idleSince: openedAt } = this;
    const facts = { peer, openedAt, last: undefined };
    return describeConnection(facts, monotonicNow());
  }
}
