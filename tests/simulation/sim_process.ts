/**
 * A process of the simulated machine, and what the checker must know of it:
 * what the master was told about it, and what it did to it, and when.
 */

import type { Instant } from "../../src/base/unit.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";
import type { SimChild } from "./sim_child.ts";

/** A process, and what the master was told about it and did to it. */
export interface Process {
  readonly child: SimChild;
  /** childSpawned was taken. */
  isAnnounced: boolean;
  /** childReady was taken then, while it booted. */
  readyAt: Instant | undefined;
  /** childDraining was taken. */
  hasLeft: boolean;
  /** channelBroken was taken. */
  isBroken: boolean;
  /** It was told to reopen, and its answer was not taken. */
  owesReopened: boolean;
  /** meshAsked was taken. */
  hasMesh: boolean;
  quitAt: Instant | undefined;
  terminateAt: Instant | undefined;
  killAt: Instant | undefined;
  /** The lateness the master had met when it told it so. */
  lateMs: number;
  /** Messages in the channel that it has not read. */
  unread: number;
  /** What it sends next arrives no earlier. */
  arrivesAt: number;
  /** What it sent and did not arrive, in order, however long each takes. */
  readonly sent: MasterEvent[];
  /** Its exit was reported: nothing more is heard of it. */
  isReported: boolean;
}

/** A child just executed: nobody heard of it yet. */
export function newProcess(child: SimChild): Process {
  return {
    child,
    isAnnounced: false,
    readyAt: undefined,
    hasLeft: false,
    isBroken: false,
    owesReopened: false,
    hasMesh: false,
    quitAt: undefined,
    terminateAt: undefined,
    killAt: undefined,
    lateMs: 0,
    unread: 0,
    arrivesAt: 0,
    sent: [],
    isReported: false,
  };
}

/** The master takes an event of that child. */
export function noteHeard(
  process: Process,
  kind: MasterEvent["kind"],
  now: Instant,
): void {
  switch (kind) {
    case "childSpawned":
      process.isAnnounced = true;
      return;
    case "childReady":
      if (process.terminateAt === undefined && process.quitAt === undefined) {
        process.readyAt ??= now;
      }
      return;
    case "childDraining":
      // One that is being terminated has a successor at its exit, not now.
      if (process.readyAt === undefined) return;
      if (process.terminateAt === undefined) process.hasLeft = true;
      return;
    case "meshAsked":
      if (process.child.helper === undefined) process.hasMesh = true;
      return;
    case "channelBroken":
      process.isBroken = true;
      return;
    case "childReopened":
      process.owesReopened = false;
  }
}

/** The master tells that child something. */
export function noteTold(
  process: Process,
  command: string,
  clock: { readonly now: Instant; readonly lateSeenMs: number },
): void {
  if (command === "reopen") process.owesReopened = true;
  if (command === "quit" && process.quitAt === undefined) {
    process.quitAt = clock.now;
    process.lateMs = clock.lateSeenMs;
  }
  if (command === "terminate" && process.terminateAt === undefined) {
    process.terminateAt = clock.now;
    process.lateMs = clock.lateSeenMs;
  }
}
