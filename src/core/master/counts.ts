/**
 * What has happened since the master started, as numbers: kept in its state,
 * so that a dump of the journal shows them. They are counted in tally.ts.
 * Source: s6-svdt's death tally; nginx has such numbers of connections alone.
 */

/** How often each thing happened; they only grow. */
export interface Counts {
  /** Children asked for, respawns included. */
  readonly spawns: number;
  /** Spawns for a worker whose process ended or left by itself. */
  readonly respawns: number;
  readonly spawnFailures: number;
  readonly readies: number;
  /** Exits with code 0. */
  readonly exitsDone: number;
  /** Exits with code 2. */
  readonly exitsFatal: number;
  /** Exits with any other code. */
  readonly exitsFailed: number;
  /** Exits on a signal. */
  readonly exitsKilled: number;
  /** Drains begun, ordered or not. */
  readonly drains: number;
  readonly reloads: number;
  readonly reloadsFailed: number;
  /** Connections that workers said they cut. */
  readonly connectionsCut: number;
  readonly orphansReaped: number;
}

/** Nothing has happened. */
export const NO_COUNTS: Counts = {
  spawns: 0,
  respawns: 0,
  spawnFailures: 0,
  readies: 0,
  exitsDone: 0,
  exitsFatal: 0,
  exitsFailed: 0,
  exitsKilled: 0,
  drains: 0,
  reloads: 0,
  reloadsFailed: 0,
  connectionsCut: 0,
  orphansReaped: 0,
};
