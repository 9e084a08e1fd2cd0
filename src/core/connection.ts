/**
 * What becomes of one connection of a worker: kept, closed after its response,
 * or closed now. Plain functions on small values, for the request path.
 *
 * The rule that loses no request: a connection is closed where both ends
 * agree, after a response that said `Connection: close`; an idle one is left
 * open for a while, because a request may be on its way. nginx closes idle
 * connections at once and loses those requests (src/core/ngx_connection.c,
 * ngx_close_idle_connections); it also waits a minute for a connection that
 * never sent a byte, which here is idle like any other.
 */

import type { Instant, Milliseconds } from "../base/unit.ts";
import { between } from "../base/unit.ts";

/** How far a worker is in letting its connections go. */
export type Stage =
  /** All are kept: the worker serves. */
  | "accepting"
  /** Each leaves with its next response; idle ones stay. */
  | "draining"
  /** And those that have been idle for long enough leave. */
  | "closingIdle"
  /** All leave now. */
  | "closingAll";

/** One connection, as the decision sees it. */
export interface Connection {
  /** A request is being received, answered or waits in the pipeline. */
  readonly busy: boolean;
  /** When it was accepted or finished its last response. */
  readonly idleSince: Instant;
}

/** What to do with a connection. */
export type Fate = "keep" | "closeAfterResponse" | "closeNow";

/** Decide one connection's fate; `now` is not earlier than its idleSince. */
export function decideConnection(
  connection: Connection,
  stage: Stage,
  keepaliveDrainMs: Milliseconds,
  now: Instant,
): Fate {
  if (stage === "accepting") return "keep";
  if (stage === "closingAll") return "closeNow";
  if (connection.busy) return "closeAfterResponse";
  if (stage === "draining") return "keep";
  const idleMs = between(connection.idleSince, now);
  return idleMs >= keepaliveDrainMs ? "closeNow" : "keep";
}

/** Whether the next response keeps its connection open. */
export function mayKeepAlive(stage: Stage): boolean {
  return stage === "accepting";
}
