/**
 * What happened, in the past tense: everything the master reacts to. Signals,
 * exits, channel messages, answers to effects, the timer and operators'
 * requests arrive on one queue as these.
 *
 * An event about a child names (slot, generation, pid); one whose child is no
 * longer in that slot is late and decided like any other: ignored, visibly.
 * The shell promises that nothing about a child follows its `childExited`.
 */

import type { Exit } from "../../base/exit.ts";
import type { Generation, Pid, SlotIndex } from "../../base/id.ts";
import type { SystemError } from "../../base/system_error.ts";
import type { Plan } from "./policy.ts";
import type { Signal } from "./signal.ts";

/** Which child an event is about, or an effect is for. */
export interface ChildRef {
  readonly slot: SlotIndex;
  readonly generation: Generation;
  readonly pid: Pid;
}

/** Just the reference of an event about a child, without its other fields. */
export function refFrom({ slot, generation, pid }: ChildRef): ChildRef {
  return { slot, generation, pid };
}

/** What an operator may ask for on the control socket. */
export type ControlRequest =
  | "reload"
  | "quit"
  | "terminate"
  | "reopen"
  | "upgrade";

/** One thing that happened. */
export type MasterEvent =
  /** Signals since the last wake-up; a set, for they coalesce. */
  | { readonly kind: "signalled"; readonly signals: readonly Signal[] }
  | {
    readonly kind: "configLoaded";
    readonly generation: Generation;
    readonly plan: Plan;
  }
  | {
    readonly kind: "configRejected";
    readonly generation: Generation;
    /** One line per error, each naming its place. */
    readonly reasons: readonly string[];
  }
  | {
    readonly kind: "listenersOpened";
    readonly generation: Generation;
    /** The addresses opened anew, as bound: with the port where 0 was asked. */
    readonly bound: readonly string[];
  }
  | {
    readonly kind: "listenersFailed";
    readonly generation: Generation;
    readonly error: SystemError;
  }
  | { readonly kind: "pidFileWritten"; readonly generation: Generation }
  | {
    readonly kind: "pidFileFailed";
    readonly generation: Generation;
    readonly error: SystemError;
  }
  | ({ readonly kind: "childSpawned" } & ChildRef)
  | {
    readonly kind: "spawnFailed";
    readonly slot: SlotIndex;
    readonly generation: Generation;
    readonly error: SystemError;
  }
  /** The child said that it serves. */
  | ({ readonly kind: "childReady" } & ChildRef)
  /** The child said that it drains; on its own accord, unless told to. */
  | ({ readonly kind: "childDraining" } & ChildRef)
  /** The child said why it will never serve; its exit follows. */
  | ({ readonly kind: "childFailed"; readonly reason: string } & ChildRef)
  /** A cache loader has gone through that zone of its plan. */
  | ({ readonly kind: "zoneLoaded"; readonly zone: string } & ChildRef)
  /** A worker wants the mailboxes of the other workers of its pool. */
  | ({ readonly kind: "meshAsked" } & ChildRef)
  /** Mailboxes could not be made; those of that child are not complete. */
  | (
    & { readonly kind: "mailboxesFailed"; readonly error: SystemError }
    & ChildRef
  )
  /** The child said that it reopened its logs. */
  | ({ readonly kind: "childReopened" } & ChildRef)
  /** The channel's other end was closed. A hint, not an exit. */
  | ({ readonly kind: "channelClosed" } & ChildRef)
  /** Something came over the channel that is no message. */
  | ({ readonly kind: "channelBroken"; readonly reason: string } & ChildRef)
  /** A command could not be written to the channel. */
  | (
    & { readonly kind: "sendFailed"; readonly command: "init" | Command }
    & ChildRef
  )
  /** The child said how many of its connections it cut. */
  | (
    & { readonly kind: "connectionsCut"; readonly connections: number }
    & ChildRef
  )
  | ({ readonly kind: "childExited"; readonly exit: Exit } & ChildRef)
  /**
   * A process whose parent we are ended and was not reaped: one of ours whose
   * exit is about to be told, or an orphan that is ours to reap.
   */
  | { readonly kind: "processEnded"; readonly process: Pid }
  | {
    readonly kind: "orphanReaped";
    readonly process: Pid;
    readonly exit: Exit;
  }
  /** The command that started this daemon is gone and did not wait. */
  | { readonly kind: "starterLost" }
  /** Our pid file has another name, its own is kept for the new master. */
  | { readonly kind: "pidFileRenamed" }
  | { readonly kind: "pidFileRenameFailed"; readonly error: SystemError }
  | { readonly kind: "upgradeSpawned"; readonly pid: Pid }
  | { readonly kind: "upgradeSpawnFailed"; readonly error: SystemError }
  /** The new master said that its workers serve. */
  | { readonly kind: "upgradeReady"; readonly pid: Pid }
  /** The new master said why it never will; its exit follows. */
  | {
    readonly kind: "upgradeReported";
    readonly pid: Pid;
    readonly reason: string;
  }
  | {
    readonly kind: "upgradeExited";
    readonly pid: Pid;
    readonly exit: Exit;
  }
  /** As PID 1: a newer master is our child, or there is none. */
  | { readonly kind: "masterFound"; readonly pid: Pid }
  | { readonly kind: "masterLost" }
  /** The old master, which executed us, is gone. */
  | { readonly kind: "predecessorLost" }
  /** The one timer, armed for `nextDeadline(state)`. */
  | { readonly kind: "timerFired" }
  | {
    readonly kind: "controlRequested";
    readonly token: number;
    readonly request: ControlRequest;
  }
  /** The client went away; nobody waits for that answer any more. */
  | { readonly kind: "controlClosed"; readonly token: number };

/** What the master tells a child over its channel after `init`. */
export type Command = "quit" | "terminate" | "reopen";
