/**
 * Files that need more than the runtime offers: a file locked for the life of
 * its owner (the pid file), and small changes of owner and mode.
 *
 * A lock is on the opened file, not on its name. So whoever gets it looks
 * whether the name still means that file: else it has locked something that
 * was removed or replaced between open and flock, and tries again.
 *
 * Sources: man 2 flock, man 2 open; nginx src/core/ngx_cycle.c,
 * ngx_create_pidfile.
 */

import type { Fd, Gid, Uid } from "../base/id.ts";
import { toFd, toGid } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { ABI, cString, hasNul } from "./abi.ts";
import { check, fromDenoError, namedError } from "./errno.ts";
import { closeFd, moveUp } from "./fd.ts";
import { libc } from "./libc.ts";
import { LISTENER_FD_MIN } from "./socket.ts";

/** Each try needs somebody to replace the file meanwhile. */
const LOCK_TRIES_MAX = 10;

/** chown(2): leave the group as it is. */
const GROUP_UNCHANGED = toGid(-1);

/** A file this process holds the lock of, until it closes it or ends. */
export interface LockedFile {
  readonly fd: Fd;
  readonly path: string;
  /** Replace the content and bring it to disk. */
  write(text: string): Result<void>;
  /** Whether the path still means this file. */
  isInPlace(): boolean;
  /** Give up the lock; the file stays. */
  close(): void;
}

/**
 * Open or create `path` and lock it, keeping its content. EAGAIN: somebody
 * else holds the lock. A symbolic link is refused (ELOOP).
 */
export function lockFile(path: string, mode: number): Result<LockedFile> {
  const call = `open() "${path}"`;
  if (hasNul(path)) return failure(namedError("EINVAL", call));
  const flags = ABI.O_RDWR | ABI.O_CREAT | ABI.O_CLOEXEC | ABI.O_NOFOLLOW |
    ABI.O_NONBLOCK;
  for (let tries = 0; tries < LOCK_TRIES_MAX; tries++) {
    const opened = check(libc.open(cString(path), flags, mode), call);
    if (!opened.ok) return opened;
    // Clear of the numbers that a spawn gives to a child: a new master
    // inherits the lock with its descriptor.
    const moved = moveUp(toFd(opened.value), LISTENER_FD_MIN);
    if (!moved.ok) return moved;
    const fd = moved.value;
    const locked = lock(fd, ABI.LOCK_EX, path);
    if (!locked.ok) {
      closeFd(fd);
      return locked;
    }
    if (isSameFile(fd, path)) return success(heldFile(fd, path));
    closeFd(fd);
  }
  return failure(namedError("EBUSY", call));
}

/**
 * Whether somebody holds the lock of `path`; a file that is not there is not
 * locked. Creates nothing. Holds a shared lock for a moment.
 */
export function isLocked(path: string): Result<boolean> {
  const call = `open() "${path}"`;
  if (hasNul(path)) return failure(namedError("EINVAL", call));
  const flags = ABI.O_RDONLY | ABI.O_CLOEXEC | ABI.O_NOFOLLOW | ABI.O_NONBLOCK;
  const opened = check(libc.open(cString(path), flags, 0), call);
  if (!opened.ok) {
    return opened.error.code === "ENOENT" ? success(false) : opened;
  }
  const fd = toFd(opened.value);
  const locked = lock(fd, ABI.LOCK_SH, path);
  closeFd(fd);
  if (locked.ok) return success(false);
  return locked.error.code === "EAGAIN" ? success(true) : locked;
}

function lock(fd: Fd, kind: number, path: string): Result<number> {
  return check(libc.flock(fd, kind | ABI.LOCK_NB), `flock() "${path}"`);
}

/** The file with that lock under another name, or in another process. */
export function heldFile(fd: Fd, path: string): LockedFile {
  return {
    fd,
    path,
    write: (text) => rewrite({ fd, path }, text),
    isInPlace: () => isSameFile(fd, path),
    close: () => void closeFd(fd),
  };
}

