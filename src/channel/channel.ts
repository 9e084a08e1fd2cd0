/**
 * The child's end of its channel: receive what the master says, answer, notice
 * that it is gone. Also what keeps the channel ours: closed on exec, or the
 * worker's own children would hold it open past the worker's death, and out of
 * sight of the app.
 *
 * It decides nothing: what a message means is core/worker.ts's business.
 */

import process from "node:process";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { setCloseOnExec } from "../os/fd.ts";
import { checkToChild, type FromChild, type ToChild } from "./message.ts";

/** What becomes of what arrives. */
export interface ChannelHandlers {
  readonly onMessage: (message: ToChild) => void;
  /** Something came that is no message; the channel stays open. */
  readonly onBroken: (reason: string) => void;
  /** The other end is closed: the master is gone. Called once, the last. */
  readonly onClosed: () => void;
}

/** An open channel to the master. */
export interface Channel {
  /**
   * Send; a message the master cannot get any more is dropped. The last one
   * before our end needs nothing more: the master reads the channel to its end
   * before it hears of ours (os/child.ts).
   */
  send(message: FromChild): void;
  /**
   * The same for a process that has only just begun: there the runtime does
   * not write before the event loop turns, so wait for it.
   */
  sendEarly(message: FromChild): Promise<void>;
}

/** No write to a local socket takes that long. */
const EARLY_WORD_MS = 1000;

/** The number the runtime's IPC socket has in a child. */
const CHANNEL_FD = toFd(3);

/** Keep the channel out of programs that this process executes. */
export function guardChannel(): Result<number> {
  return setCloseOnExec(CHANNEL_FD, true);
}

/** Whether this process was spawned with a channel. */
export function hasChannel(): boolean {
  return process.connected === true && typeof process.send === "function";
}

/** Take over the channel; `hasChannel` must hold. */
export function openChannel(handlers: ChannelHandlers): Channel {
  const send = process.send?.bind(process);
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    handlers.onClosed();
  };
  process.on("message", (value: unknown) => {
    const received = checkToChild(value);
    if (received.ok) handlers.onMessage(received.message);
    else handlers.onBroken(received.reason);
  });
  process.on("disconnect", close);
  hideChannel();
  const tell = (message: FromChild, onSent = (): void => {}): void => {
    if (!isOpen || send === undefined) return onSent();
    try {
      send(message, undefined, undefined, () => onSent());
    } catch {
      // The master died a moment ago; `disconnect` says so next.
      onSent();
    }
  };
  return {
    send: (message) => tell(message),
    sendEarly: (message) =>
      new Promise<void>((resolve) => {
        tell(message, resolve);
        setTimeout(resolve, EARLY_WORD_MS);
      }),
  };
}

/**
 * An app that finds process.send believes that its own parent forked it and
 * talks to the master in its own words: take it away. The other properties
 * must stay: the runtime's reading of the channel looks at them.
 */
function hideChannel(): void {
  Object.defineProperty(process, "send", {
    value: undefined,
    writable: true,
    configurable: true,
  });
}
