/**
 * The numbers the master decides by, with units, defaults and sources. The
 * role maps a Config to a Plan; the core has no opinion on syntax (h11).
 *
 * A limit on everything: processes, restarts, generations, retries, waits.
 */

import type { Milliseconds } from "../../base/unit.ts";
import { toMilliseconds } from "../../base/unit.ts";

/** How long a worker may take; its slot carries them for life. */
export interface Limits {
  /** From spawn to ready. Source: worker_startup_timeout. */
  readonly startupTimeoutMs: Milliseconds;
  /**
   * How long a draining worker may keep its connections, counted from the
   * moment the master sends quit. 0 means no limit.
   * Source: nginx worker_shutdown_timeout.
   */
  readonly drainTimeoutMs: Milliseconds;
}

/** What one pool of one generation wants. */
export interface PoolPlan {
  /** The pool's name: "worker" unless the configuration names pools. */
  readonly name: string;
  /** How many workers, at least 1. */
  readonly workers: number;
  readonly limits: Limits;
}

/** What a generation with a cache wants besides its workers. */
export interface CachePlan {
  /**
   * A text for each zone that changes when what the loader has learnt of the
   * zone is of no use any more.
   */
  readonly zones: readonly string[];
  /** The helpers'. */
  readonly limits: Limits;
}

/** What one generation wants: the core's view of a configuration. */
export interface Plan {
  readonly pools: readonly PoolPlan[];
  /** Without it there are no helpers. */
  readonly cache?: CachePlan;
  /** Draining generations kept at most. Source: worker_generations. */
  readonly generationsMax: number;
}

/** The limits that no configuration changes. */
export interface Policy {
  /** Rows of the process table: nginx's NGX_MAX_PROCESSES. */
  readonly slotsMax: number;
  /** bind() attempts before giving up: nginx's 5. */
  readonly bindAttemptsMax: number;
  /** Between two attempts: nginx's 500 ms. */
  readonly bindRetryMs: Milliseconds;
  /** First delay of the respawn backoff, after the one immediate respawn. */
  readonly backoffMinMs: Milliseconds;
  /** Cap of the respawn backoff. */
  readonly backoffMaxMs: Milliseconds;
  /** A worker that served this long starts with a clean record. */
  readonly stableMs: Milliseconds;
  /**
   * The terminate ladder: how long after the first terminate each rung is
   * taken. All but the last repeat it, the last is SIGKILL.
   * Source: nginx's 50 ms doubling, as strace shows it beside a stopped
   * worker: not every alarm sends, so the sums are not those of the code.
   */
  readonly ladderMs: readonly Milliseconds[];
  /** Between repeated SIGKILLs, should one not be enough (D state). */
  readonly killRepeatMs: Milliseconds;
  /**
   * What the master adds to a drain timeout before it terminates: the worker
   * closes its own connections at the timeout and says how many.
   */
  readonly drainGraceMs: Milliseconds;
  /**
   * A timer this late means that the machine was suspended or the master
   * stopped: deadlines are moved once instead of killing (unicorn).
   */
  readonly lateTimerMs: Milliseconds;
  /**
   * What a new master may take to be ready, besides the longest start of a
   * worker: its own start, and as many bind() attempts as it may make.
   */
  readonly upgradeGraceMs: Milliseconds;
  /** PID 1: the end of this process is the end of all. */
  readonly isInit: boolean;
  /**
   * A terminal is there, which sends WINCH when its window changes: it is not
   * the operator's order then.
   */
  readonly winchIsResize: boolean;
  /**
   * The workers live in this process: one that ends unasked took the process's
   * health with it, and nothing is respawned. Source: master_process.
   */
  readonly isSingle: boolean;
  /** The most TTIN may add up to, per pool. */
  readonly workersMax: number;
}

/** What the real master decides by. */
export const DEFAULT_POLICY: Policy = {
  slotsMax: 1024,
  bindAttemptsMax: 5,
  bindRetryMs: toMilliseconds(500),
  backoffMinMs: toMilliseconds(250),
  backoffMaxMs: toMilliseconds(30_000),
  stableMs: toMilliseconds(10_000),
  ladderMs: [150, 350, 750, 1550, 3150].map(toMilliseconds),
  killRepeatMs: toMilliseconds(3200),
  drainGraceMs: toMilliseconds(2000),
  lateTimerMs: toMilliseconds(5000),
  upgradeGraceMs: toMilliseconds(5000),
  isInit: false,
  winchIsResize: false,
  isSingle: false,
  workersMax: 512,
};
