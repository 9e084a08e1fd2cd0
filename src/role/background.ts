/**
 * What a master in the background has that others have not: a log for stderr,
 * and at first somebody who waits for it to be ready. A new master that
 * replaces a daemon is one, too, and nobody waits for it here.
 *
 * nginx: src/os/unix/ngx_daemon.c; src/core/ngx_log.c,
 * ngx_log_redirect_stderr.
 */

import type { Pid } from "../base/id.ts";
import type { Level } from "../base/level.ts";
import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import { formatEarlyLine } from "../log/line.ts";
import { Starter } from "../os/starter.ts";
import { Stderr } from "../os/stderr.ts";

/**
 * Not nginx's 0: our own files have modes of their own, and what an app writes
 * should not be everybody's to change. man 2 umask
 */
const DAEMON_UMASK = 0o022;

/** The background of one master. */
export class Background {
  readonly #stderr = new Stderr();
  readonly #starter: Starter | undefined;

  /** `starter` is the start command that waits, if one does. */
  constructor(starter: Pid | undefined) {
    Deno.umask(DAEMON_UMASK);
    this.#starter = starter && new Starter(starter, this.#stderr);
  }

  /** Call `onLost` if the start command goes away before it may. */
  watch(onLost: () => void): Result<void> {
    return this.#starter?.watch(onLost) ?? success(undefined);
  }

  /** stderr is that log from now on; undefined: it stays what it is. */
  follow(path: string | undefined): Result<void> {
    return path === undefined
      ? success(undefined)
      : this.#stderr.redirect(path);
  }

  /** For the terminal of the start command, while there is one. */
  say(level: Level, text: string): void {
    this.#starter?.say(formatEarlyLine(level, text));
  }

  /** Every worker is ready: the start command may return. */
  release(): void {
    this.#starter?.release();
  }
}
