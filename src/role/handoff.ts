/**
 * The master's end of a child's handoff socket: messages and mailboxes for one
 * child, in order. What a stopped child has no room for waits here and is
 * tried again; the child's channel only rings. Decides nothing.
 */

import type { Fd } from "../base/id.ts";
import type { Handoff } from "../channel/message.ts";
import { closeFd } from "../os/fd.ts";
import { pass } from "../os/pass.ts";

/** How soon a full socket is tried again. */
const RETRY_MS = 50;

/** More than the process table can cause: everybody came and went. */
const WAITING_MAX = 4096;

interface Item {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fd: Fd | undefined;
}

/** What is handed over to one child. */
export class HandoffQueue {
  readonly #socket: Fd;
  readonly #ring: (onFailed: () => void) => void;
  #waiting: Item[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** `ring` tells the child to look; it says when it could not. */
  constructor(socket: Fd, ring: (onFailed: () => void) => void) {
    this.#socket = socket;
    this.#ring = ring;
  }

  /** Hand a message over, and a descriptor, which is closed here. */
  give(message: Handoff, fd?: Fd): void {
    const bytes = new TextEncoder().encode(JSON.stringify(message));
    if (this.#isClosed || this.#waiting.length >= WAITING_MAX) {
      if (fd !== undefined) closeFd(fd);
      return;
    }
    this.#waiting.push({ bytes, fd });
    this.#flush();
  }

  /** The child is gone. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { fd } of this.#waiting) if (fd !== undefined) closeFd(fd);
    this.#waiting = [];
    closeFd(this.#socket);
  }

  #flush(): void {
    if (this.#isClosed) return;
    let sent = 0;
    for (const item of this.#waiting) {
      const passed = pass(this.#socket, item);
      if (!passed.ok && passed.error.code === "EAGAIN") break;
      // Anything else: nobody will read it; the child's exit follows.
      if (item.fd !== undefined) closeFd(item.fd);
      sent += 1;
    }
    this.#waiting.splice(0, sent);
    if (sent > 0) this.#ring(() => this.#tryAgain(() => this.#ringAgain()));
    if (this.#waiting.length > 0) this.#tryAgain(() => this.#flush());
  }

  #ringAgain(): void {
    if (this.#isClosed) return;
    this.#ring(() => this.#tryAgain(() => this.#ringAgain()));
  }

  #tryAgain(act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      act();
      // The one timer may have replaced the other's.
      if (this.#waiting.length > 0) this.#flush();
    }, RETRY_MS);
  }
}
