/**
 * The living children by slot: spawning them, telling them, signalling them,
 * and turning what they do into events. Identity is (slot, generation, pid);
 * an effect for a child that is no longer there does nothing.
 *
 * Decides nothing. Nothing a child says is trusted: what is no message is
 * `channelBroken`.
 */

import type { Fd, SlotIndex } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import type { HelperInit, Init, Sibling, ToChild } from "../channel/message.ts";
import type { PoolConfig } from "../config/config.ts";
import type { MasterEffect } from "../core/master/effect.ts";
import type { ChildRef, MasterEvent } from "../core/master/event.ts";
import type { Child } from "../os/child.ts";
import { spawnChild } from "../os/child.ts";
import { closeFd } from "../os/fd.ts";
import { openHandoffPair, openMailboxPair } from "../os/pass.ts";
import { refusalOf } from "./app_config.ts";
import { messageEvent } from "./child_event.ts";
import type { Inbox } from "./gather.ts";
import type { Self } from "./handover.ts";
import { HandoffQueue } from "./handoff.ts";
import { childCommand, childEnv, moduleOf } from "./handover.ts";
import type { Birth, SpawnEffect } from "./spawner.ts";

/** A child and what it was given. */
interface Entry {
  readonly ref: ChildRef;
  readonly child: Child;
  readonly init: Init | HelperInit;
  readonly handoff: HandoffQueue;
}

/**
 * How long a worker goes on accepting whose socket loses its last reader:
 * connections that were on their way when the kernel was told to send new
 * ones elsewhere have arrived by then.
 */
export const LINGER_MS = 200;

/** What a master does at moments of its children, and what it is. */
export interface ChildrenHooks {
  /** It is a daemon: their stderr is the error log. */
  readonly logsStderr: boolean;
  /** A child's sockets are free. */
  onGone(): void;
  /** What a child could not say itself, for the log. */
  onExplained(reason: string): void;
}

/** How Deno ends when it does not come to running us. */
const DENO_FAILED = 1;

/** Whom the master tells what to do, wherever they live. */
export type ChildrenPort = Pick<
  Children,
  | "isHeld"
  | "spawn"
  | "send"
  | "kill"
  | "openMailboxes"
  | "closeMailboxes"
>;

/** Every child of this master. */
export class Children {
  readonly #entries = new Map<SlotIndex, Entry>();
  readonly #inbox: Inbox;
  readonly #self: Self;
  readonly #hooks: ChildrenHooks;

  constructor(inbox: Inbox, self: Self, hooks: ChildrenHooks) {
    this.#inbox = inbox;
    this.#self = self;
    this.#hooks = hooks;
  }

  /** Whether a living child inherited that socket. */
  isHeld(fd: Fd): boolean {
    return [...this.#entries.values()].some(({ init }) =>
      init.role === "worker" &&
      init.listeners.some((listener) => listener.fd === fd)
    );
  }

