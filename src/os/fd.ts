/**
 * File descriptors: flags, moving, closing, and a list of those that are open.
 * Every fd of ours is close-on-exec; `child.ts` clears that around a spawn for
 * just the ones the child is to inherit.
 *
 * Sources: man 2 fcntl, man 2 close, man 5 proc.
 */

import type { Fd } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { ABI } from "./abi.ts";
import { check } from "./errno.ts";
import { libc } from "./libc.ts";

/** Whether a program executed by this process loses `fd`. */
export function setCloseOnExec(fd: Fd, on: boolean): Result<number> {
  return check(
    libc.fcntl(fd, ABI.F_SETFD, on ? ABI.FD_CLOEXEC : 0),
    on ? "fcntl(FD_CLOEXEC)" : "fcntl(~FD_CLOEXEC)",
  );
}

/** Reads and writes on `fd` return EAGAIN instead of waiting. */
export function setNonblocking(fd: Fd): Result<number> {
  const flags = check(libc.fcntl(fd, ABI.F_GETFL, 0), "fcntl(F_GETFL)");
  if (!flags.ok) return flags;
  return check(
    libc.fcntl(fd, ABI.F_SETFL, flags.value | ABI.O_NONBLOCK),
    "fcntl(O_NONBLOCK)",
  );
}

/**
 * Close `fd`. It is gone even when an error comes back: on Linux close must
 * not be repeated, for the number may be another's by then.
 */
export function closeFd(fd: Fd): Result<number> {
  return check(libc.close(fd), `close() socket #${fd}`);
}

/**
 * The same file at the lowest free number from `minimum` on, close-on-exec;
 * `fd` itself is closed, also when that fails. Keeps clear of the numbers that
 * a spawn gives to the child's stdio and channel.
 */
export function moveUp(fd: Fd, minimum: number): Result<Fd> {
  const moved = check(
    libc.fcntl(fd, ABI.F_DUPFD_CLOEXEC, minimum),
    `fcntl(F_DUPFD_CLOEXEC, ${minimum})`,
  );
  closeFd(fd);
  return moved.ok ? { ok: true, value: toFd(moved.value) } : moved;
}

/** Another descriptor of the same open file, close-on-exec. */
export function duplicate(fd: Fd): Result<Fd> {
  const copied = check(
    libc.fcntl(fd, ABI.F_DUPFD_CLOEXEC, 3),
    "fcntl(F_DUPFD_CLOEXEC)",
  );
  return copied.ok ? { ok: true, value: toFd(copied.value) } : copied;
}

/** An open file descriptor and what /proc says it is. */
export interface OpenFd {
  readonly fd: Fd;
  /** "socket:[4711]", "/var/log/error.log", "anon_inode:[eventpoll]". */
  readonly target: string;
}

/** All open fds of this process, or of `pid`, in order; for leak checks. */
export function listOpenFds(pid: number | "self" = "self"): readonly OpenFd[] {
  const folder = `/proc/${pid}/fd`;
  const open: OpenFd[] = [];
  try {
    for (const entry of [...Deno.readDirSync(folder)]) {
      const target = linkTarget(`${folder}/${entry.name}`);
      // The one readDirSync used is closed again by now.
      if (target === undefined) continue;
      open.push({ fd: toFd(Number(entry.name)), target });
    }
  } catch {
    return [];
  }
  return open.sort((left, right) => left.fd - right.fd);
}

/** The numbers of all open fds of this process; cheaper than listOpenFds. */
export function openFdNumbers(): ReadonlySet<number> {
  try {
    const entries = [...Deno.readDirSync("/proc/self/fd")];
    return new Set(entries.map(({ name }) => Number(name)));
  } catch {
    return new Set();
  }
}

/**
 * Close the sockets that are not in `known` and whose other end is closed:
 * what a spawn that failed leaves behind. Nothing when `known` is empty.
 */
export function closeHungUp(known: ReadonlySet<number>): void {
  if (known.size === 0) return;
  const byte = new Uint8Array(1);
  const flags = ABI.MSG_PEEK | ABI.MSG_DONTWAIT;
  for (const { fd, target } of listOpenFds()) {
    if (known.has(fd) || !target.startsWith("socket:")) continue;
    if (libc.recv(fd, byte, 1n, flags) === 0n) closeFd(fd);
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}
