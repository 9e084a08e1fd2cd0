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
import { between, toMilliseconds } from "../base/unit.ts";

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

/** What a connection is doing, as far as its time is limited. */
export type Activity =
  /** Accepted, and nothing has come yet: a handshake, or a first byte. */
  | "fresh"
  /** Between two requests. */
  | "idle"
  /** A part of a request's head has come. */
  | "receivingHead"
  /** A part of a body has come, and the app waits for the rest. */
  | "receivingBody"
  /** The client has not taken what was sent. */
  | "sending"
  /** The app has its turn, or the protocol spoken has rules of its own. */
  | "working"
  /** The last response is sent; the client has not closed its side. */
  | "lingering";

/** How long each activity may go on without a step forward. */
export interface Timeouts {
  readonly clientHeaderTimeoutMs: Milliseconds;
  readonly clientBodyTimeoutMs: Milliseconds;
  readonly sendTimeoutMs: Milliseconds;
  readonly keepaliveTimeoutMs: Milliseconds;
}

/** nginx's lingering_timeout: what a client gets to close its side. */
export const LINGERING_MS = 5000;

/** nginx's lingering_time: the most it gets, however long it goes on. */
const LINGERING_TOTAL_MS = 30_000;

/** Whether bytes that come `now` win a client that lingers more time. */
export function mayLingerOn(lingeringFrom: Instant, now: Instant): boolean {
  return between(lingeringFrom, now) < LINGERING_TOTAL_MS - LINGERING_MS;
}

/** What to do with a connection whose time is up. */
export type Overdue = "keep" | "closeNow" | "answerTimeout";

/**
 * Whether an activity has gone on for too long; `since` is its last step
 * forward. Who has begun a request is told 408, everybody else is just left.
 */
export function decideOverdue(
  activity: Activity,
  since: Instant,
  timeouts: Timeouts,
  now: Instant,
): Overdue {
  const limitMs = limitOf(activity, timeouts);
  if (limitMs === undefined || between(since, now) < limitMs) return "keep";
  return activity === "receivingHead" || activity === "receivingBody"
    ? "answerTimeout"
    : "closeNow";
}

function limitOf(activity: Activity, timeouts: Timeouts): number | undefined {
  switch (activity) {
    case "fresh":
    case "receivingHead":
      return timeouts.clientHeaderTimeoutMs;
    case "receivingBody":
      return timeouts.clientBodyTimeoutMs;
    case "sending":
      return timeouts.sendTimeoutMs;
    case "idle":
      return timeouts.keepaliveTimeoutMs;
    case "lingering":
      return LINGERING_MS;
    case "working":
      return undefined;
  }
}

/** The longest and the shortest time between two looks at all connections. */
const LOOK_MS_MAX = 1000;
const LOOK_MS_MIN = 50;

/** How often to look for overdue connections: a quarter of the least limit. */
export function lookEveryMs(timeouts: Timeouts): Milliseconds {
  const least = Math.min(
    timeouts.clientHeaderTimeoutMs,
    timeouts.clientBodyTimeoutMs,
    timeouts.sendTimeoutMs,
    timeouts.keepaliveTimeoutMs || LOOK_MS_MAX,
  );
  const quarter = Math.round(least / 4);
  return toMilliseconds(
    Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, quarter)),
  );
}

/**
 * When a WebSocket of a draining worker is told to close, counted from the
 * drain's begin: spread evenly over `windowMs`, or all clients would come
 * back in the same moment. `share` is a number from 0 up to 1.
 */
export function farewellAfterMs(
  share: number,
  windowMs: Milliseconds,
): Milliseconds {
  return toMilliseconds(Math.floor(share * windowMs));
}
