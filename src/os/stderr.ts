/**
 * This process's stderr, to be put elsewhere while it runs: descriptor 2 and
 * the copies that the runtime makes of it at its start, which would keep the
 * old file or terminal open and go on being written to.
 *
 * Sources: man 2 dup3; nginx src/core/ngx_log.c, ngx_log_redirect_stderr.
 */

import type { Fd } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import { ABI, cString } from "./abi.ts";
import { check } from "./errno.ts";
import { closeFd, listOpenFds } from "./fd.ts";
import { libc } from "./libc.ts";

const STDERR = toFd(2);

/** nginx's mode for log files; the umask applies. */
const LOG_FILE_MODE = 0o644;

/** Where stderr goes. */
export class Stderr {
  readonly #fds: readonly Fd[];

  /** Must be made before another descriptor of the same file is opened. */
  constructor() {
    const open = listOpenFds();
    const target = open.find(({ fd }) => fd === STDERR)?.target;
    this.#fds = open
      .filter(({ fd, ...one }) => fd >= STDERR && one.target === target)
      .map(({ fd }) => fd);
  }

  /** Another descriptor of where stderr goes now, close-on-exec. */
  keep(): Result<Fd> {
    const kept = check(
      libc.fcntl(STDERR, ABI.F_DUPFD_CLOEXEC, STDERR + 1),
      "fcntl(F_DUPFD_CLOEXEC)",
    );
    return kept.ok ? success(toFd(kept.value)) : kept;
  }

  /** Append to `path` from now on. */
  redirect(path: string): Result<void> {
    const flags = ABI.O_WRONLY | ABI.O_APPEND | ABI.O_CREAT | ABI.O_CLOEXEC;
    const opened = check(
      libc.open(cString(path), flags, LOG_FILE_MODE),
      `open() "${path}"`,
    );
    if (!opened.ok) return opened;
    const file = toFd(opened.value);
    let done: Result<number> = success(0);
    for (const fd of this.#fds) {
      const keeps = fd === STDERR ? 0 : ABI.O_CLOEXEC;
      const moved = check(libc.dup3(file, fd, keeps), "dup3(STDERR)");
      if (!moved.ok) done = moved;
    }
    closeFd(file);
    return done.ok ? success(undefined) : done;
  }
}
