/**
 * Ends of processes whose parent the master is, as events; and reaping those
 * that the core says are orphans. Decides nothing: who ended is looked at on
 * SIGCHLD, and again for as long as somebody is there, because one who is
 * reaped by the runtime in a moment hides the others (os/reap.ts).
 *
 * nginx: src/os/unix/ngx_process.c, ngx_process_get_status.
 */

import type { Pid } from "../base/id.ts";
import { monotonicNow } from "../os/clock.ts";
import { peekEnded, reapProcess } from "../os/reap.ts";
import { onSignal } from "../os/signal.ts";
import type { Inbox } from "./gather.ts";

/** Between two looks at somebody who is not reaped yet. */
const PEEK_AGAIN_MS = 50;

/** Who ended, and reaping. */
export class Orphans {
  readonly #inbox: Inbox;
  readonly #patienceMs: number;
  #seen: { readonly process: Pid; readonly atMs: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * `patienceMs`: who has ended is told when nobody reaped it for as long. In
   * a single process the app has children of its own, which the runtime reaps
   * a moment after their end and which nobody but the app knows.
   */
  constructor(inbox: Inbox, patienceMs: number) {
    this.#inbox = inbox;
    this.#patienceMs = patienceMs;
  }

  /** Tell the inbox from now on, also of those who ended before. */
  watch(): void {
    onSignal("SIGCHLD", () => this.#peek());
    this.#peekLater();
  }

  /** Reap an orphan, and look for the next. */
  reap(process: Pid): void {
    const reaped = reapProcess(process);
    if (reaped.ok) {
      this.#inbox.push({ kind: "orphanReaped", process, exit: reaped.value });
      this.#peek();
    }
  }

  #peek(): void {
    const process = peekEnded();
    if (process === undefined) return;
    const nowMs = monotonicNow();
    if (this.#seen?.process !== process) this.#seen = { process, atMs: nowMs };
    if (nowMs - this.#seen.atMs >= this.#patienceMs) {
      this.#inbox.push({ kind: "processEnded", process });
    }
    this.#peekLater();
  }

  #peekLater(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#peek();
    }, PEEK_AGAIN_MS);
  }
}
