/**
 * What a worker has of its siblings: the mailboxes, once there is a reason to
 * have any, and what apps broadcast over them. Asked for when an app opens the
 * first channel; what is sent before everybody is connected waits, within the
 * backlog of one sibling. Decides nothing.
 */

import type { Broadcast, Carrier } from "../app/broadcast.ts";
import { Broadcasts } from "../app/broadcast.ts";
import { BACKLOG_BYTES_MAX, Outbox } from "../channel/outbox.ts";
import type { ZoneNotice } from "../cache/notice.ts";
import type { FromChild } from "../channel/message.ts";
import { encodeFrame } from "../channel/frame.ts";
import type { Mailboxes } from "../channel/mailbox.ts";
import type { Level } from "../base/level.ts";
import type { PoolChannel } from "../app/app.ts";

/** A worker that ends waits so long for a sibling to read. */
const SENT_MS = 500;

/** What the siblings need of the worker. */
export interface SiblingsHost {
  /** The handoff socket's number, once known. */
  readonly handoff: Promise<number>;
  tell(message: FromChild): void;
  log(level: Level, text: string): void;
}

/** The siblings of this worker. */
export class Siblings implements Carrier {
  readonly #host: SiblingsHost;
  readonly #broadcasts = new Broadcasts(this);
  readonly #complete = Promise.withResolvers<void>();
  /** What waits until everybody is connected. */
  readonly #held = new Outbox();
  #mailboxes: Promise<Mailboxes> | undefined;
  #loaded: Mailboxes | undefined;
  /** Set when everybody is connected. */
  #open: Mailboxes | undefined;
  #hasAsked = false;
  #hasSaidDropped = false;

  constructor(host: SiblingsHost) {
    this.#host = host;
  }

  /** A channel to every worker of the pool. */
  broadcast(name: string): PoolChannel {
    if (!this.#hasAsked) {
      this.#hasAsked = true;
      this.#host.tell({ kind: "mesh" });
    }
    return this.#broadcasts.open(name);
  }

  /** Tell the cache manager; false: there is none, or no room. */
  sendToManager(notice: ZoneNotice): boolean {
    const frame = encodeFrame(notice);
    // Longer than a frame can be: nobody will ever take it.
    if (frame === undefined) return true;
    return this.#loaded?.offer(frame, "cache_manager") ?? false;
  }

  /** Wait until everything is with the kernel, but for no sibling long. */
  async sent(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, SENT_MS);
    await Promise.race([promise, this.#loaded?.drained()]);
    clearTimeout(timer);
  }

  /** The master rang. */
  async receive(): Promise<void> {
    this.#mailboxes ??= this.#load();
    this.#loaded = await this.#mailboxes;
    this.#loaded.receive();
  }

  send(message: Broadcast): boolean {
    const frame = encodeFrame(message);
    if (frame === undefined) return false;
    if (this.#open === undefined) this.#held.offer(frame);
    else this.#open.send(frame, "worker");
    this.#sayDropped();
    return true;
  }

  async drained(): Promise<void> {
    if (!this.#hasAsked) return;
    await this.#complete.promise;
    await this.#open?.drained();
  }

  get dropped(): number {
    return this.#held.dropped + (this.#open?.dropped ?? 0);
  }

  async #load(): Promise<Mailboxes> {
    const { Mailboxes } = await import("../channel/mailbox.ts");
    const mailboxes = new Mailboxes(await this.#host.handoff, {
      onFrame: (value, { pid }) => {
        if (this.#broadcasts.receive(value)) return;
        this.#host.log("error", `worker process ${pid} sent no broadcast`);
      },
      onBroken: (reason, { pid }) =>
        this.#host.log(
          "error",
          `mailbox of process ${pid} carried garbage (${reason}), closing it`,
        ),
      onComplete: () => this.#onComplete(mailboxes),
    });
    return mailboxes;
  }

  #onComplete(mailboxes: Mailboxes): void {
    if (this.#open !== undefined) return;
    this.#open = mailboxes;
    for (
      let frames = this.#held.take();
      frames !== undefined;
      frames = this.#held.take()
    ) {
      this.#held.written();
      mailboxes.send(frames, "worker");
    }
    this.#complete.resolve();
  }

  /** Once is enough: a program that posts on and on would fill the disk. */
  #sayDropped(): void {
    if (this.#hasSaidDropped || this.dropped === 0) return;
    this.#hasSaidDropped = true;
    const text = `more than ${BACKLOG_BYTES_MAX} bytes wait for a worker ` +
      "that does not read: broadcasts to it are dropped";
    this.#host.log("warn", text);
  }
}