  /** Start a child; what cannot be given to it is why it is not started. */
  spawn({ slot, generation }: SpawnEffect, birth: Result<Birth>): void {
    if (!birth.ok) {
      const { error } = birth;
      this.#inbox.push({ kind: "spawnFailed", slot, generation, error });
      return;
    }
    const handoff = openHandoffPair();
    if (!handoff.ok) {
      const { error } = handoff;
      this.#inbox.push({ kind: "spawnFailed", slot, generation, error });
      return;
    }
    const [near, far] = handoff.value;
    const { env, pool, listeners } = birth.value;
    const { logsStderr } = this.#hooks;
    const told = { handoff: far, ...logsStderr ? { logsStderr } : {} };
    const init = { ...birth.value.init, ...told };
    // What the handlers know once the kernel has answered.
    const born: { ref?: ChildRef; spoke?: true } = {};
    const tell = (make: (ref: ChildRef) => MasterEvent): void => {
      if (born.ref !== undefined) this.#inbox.pushMessage(make(born.ref));
    };
    spawnChild({
      command: childCommand(this.#self, init.role, pool && moduleOf(pool)),
      env: childEnv(Deno.env.toObject(), env),
      inherit: [...listeners.map(({ fd }) => toFd(fd)), far],
    }, {
      onSpawned: (child) => {
        const ref = { slot, generation, pid: child.pid };
        born.ref = ref;
        closeFd(far);
        const handoff = new HandoffQueue(
          near,
          (onFailed) => child.send({ kind: "handoff" }, onFailed),
        );
        this.#entries.set(slot, { ref, child, init, handoff });
        this.#inbox.push({ kind: "childSpawned", ...ref });
      },
      onSpawnFailed: (error) => {
        closeFd(near);
        closeFd(far);
        this.#inbox.push({ kind: "spawnFailed", slot, generation, error });
      },
      onMessage: (value) => {
        born.spoke = true;
        tell((ref) => messageEvent(value, ref, init));
      },
      onChannelClosed: () => tell((ref) => ({ kind: "channelClosed", ...ref })),
      onChannelBroken: (reason) =>
        tell((ref) => ({ kind: "channelBroken", reason, ...ref })),
      onExited: async (exit) => {
        const { ref, spoke } = born;
        if (ref === undefined) return;
        const failed = exit.kind === "code" && exit.code === DENO_FAILED;
        if (failed && !spoke) await this.#explain(ref, pool);
        this.#entries.get(slot)?.handoff.close();
        this.#entries.delete(slot);
        this.#hooks.onGone();
        this.#inbox.push({ kind: "childExited", exit, ...ref });
      },
    });
  }

  /** Tell a child over its channel; sendFailed comes back if it cannot. */
  send(effect: Extract<MasterEffect, { readonly kind: "send" }>): void {
    const { slot, generation, pid, command } = effect;
    const entry = this.#find(effect);
    if (entry === undefined) return;
    entry.child.send(messageOf(effect, entry), () =>
      this.#inbox.push({
        kind: "sendFailed",
        command,
        slot,
        generation,
        pid,
      }));
  }

  /** Connect a child with its peers; those who are gone are passed over. */
  openMailboxes(effect: OpenMailboxes): void {
    const { slot, generation, pid, peers, isMesh } = effect;
    const entry = this.#find(effect);
    if (entry === undefined) return;
    for (const peer of peers) {
      const other = this.#find(peer);
      if (other === undefined) continue;
      const pair = openMailboxPair();
      if (!pair.ok) {
        const { error } = pair;
        const failed = { kind: "mailboxesFailed", slot, generation, pid };
        this.#inbox.push({ ...failed, kind: "mailboxesFailed", error });
        break;
      }
      const [left, right] = pair.value;
      entry.handoff.give({ kind: "open", ...siblingOf(other) }, left);
      other.handoff.give({ kind: "open", ...siblingOf(entry) }, right);
    }
    if (isMesh) entry.handoff.give({ kind: "complete" });
  }

  /** Tell the peers of a child that it is gone. */
  closeMailboxes(
    { pid, peers }: Extract<
      MasterEffect,
      { readonly kind: "closeMailboxes" }
    >,
  ): void {
    for (const peer of peers) {
      const entry = this.#find(peer);
      entry?.handoff.give({ kind: "close", pid });
    }
  }

  /** Signal a child that has not been reaped. */
  kill(effect: Extract<MasterEffect, { readonly kind: "kill" }>): void {
    this.#find(effect)?.child.kill(effect.signal);
  }

  /** Deno ended it before it could say why: of the app's deno.json, mostly. */
  async #explain(
    ref: ChildRef,
    pool: PoolConfig | undefined,
  ): Promise<void> {
    const reason = pool && await refusalOf(pool);
    if (reason === undefined) return;
    this.#hooks.onExplained(reason);
    this.#inbox.push({ kind: "childFailed", reason, ...ref });
  }

  #find({ slot, pid }: ChildRef): Entry | undefined {
    const entry = this.#entries.get(slot);
    return entry?.ref.pid === pid ? entry : undefined;
  }
}

type OpenMailboxes = Extract<
  MasterEffect,
  { readonly kind: "openMailboxes" }
>;

function siblingOf({ ref, init }: Entry): Sibling {
  return { slot: ref.slot, pid: ref.pid, role: init.role };
}

function messageOf(
  effect: Extract<MasterEffect, { readonly kind: "send" }>,
  { init }: Entry,
): ToChild {
  switch (effect.command) {
    case "init":
      return init;
    case "quit":
      return { kind: "quit", lingerMs: effect.linger === true ? LINGER_MS : 0 };
    default:
      return { kind: effect.command };
  }
}
