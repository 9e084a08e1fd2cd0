/**
 * What happens to a cache helper, in the past tense, and what it does about
 * it, in the imperative: the words between core/helper.ts, which decides, and
 * the shell, which knows the channel, the signals and the zones.
 *
 * Source: nginx src/os/unix/ngx_process_cycle.c,
 * ngx_cache_manager_process_cycle, where the same things are flags.
 */

import type { Level } from "../base/level.ts";
import type { Milliseconds } from "../base/unit.ts";
import type { Asker, WorkerSignal } from "./worker_event.ts";

/** How a pass over a zone ended. */
export type PassOutcome =
  /** The manager's: it wants to be called again after so long. */
  | { readonly kind: "managed"; readonly nextMs: number }
  /** The loader's: there is more of the zone to walk through. */
  | { readonly kind: "walked" }
  /** The loader's: it has seen all of the zone. */
  | { readonly kind: "loaded" }
  /** An error that nobody expected; one line. */
  | { readonly kind: "failed"; readonly reason: string };

/** What happened. */
export type HelperEvent =
  /** It is who it should be, and every zone is open. */
  | { readonly kind: "started" }
  | { readonly kind: "startFailed"; readonly reason: string }
  | { readonly kind: "passEnded"; readonly outcome: PassOutcome }
  | {
    readonly kind: "quitAsked";
    readonly asker: Asker;
    /** A worker's business: helpers accept nothing. */
    readonly lingerMs: Milliseconds;
  }
  | { readonly kind: "terminateAsked"; readonly asker: Asker }
  | { readonly kind: "reopenAsked"; readonly asker: Asker }
  | ({ readonly kind: "signalIgnored" } & WorkerSignal)
  /** The channel's other end was closed: the master is gone. */
  | { readonly kind: "masterLost" }
  /** Something came over the channel that is no message. */
  | { readonly kind: "channelBroken"; readonly reason: string }
  /** An error that nobody caught. */
  | { readonly kind: "crashed"; readonly reason: string }
  | { readonly kind: "timerFired" }
  /** A zone of the manager's should not wait for its next round. */
  | { readonly kind: "passWanted" };

/** What to do. */
export type HelperEffect =
  | { readonly kind: "log"; readonly level: Level; readonly text: string }
  | { readonly kind: "send"; readonly message: "ready" | "reopened" }
  /** Tell the master that the zone of that number is loaded. */
  | { readonly kind: "sendLoaded"; readonly zone: number }
  /** Tell the master why this helper never works: its last word. */
  | { readonly kind: "sendFailure"; readonly reason: string }
  /** Begin a pass over the zone of that number; answered by passEnded. */
  | { readonly kind: "runPass"; readonly zone: number }
  /** The pass that runs should come to its end soon. */
  | { readonly kind: "cutPass" }
  | { readonly kind: "reopenLog" }
  /** The last effect. */
  | { readonly kind: "exit"; readonly code: number };
