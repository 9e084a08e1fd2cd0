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
import type { Signal } from "./signal.ts";

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
  /**
   * Close every listener. The Unix sockets' files go too, unless another
   * master has those sockets (`isShared`); they go when this is repeated.
   */
  | { readonly kind: "closeListeners"; readonly isShared: boolean }
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
  /** Unless the name goes back to the old master (`isShared`). */
  | { readonly kind: "removePidFile"; readonly isShared: boolean }
  /**
   * Our pid file becomes `.oldbin`, and a locked file that still names us
   * takes its place; answered by pidFileRenamed or pidFileRenameFailed.
   */
  | { readonly kind: "renamePidFile" }
  /** Our pid file has its name again, whatever had it meanwhile. */
  | { readonly kind: "restorePidFile" }
  /**
   * Execute the new master with our sockets and the lock of the pid file;
   * answered by upgradeSpawned or upgradeSpawnFailed.
   */
  | { readonly kind: "execUpgrade" }
  /** Signal the new master; nothing is answered. */
  | {
    readonly kind: "killUpgrade";
    readonly signal: "SIGTERM" | "SIGKILL";
    readonly pid: Pid;
  }
  /** Close the new master's channel: for it we are gone. */
  | { readonly kind: "releaseUpgrade"; readonly pid: Pid }
  /** Pass a signal on to the new master. */
  | {
    readonly kind: "relaySignal";
    readonly signal: Signal;
    readonly pid: Pid;
  }
  /** Look for a master among our children; masterFound or masterLost. */
  | { readonly kind: "findMaster" }
  | { readonly kind: "tellPredecessor"; readonly message: "ready" }
  | {
    readonly kind: "tellPredecessor";
    readonly message: "failed";
    readonly reason: string;
  }
  /**
   * The old master is gone: close the addresses it had and we do not want,
   * their Unix sockets' files included.
   */
  | { readonly kind: "adoptSockets" }
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
  /**
   * Connect a child with each of the peers by a mailbox; with `isMesh` it is
   * told when it has them all. Source: nginx NGX_CMD_OPEN_CHANNEL.
   */
  | ({
    readonly kind: "openMailboxes";
    readonly peers: readonly ChildRef[];
    readonly isMesh: boolean;
  } & ChildRef)
  /**
   * Tell the peers that a child is gone, and its mailboxes with it.
   * Source: nginx NGX_CMD_CLOSE_CHANNEL.
   */
  | ({
    readonly kind: "closeMailboxes";
    readonly peers: readonly ChildRef[];
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