function rewrite(
  { fd, path }: { readonly fd: Fd; readonly path: string },
  text: string,
): Result<void> {
  const bytes = new TextEncoder().encode(text);
  let result = check(libc.ftruncate(fd, 0n), `ftruncate() "${path}"`);
  if (result.ok) {
    result = check(libc.lseek(fd, 0n, ABI.SEEK_SET), `lseek() "${path}"`);
  }
  // Only a full disk makes a write this small a partial one.
  if (result.ok) {
    result = check(
      libc.write(fd, bytes, BigInt(bytes.byteLength)),
      `write() to "${path}"`,
    );
  }
  if (result.ok && result.value !== bytes.byteLength) {
    return failure(namedError("ENOSPC", `write() to "${path}"`));
  }
  if (result.ok) result = check(libc.fsync(fd), `fsync() "${path}"`);
  return result.ok ? success(undefined) : result;
}

function isSameFile(fd: Fd, path: string): boolean {
  try {
    const opened = Deno.statSync(`/proc/self/fd/${fd}`);
    const named = Deno.lstatSync(path);
    return opened.dev === named.dev && opened.ino === named.ino;
  } catch {
    return false;
  }
}

/** Open `path` for appending; created with `mode` if it is not there. */
export function openAppend(path: string, mode: number): Result<Deno.FsFile> {
  try {
    return success(
      Deno.openSync(path, { append: true, create: true, mode }),
    );
  } catch (error) {
    return failure(fromDenoError(error, `open() "${path}"`));
  }
}

/**
 * Make the folder `path` with `mode` if nothing is there; the umask applies.
 * Its parent must be there.
 */
export function makeFolder(path: string, mode: number): Result<void> {
  const call = `mkdir() "${path}"`;
  try {
    Deno.mkdirSync(path, { mode });
    return success(undefined);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      return failure(fromDenoError(error, call));
    }
  }
  try {
    return Deno.statSync(path).isDirectory
      ? success(undefined)
      : failure(namedError("ENOTDIR", call));
  } catch (error) {
    return failure(fromDenoError(error, `stat() "${path}"`));
  }
}

/**
 * Let `owner` use the folder `path` as its own: it owns it, and may do
 * everything with it. Nothing is changed that is so already.
 */
export function giveFolder(path: string, owner: Uid): Result<void> {
  try {
    const { uid, mode } = Deno.statSync(path);
    if (uid !== owner) Deno.chownSync(path, owner, null);
    const bits = (mode ?? 0) & 0o7777;
    if ((bits & 0o700) !== 0o700) Deno.chmodSync(path, bits | 0o700);
    return success(undefined);
  } catch (error) {
    return failure(fromDenoError(error, `chown() "${path}"`));
  }
}

/** Give `path` to a user and group; -1 keeps the one it has. */
export function chownPath(
  path: string,
  { uid, gid }: { readonly uid: Uid; readonly gid: Gid },
): Result<void> {
  try {
    Deno.chownSync(path, uid, gid);
    return success(undefined);
  } catch (error) {
    return failure(fromDenoError(error, `chown() "${path}"`));
  }
}

/** Set the permission bits of `path`. */
export function setMode(path: string, mode: number): Result<void> {
  try {
    Deno.chmodSync(path, mode);
    return success(undefined);
  } catch (error) {
    return failure(fromDenoError(error, `chmod() "${path}"`));
  }
}

/**
 * Let the owner of `path` read and write it, as nginx does with logs it hands
 * to its workers (src/core/ngx_cycle.c, ngx_reopen_files).
 */
export function makeWritable(path: string): Result<void> {
  try {
    const { mode } = Deno.statSync(path);
    const wanted = ((mode ?? 0) & 0o7777) | 0o600;
    if (mode === null || (mode & 0o7777) !== wanted) {
      Deno.chmodSync(path, wanted);
    }
    return success(undefined);
  } catch (error) {
    return failure(fromDenoError(error, `chmod() "${path}"`));
  }
}

/**
 * Make sure that a log is there and that its user can open it: what a root
 * master does for workers that are somebody else. The group stays.
 */
export function giveLog(
  path: string,
  { uid, mode }: { readonly uid: Uid; readonly mode: number },
): Result<void> {
  const opened = openAppend(path, mode);
  if (!opened.ok) return opened;
  opened.value.close();
  const given = chownPath(path, { uid, gid: GROUP_UNCHANGED });
  return given.ok ? makeWritable(path) : given;
}
