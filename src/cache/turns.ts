/**
 * One call of the app for a response that many wait for: who asks first has
 * the turn, and the others wait until it is given back, in this process by a
 * promise, beside other processes by a lock on one byte of a file, which the
 * kernel takes from a process that dies. Who waited too long goes without a
 * turn, and what it gets is not stored: nginx's proxy_cache_lock_timeout.
 *
 * Source: nginx src/http/ngx_http_file_cache.c, ngx_http_file_cache_lock, and
 * man 2 fcntl. nginx looks again each half second; a look here costs two
 * microseconds, so it is done more often.
 */

import { formatSystemError } from "../base/system_error.ts";
import { between, type Instant } from "../base/unit.ts";
import { monotonicNow } from "../os/clock.ts";
import { openRangeLocks, type RangeLocks } from "../os/range_lock.ts";
import { hashOf } from "./key.ts";

/** The pause before the lock is looked at again; it grows to the longest. */
const LOOK_FIRST_MS = 2;
const LOOK_LONGEST_MS = 50;

/** A turn that is ours. */
export interface HeldTurn {
  /** The app has answered: what is left is to store it. */
  answered(): void;
  /** The others may look. */
  end(): void;
}

/** How waiting ended. */
export type Turn =
  | { readonly kind: "ours"; readonly turn: HeldTurn }
  /** Another's has ended: look again. */
  | { readonly kind: "ended"; readonly wasAnswered: boolean }
  /** It took too long. */
  | { readonly kind: "late" };

/** A turn in this process. */
interface Running {
  readonly over: Promise<void>;
  /** The app has answered; what is left is to store it. */
  isAnswered: boolean;
}

/** The turns of one zone in one process. */
export class Turns {
  readonly #locks: RangeLocks | undefined;
  readonly #running = new Map<string, Running>();

  constructor(locks: RangeLocks | undefined) {
    this.#locks = locks;
  }

  /** Take the turn of `key`, or wait for its end until `deadline`. */
  async take(key: string, deadline: Instant): Promise<Turn> {
    const running = this.#running.get(key);
    if (running !== undefined) {
      const wasAnswered = running.isAnswered;
      const isOver = await endsBefore(running.over, deadline);
      return isOver ? { kind: "ended", wasAnswered } : { kind: "late" };
    }
    const turn = this.#begin(key);
    if (await this.#lock(key, deadline)) return { kind: "ours", turn };
    // It is another process's: to let go of it here changes nothing.
    turn.end();
    return { kind: "late" };
  }

  /** Take it if nobody has it. */
  tryTake(key: string): HeldTurn | undefined {
    if (this.#running.has(key) || !this.#tryLock(key)) return undefined;
    return this.#begin(key);
  }

  /** Whether somebody has the turn of `key`, or may have. */
  isTaken(key: string): boolean {
    if (this.#running.has(key) || this.#locks === undefined) return true;
    const asked = this.#locks.isLocked(numberOf(key));
    return !asked.ok || asked.value;
  }

  #begin(key: string): HeldTurn {
    const { promise, resolve } = Promise.withResolvers<void>();
    const running: Running = { over: promise, isAnswered: false };
    this.#running.set(key, running);
    return {
      answered: () => {
        running.isAnswered = true;
      },
      end: () => {
        if (this.#running.get(key) !== running) return;
        this.#running.delete(key);
        this.#locks?.unlock(numberOf(key));
        resolve();
      },
    };
  }

  async #lock(key: string, deadline: Instant): Promise<boolean> {
    let pauseMs = LOOK_FIRST_MS;
    while (!this.#tryLock(key)) {
      const restMs = between(monotonicNow(), deadline);
      if (restMs <= 0) return false;
      await pause(Math.min(pauseMs, restMs));
      pauseMs = Math.min(pauseMs * 1.5, LOOK_LONGEST_MS);
    }
    return true;
  }

  /** Where nothing can be locked, each process has a turn of its own. */
  #tryLock(key: string): boolean {
    const locked = this.#locks?.tryLock(numberOf(key));
    return locked === undefined || !locked.ok || locked.value;
  }
}

/** Open the turns of the zone in `folder`; `complain` says what is amiss. */
export function openTurns(
  folder: string,
  complain: (text: string) => void,
): Turns {
  const locks = openRangeLocks(`${folder}/.turns`);
  if (!locks.ok) complain(formatSystemError(locks.error));
  return new Turns(locks.ok ? locks.value : undefined);
}

/** 60 bits of the hash: two keys of one number only wait for each other. */
function numberOf(key: string): bigint {
  return BigInt(`0x${hashOf(key).slice(0, 15)}`);
}

async function endsBefore(
  over: Promise<void>,
  deadline: Instant,
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const restMs = between(monotonicNow(), deadline);
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), restMs);
  });
  const isOver = await Promise.race([over.then(() => true), late]);
  clearTimeout(timer);
  return isOver;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
