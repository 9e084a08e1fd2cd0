/**
 * What to do, in the imperative. No effect returns anything: its outcome comes
 * back as an event with the same (slot, generation) or token. Effects of one
 * step are performed in order, and the order means something: listeners before
 * the pid file, the channel before a respawn.
 */

import type { Generation, Ordinal, Pid, SlotIndex } from "../../base/id.ts";
import type { Level } from "../../base/level.ts";
import type { HelperRole } from "../../base/role.ts";
import type { ChildRef, Command } from "./event.ts";
import type { MasterNotice } from "./notice.ts";

/** How something an operator waits for ended. */
export interface Outcome {
  readonly ok: boolean;
  /** One line for the operator. */
  readonly text: string;
}

/** One thing to do. */
export type MasterEffect =
  /** Read the configuration; answered by configLoaded or configRejected. */
  | { readonly kind: "loadConfig"; readonly generation: Generation }
  /**
   * Open what that configuration needs and is not open yet, all or nothing;
   * answered by listenersOpened or listenersFailed.
   */
  | { readonly kind: "openListeners"; readonly generation: Generation }
  /** Close what was opened for that generation alone: it is given up. */
  | { readonly kind: "abandonListeners"; readonly generation: Generation }
  /**
   * That generation is in force now: close the addresses it dropped, log
   * where it says, let go of the pid file it no longer names.
   */
  | { readonly kind: "adoptGeneration"; readonly generation: Generation }
  /** Close every listener and remove our own Unix sockets. */
  | { readonly kind: "closeListeners" }
  /**
   * New connections to the pool go to the sockets of these workers alone.
   * Source: man 7 socket, SO_ATTACH_REUSEPORT_CBPF.
   */
  | {
    readonly kind: "steer";
    readonly pool: string;
    readonly ordinals: readonly Ordinal[];
  }
  /** Close the sockets of workers numbered `workers` and up nobody holds. */
  | {
    readonly kind: "trimListeners";
    readonly pool: string;
    readonly workers: number;
  }
  /**
   * Lock and write the pid file that generation names, beside the present
   * one; answered by pidFileWritten or pidFileFailed.
   */
  | { readonly kind: "writePidFile"; readonly generation: Generation }
  | { readonly kind: "removePidFile" }
  /** Start a child; answered by childSpawned or spawnFailed. */
  | {
    readonly kind: "spawn";
    readonly slot: SlotIndex;
    readonly generation: Generation;
    readonly pool: string;
    readonly ordinal: Ordinal;
    /** A worker has none. */
    readonly helper?: HelperRole;
  }
  /** Tell a child over its channel; sendFailed comes back if it cannot. */
  | ({ readonly kind: "send"; readonly command: "init" } & ChildRef)
  | ({
    readonly kind: "send";
    readonly command: Command;
    /**
     * quit: whether the worker goes on accepting for a moment, because its
     * socket will have no other reader and its queue must be emptied.
     */
    readonly linger?: boolean;
  } & ChildRef)
  /** Signal a child that has not been reaped; nothing is answered. */
  | ({
    readonly kind: "kill";
    readonly signal: "SIGQUIT" | "SIGTERM" | "SIGUSR1" | "SIGKILL";
  } & ChildRef)
  /** Reap a process that is no child of ours; answered by orphanReaped. */
  | { readonly kind: "reapOrphan"; readonly process: Pid }
  | { readonly kind: "reopenLogs" }
  | {
    readonly kind: "reply";
    readonly token: number;
    readonly outcome: Outcome;
  }
  | {
    readonly kind: "log";
    readonly level: Level;
    readonly notice: MasterNotice;
  }
  /** The last effect: leave the loop and the process. */
  | { readonly kind: "exit"; readonly code: number };
