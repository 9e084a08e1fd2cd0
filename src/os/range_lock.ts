/**
 * Locks on single bytes of one file: as many locks as there are numbers, with
 * no file for each, and the kernel lets go of those of a process that died.
 * They belong to the open file, so two of them in one process exclude each
 * other as those of two processes do.
 *
 * Source: man 2 fcntl, "Open file description locks".
 */

import type { Fd } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { ABI, cString, hasNul, LAYOUT } from "./abi.ts";
import { check, namedError } from "./errno.ts";
import { closeFd } from "./fd.ts";
import { libc } from "./libc.ts";

/** The locks of one file, by number, each below 2^63. */
export class RangeLocks {
  readonly #fd: Fd;
  readonly #path: string;
  readonly #lock = new DataView(new ArrayBuffer(LAYOUT.flock.size));

  constructor(fd: Fd, path: string) {
    this.#fd = fd;
    this.#path = path;
  }

  /** Take it if nobody has it; false: somebody has. Never waits. */
  tryLock(number: bigint): Result<boolean> {
    const locked = this.#call(ABI.F_OFD_SETLK, ABI.F_WRLCK, number);
    if (locked.ok) return success(true);
    return locked.error.code === "EAGAIN" ? success(false) : locked;
  }

  /** Whether somebody else has it. */
  isLocked(number: bigint): Result<boolean> {
    const asked = this.#call(ABI.F_OFD_GETLK, ABI.F_WRLCK, number);
    if (!asked.ok) return asked;
    return success(
      this.#lock.getInt16(LAYOUT.flock.type, true) !== ABI.F_UNLCK,
    );
  }

  /** Give it back. */
  unlock(number: bigint): void {
    this.#call(ABI.F_OFD_SETLK, ABI.F_UNLCK, number);
  }

  /** Gives all of them back. */
  close(): void {
    closeFd(this.#fd);
  }

  #call(command: number, type: number, number: bigint): Result<number> {
    const { flock } = LAYOUT;
    // Everything else is 0: from the file's start, no process id.
    this.#lock.setInt16(flock.type, type, true);
    this.#lock.setInt16(flock.type + 2, ABI.SEEK_SET, true);
    this.#lock.setBigInt64(flock.start, number, true);
    this.#lock.setBigInt64(flock.length, 1n, true);
    this.#lock.setInt32(flock.length + 8, 0, true);
    return check(
      libc.fcntlLock(this.#fd, command, this.#lock),
      `fcntl(F_OFD_SETLK) "${this.#path}"`,
    );
  }
}

/** Open the locks of a file; it is made when it is not there. */
export function openRangeLocks(path: string): Result<RangeLocks> {
  const call = `open() "${path}"`;
  if (hasNul(path)) return failure(namedError("EINVAL", call));
  const flags = ABI.O_RDWR | ABI.O_CREAT | ABI.O_CLOEXEC | ABI.O_NOFOLLOW;
  const opened = check(libc.open(cString(path), flags, 0o600), call);
  return opened.ok ? success(new RangeLocks(toFd(opened.value), path)) : opened;
}
