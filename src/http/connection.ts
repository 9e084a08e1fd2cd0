/**
 * A connection as the server sees it, whatever is spoken on it.
 */

import type { Instant } from "../base/unit.ts";
import type { Activity } from "../core/connection.ts";

let connections = 0;

/** A new connection's number in this process, from 1: for the access log. */
export function nextConnectionNumber(): number {
  return ++connections;
}

/** One open connection. */
export interface Connection {
  /** A request is being answered, or waits. */
  readonly isBusy: boolean;
  /** When it came or ended its last request, or when bytes last came. */
  readonly idleSince: Instant;
  readonly activity: Activity;
  /** The last step forward of its activity. */
  sinceAt(now: Instant): Instant;
  /**
   * It closes after what is being answered. An idle one is told as far as its
   * protocol has a word for that.
   */
  refuseKeepalive(): void;
  /** Tell the client that it was too slow, and close. */
  answerTimeout(): void;
  /** Close now. */
  close(): void;
  /** Its peer, its age and its last request, for the log. */
  describe(): string;
}
