/**
 * A process of the simulated machine, and what the checker must know of it:
 * what the master was told about it, and what it did to it, and when.
 */

import type { Instant } from "../../src/base/unit.ts";
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
  quitAt: Instant | undefined;
  terminateAt: Instant | undefined;
  killAt: Instant | undefined;
  /** The lateness the master had met when it told it so. */
  lateMs: number;
  /** Messages in the channel that it has not read. */
  unread: number;
  /** What it sends next arrives no earlier. */
  arrivesAt: number;
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
    quitAt: undefined,
    terminateAt: undefined,
    killAt: undefined,
    lateMs: 0,
    unread: 0,
    arrivesAt: 0,
    isReported: false,
  };
}
