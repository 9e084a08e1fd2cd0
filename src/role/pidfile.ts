/**
 * The pid file: locked for the life of the master, written after the listeners
 * are bound, removed at the end if it is still ours. A reload that moves it
 * holds both until it is decided, so a reload that fails moves nothing
 * (nginx's weakness W8), and a second master with the same path is refused
 * before it touches anything (W13).
 *
 * In an upgrade the name never is without a locked file: ours gets the second
 * name `.oldbin` by a link, and a new file, locked by the descriptor that the
 * new master inherits, takes the first by a rename. Until that one writes
 * itself into it, it names us. Back it goes by one rename, too. (nginx: a time
 * without a pid file, in which anybody may take the name.)
 *
 * nginx: src/core/ngx_cycle.c, ngx_create_pidfile; src/core/nginx.c,
 * ngx_exec_new_binary.
 */

import type { Result, SystemError } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { toFd } from "../base/id.ts";
import { fromDenoError, namedError } from "../os/errno.ts";
import type { LockedFile } from "../os/file.ts";
import { heldFile, isLocked, lockFile } from "../os/file.ts";
import type { HandedFile } from "./inheritance.ts";

/** nginx's mode: everybody may read who the master is. */
const PID_FILE_MODE = 0o644;

const LOCK_TRIES_MAX = 3;
const LOCK_RETRY_MS = 5;

/** The pid file in force, and the one a coming generation names. */
export class PidFile {
  #current: LockedFile | undefined;
  #coming: LockedFile | undefined;
  /** The file that has our name while `#current` is `.oldbin`. */
  #next: LockedFile | undefined;
  /** The file that came with its lock from the old master. */
  #inherited: LockedFile | undefined;

  /** Take the old master's name over, if it still is its own. */
  inherit({ path, fd }: HandedFile): void {
    const file = heldFile(toFd(fd), path);
    if (!file.isInPlace()) return file.close();
    this.#inherited = file;
    this.#current = file;
  }

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

  /** The end: nobody is running any more, but for the old master perhaps. */
  remove(isShared: boolean): void {
    this.abandon();
    // The old master puts its own file in the place of this one.
    const isLent = isShared && this.#current === this.#inherited;
    if (isLent) this.#current?.close();
    else remove(this.#current);
    this.#next?.close();
    this.#current = undefined;
    this.#next = undefined;
  }

  /** Ours becomes `.oldbin`; a new one with our name is for the new master. */
  rename(): Result<HandedFile | undefined> {
    const file = this.#current;
    if (file === undefined) return success(undefined);
    const { path } = file;
    const oldbin = `${path}.oldbin`;
    const call = `rename() "${path}" to "${oldbin}"`;
    const cleared = clearStale(oldbin, call);
    if (!cleared.ok) return cleared;
    const next = lockFile(`${path}.${Deno.pid}`, PID_FILE_MODE);
    if (!next.ok) return failure({ ...next.error, call });
    const written = next.value.write(`${Deno.pid}\n`);
    if (!written.ok) {
      remove(next.value);
      return written;
    }
    try {
      Deno.linkSync(path, oldbin);
      Deno.renameSync(next.value.path, path);
    } catch (error) {
      remove(next.value);
      return failure(fromDenoError(error, call));
    }
    this.#current = heldFile(file.fd, oldbin);
    this.#next = heldFile(next.value.fd, path);
    return success({ path, fd: next.value.fd });
  }

  /** Ours has its name again, whatever became of the other. */
  restore(): Result<void> {
    const next = this.#next;
    const file = this.#current;
    if (next === undefined || file === undefined) return success(undefined);
    const { path } = next;
    const call = `rename() "${file.path}" to "${path}"`;
    const taken = isLocked(path);
    if (!next.isInPlace() && taken.ok && taken.value) {
      const error = namedError("EAGAIN", call);
      return failure(explain(error, path));
    }
    try {
      Deno.renameSync(file.path, path);
    } catch (error) {
      return failure(fromDenoError(error, call));
    }
    next.close();
    this.#next = undefined;
    this.#current = heldFile(file.fd, path);
    return success(undefined);
  }
}

/** Make room at `.oldbin`: only for what a dead master left. */
function clearStale(oldbin: string, call: string): Result<void> {
  try {
    const { isDirectory, isFile } = Deno.lstatSync(oldbin);
    if (isDirectory) return failure(namedError("EISDIR", call));
    if (!isFile) return failure(namedError("EEXIST", call));
  } catch {
    return success(undefined);
  }
  const locked = isLocked(oldbin);
  if (!locked.ok) return failure({ ...locked.error, call });
  if (locked.value) {
    return failure(explain(namedError("EAGAIN", call), oldbin));
  }
  try {
    Deno.removeSync(oldbin);
    return success(undefined);
  } catch (error) {
    return failure(fromDenoError(error, call));
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
