/**
 * The pid file: locked for the life of the master, written after the listeners
 * are bound, removed at the end if it is still ours. A reload that moves it
 * holds both until it is decided, so a reload that fails moves nothing
 * (nginx's weakness W8), and a second master with the same path is refused
 * before it touches anything (W13). nginx: src/core/ngx_cycle.c,
 * ngx_create_pidfile.
 */

import type { Result, SystemError } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import type { LockedFile } from "../os/file.ts";
import { lockFile } from "../os/file.ts";

/** nginx's mode: everybody may read who the master is. */
const PID_FILE_MODE = 0o644;

const LOCK_TRIES_MAX = 3;
const LOCK_RETRY_MS = 5;

/** The pid file in force, and the one a coming generation names. */
export class PidFile {
  #current: LockedFile | undefined;
  #coming: LockedFile | undefined;

  /** Lock `path`; EAGAIN: another master has it. */
  lock(path: string): Result<void> {
    this.abandon();
    if (this.#current?.path === path && this.#current.isInPlace()) {
      return success(undefined);
    }
    const locked = lockPatiently(path);
    if (!locked.ok) return failure(explain(locked.error, path));
    this.#coming = locked.value;
    return success(undefined);
  }

  /** Write our pid into the file that was locked last. */
  write(): Result<void> {
    const file = this.#coming ?? this.#current;
    return file?.write(`${Deno.pid}\n`) ?? success(undefined);
  }

  /** The file that was locked last is the one; remove the other. */
  adopt(): void {
    if (this.#coming === undefined) return;
    remove(this.#current);
    this.#current = this.#coming;
    this.#coming = undefined;
  }

  /** The one in force stays; remove what was locked for another. */
  abandon(): void {
    remove(this.#coming);
    this.#coming = undefined;
  }

  /** The end: nobody is running any more. */
  remove(): void {
    this.abandon();
    remove(this.#current);
    this.#current = undefined;
  }
}

/**
 * Somebody who only looks holds the lock for an instant (`--signal`): that is
 * no other master.
 */
function lockPatiently(path: string): Result<LockedFile> {
  for (let tries = 1;; tries++) {
    const locked = lockFile(path, PID_FILE_MODE);
    const isHeld = !locked.ok && locked.error.code === "EAGAIN";
    if (!isHeld || tries === LOCK_TRIES_MAX) return locked;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_RETRY_MS);
  }
}

/** Unlink first, so that nobody locks a file that is about to go. */
function remove(file: LockedFile | undefined): void {
  if (file === undefined) return;
  if (file.isInPlace()) {
    try {
      Deno.removeSync(file.path);
    } catch {
      // The folder became read-only: a file without a lock means nobody runs.
    }
  }
  file.close();
}

/** Who has it, instead of "Resource temporarily unavailable". */
function explain(error: SystemError, path: string): SystemError {
  if (error.code !== "EAGAIN") return error;
  return { ...error, text: `another master runs, process ${ownerOf(path)}` };
}

function ownerOf(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim().slice(0, 16) || "unknown";
  } catch {
    return "unknown";
  }
}
