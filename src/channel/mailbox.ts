/**
 * The mailboxes of a child: a stream socket to each sibling the master has
 * connected it with, frames in and out. What a sibling is told to do, or may
 * say, is not known here.
 *
 * Each pair of siblings has a socket of its own. So garbage is known to be a
 * certain sibling's, and ends the mailbox with that one alone; and one that
 * does not read holds nobody else up.
 *
 * Source: nginx src/os/unix/ngx_process_cycle.c, ngx_channel_handler.
 */

import { Socket } from "node:net";
import { toFd } from "../base/id.ts";
import { takePassed } from "../os/pass.ts";
import { FrameReader } from "./frame.ts";
import type { Handoff, Sibling } from "./message.ts";
import { Outbox } from "./outbox.ts";

/** What becomes of what arrives. */
export interface MailboxHandlers {
  onFrame(value: unknown, from: Sibling): void;
  /** Garbage came; there is nothing to be heard of that sibling any more. */
  onBroken(reason: string, from: Sibling): void;
  /** A sibling is gone, and everything it said was heard. */
  onGone?(sibling: Sibling): void;
  /** Every sibling that asked before this child did is connected. */
  onComplete(): void;
}

/** How long the last words of a sibling that is gone may take. */
const PARTING_MS = 1000;

interface Peer {
  readonly sibling: Sibling;
  readonly socket: Socket;
  readonly outbox: Outbox;
}

/** Every mailbox of this process. */
export class Mailboxes {
  readonly #handlers: MailboxHandlers;
  readonly #handoff: number;
  readonly #peers = new Map<number, Peer>();
  #dropped = 0;
  #waiters: (() => void)[] = [];

  constructor(handoff: number, handlers: MailboxHandlers) {
    this.#handoff = handoff;
    this.#handlers = handlers;
  }

  /** Frames that were dropped because a sibling did not read. */
  get dropped(): number {
    let dropped = this.#dropped;
    for (const { outbox } of this.#peers.values()) dropped += outbox.dropped;
    return dropped;
  }

  /** The siblings there are. */
  get siblings(): readonly Sibling[] {
    return [...this.#peers.values()].map(({ sibling }) => sibling);
  }

  /** The master rang: take what it hands over. */
  receive(): void {
    for (;;) {
      const passed = takePassed(toFd(this.#handoff));
      if (passed === undefined) return;
      const text = new TextDecoder().decode(passed.bytes);
      this.#obey(JSON.parse(text) as Handoff, passed.fd);
    }
  }

  /** Send a frame to every sibling of that role, where it fits. */
  send(frame: Uint8Array<ArrayBuffer>, role: Sibling["role"]): void {
    for (const peer of this.#peers.values()) {
      if (peer.sibling.role !== role || !peer.outbox.offer(frame)) continue;
      this.#write(peer);
    }
  }

  /**
   * Send a frame to every sibling of that role, or to none: false when there
   * is none, or one has no room. Nothing is dropped.
   */
  offer(frame: Uint8Array<ArrayBuffer>, role: Sibling["role"]): boolean {
    const peers = [...this.#peers.values()]
      .filter(({ sibling }) => sibling.role === role);
    const isTaken = peers.length > 0 &&
      peers.every(({ outbox }) => outbox.hasRoomFor(frame));
    if (isTaken) this.send(frame, role);
    return isTaken;
  }

  /** Wait until everything that was kept is with the kernel. */
  async drained(): Promise<void> {
    while (!this.#isEmpty) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  get #isEmpty(): boolean {
    return [...this.#peers.values()].every(({ outbox }) => outbox.isEmpty);
  }

  #obey(message: Handoff, fd: number | undefined): void {
    switch (message.kind) {
      case "open":
        if (fd !== undefined) this.#open(message, fd);
        return;
      case "close":
        return this.#part(message.pid);
      case "complete":
        return this.#handlers.onComplete();
    }
  }

  /** It is gone: what it said last is still read, for a moment. */
  #part(pid: number): void {
    const socket = this.#peers.get(pid)?.socket;
    if (socket === undefined) return;
    socket.end();
    const timer = setTimeout(() => socket.destroy(), PARTING_MS);
    Deno.unrefTimer(timer);
  }

  #open({ slot, pid, role }: Sibling, fd: number): void {
    const sibling = { slot, pid, role };
    const socket = new Socket({ fd, readable: true, writable: true });
    const peer = { sibling, socket, outbox: new Outbox() };
    const reader = new FrameReader();
    this.#peers.set(pid, peer);
    socket.on("data", (chunk: Uint8Array) => {
      const { values, broken } = reader.push(chunk);
      for (const value of values) this.#handlers.onFrame(value, sibling);
      if (broken === undefined) return;
      socket.destroy();
      this.#handlers.onBroken(broken, sibling);
    });
    // Its end is told by "close"; why is of no use here.
    socket.on("error", () => {});
    socket.on("close", () => this.#forget(peer));
    // A mailbox keeps no process alive.
    socket.unref();
  }

  #write(peer: Peer): void {
    const bytes = peer.outbox.take();
    if (bytes === undefined) return;
    peer.socket.write(bytes, () => {
      peer.outbox.written();
      if (this.#peers.get(peer.sibling.pid) !== peer) return;
      this.#write(peer);
      if (peer.outbox.isEmpty) this.#wakeWaiters();
    });
  }

  #forget(peer: Peer): void {
    if (this.#peers.get(peer.sibling.pid) !== peer) return;
    this.#peers.delete(peer.sibling.pid);
    this.#dropped += peer.outbox.dropped;
    this.#wakeWaiters();
    this.#handlers.onGone?.(peer.sibling);
  }

  #wakeWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
