/**
 * The daemon's end of its start: the command that started it waits, relays
 * what is said meanwhile to its terminal, and returns when it hears the word.
 * Both go over the daemon's first stderr, a pipe, so nothing is left of it
 * once stderr is the log. If the start command is gone before the word, the
 * parent-death signal says so.
 *
 * Sources: man 2 prctl (PR_SET_PDEATHSIG), man 7 daemon; nginx
 * src/os/unix/ngx_daemon.c.
 */

import type { Fd, Pid } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import { ABI } from "./abi.ts";
import { setParentDeathSignal } from "./credential.ts";
import { check } from "./errno.ts";
import { closeFd } from "./fd.ts";
import { libc } from "./libc.ts";
import { onSignal } from "./signal.ts";
import type { Stderr } from "./stderr.ts";

/** The word: ASCII's "acknowledge", which no text for an operator holds. */
export const READY_WORD = "\x06";

/**
 * Ignored unless somebody listens, and sent by nobody else. The kernel sends
 * it for each thread of the parent that ends, the last one included.
 */
const GONE_SIGNAL = "SIGURG";
const GONE_SIGNO = 23;

/** Between two looks at a parent of which a thread has ended. */
const LOOK_AGAIN_MS = 20;

/** Whoever waits for this daemon to be ready. */
export class Starter {
  readonly #pid: Pid;
  #terminal: Fd | undefined;
  #forget: (() => void) | undefined;

  /** `stderr` still is the pipe to it. */
  constructor(pid: Pid, stderr: Stderr) {
    this.#pid = pid;
    const kept = stderr.keep();
    if (kept.ok) this.#terminal = kept.value;
  }

  /** Call `onLost` if the start command is gone before `release`. */
  watch(onLost: () => void): Result<void> {
    let isOver = false;
    const look = (): void => {
      if (isOver) return;
      if (libc.getppid() === this.#pid) {
        setTimeout(look, LOOK_AGAIN_MS);
        return;
      }
      isOver = true;
      onLost();
    };
    const stop = onSignal(GONE_SIGNAL, look);
    this.#forget = () => {
      isOver = true;
      stop();
    };
    const guarded = setParentDeathSignal(GONE_SIGNO, this.#pid);
    if (!guarded.ok) return guarded;
    if (!guarded.value) look();
    return success(undefined);
  }

  /** A text for the terminal of the start command, while there is one. */
  say(text: string): void {
    if (this.#terminal === undefined) return;
    const bytes = new TextEncoder().encode(text);
    libc.write(this.#terminal, bytes, BigInt(bytes.byteLength));
  }

  /** The word: it may return. Nothing is left of it here. */
  release(): void {
    if (this.#terminal === undefined) return;
    check(
      libc.prctl(ABI.PR_SET_PDEATHSIG, 0n, 0n, 0n, 0n),
      "prctl(PR_SET_PDEATHSIG)",
    );
    this.#forget?.();
    this.say(READY_WORD);
    closeFd(this.#terminal);
    this.#terminal = undefined;
  }
}
