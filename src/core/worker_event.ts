/**
 * What happens to a worker, in the past tense, and what it does about it, in
 * the imperative: the words between core/worker.ts, which decides, and the
 * shell, which knows the channel, the signals, the server and the app.
 *
 * Source: nginx src/os/unix/ngx_process_cycle.c, ngx_worker_process_cycle,
 * where the same things are flags.
 */

import type { Level } from "../base/level.ts";
import type { Bytes, Milliseconds } from "../base/unit.ts";

/** A signal that a worker takes note of. */
export interface WorkerSignal {
  readonly name: string;
  readonly signo: number;
}

/** Who wants something: the master by its channel, or a signal. */
export type Asker =
  | { readonly kind: "master" }
  | ({ readonly kind: "signal" } & WorkerSignal);

/** What happened. */
export type WorkerEvent =
  /** The app is there and every listener accepts. */
  | { readonly kind: "started" }
  /** The app cannot be started; `reason` is one line. */
  | { readonly kind: "startFailed"; readonly reason: string }
  | {
    readonly kind: "quitAsked";
    readonly asker: Asker;
    readonly lingerMs: Milliseconds;
  }
  | { readonly kind: "terminateAsked"; readonly asker: Asker }
  | { readonly kind: "reopenAsked"; readonly asker: Asker }
  | ({ readonly kind: "signalIgnored" } & WorkerSignal)
  /** The channel's other end was closed: the master is gone. */
  | { readonly kind: "masterLost" }
  /** Something came over the channel that is no message. */
  | { readonly kind: "channelBroken"; readonly reason: string }
  /** The listener is closed and the last connection is gone. */
  | { readonly kind: "connectionsGone" }
  /** The app's shutdown hook returned; `failure` is one line. */
  | {
    readonly kind: "shutdownFinished";
    readonly failure: string | undefined;
    /** Connections still open, which should be none. */
    readonly connections: number;
  }
  /** An error that nobody caught. */
  | { readonly kind: "appCrashed"; readonly reason: string }
  | {
    readonly kind: "timerFired";
    /** Connections still open. */
    readonly connections: number;
    /** What V8 has from the machine. */
    readonly heapBytes: Bytes;
  }
  /** Memory was given back; what V8 has now. */
  | { readonly kind: "memoryTrimmed"; readonly heapBytes: Bytes };

/** What a child can hear by a signal. */
export type SignalEvent = Extract<WorkerEvent, {
  readonly kind:
    | "quitAsked"
    | "terminateAsked"
    | "reopenAsked"
    | "signalIgnored"
    | "masterLost";
}>;

/** What to do. */
export type WorkerEffect =
  | { readonly kind: "log"; readonly level: Level; readonly text: string }
  | {
    readonly kind: "send";
    readonly message: "ready" | "draining" | "reopened";
  }
  /** Tell the master why this worker never serves: its last word. */
  | { readonly kind: "sendFailure"; readonly reason: string }
  /** The title says "is shutting down" from now on. */
  | { readonly kind: "retitle" }
  /** Tell the app: `info.draining` is aborted. */
  | { readonly kind: "tellApp" }
  /** Running and later responses say `Connection: close`. */
  | { readonly kind: "refuseKeepalive" }
  | { readonly kind: "closeListeners" }
  /** Close the connections that are idle for keepaliveDrainMs. */
  | { readonly kind: "closeIdle" }
  /** Cut all connections, and tell the master how many. */
  | { readonly kind: "closeAll" }
  /** One line for each connection that is open, up to a limit. */
  | {
    readonly kind: "logConnections";
    readonly level: Level;
    /** What the line begins with. */
    readonly saying: string;
  }
  /** Run the app's shutdown hook; answered by shutdownFinished. */
  | { readonly kind: "shutDownApp" }
  | { readonly kind: "reopenLog" }
  /** Give back what an idle worker does not need; memoryTrimmed follows. */
  | { readonly kind: "trimMemory" }
  /** Stop or abort, as debug_points says; a stopped one may go on later. */
  | { readonly kind: "killSelf" }
  /** The last effect. */
  | { readonly kind: "exit"; readonly code: number };
