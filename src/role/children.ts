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
import type { InheritedListener, Init, ToChild } from "../channel/message.ts";
import { checkFromChild } from "../channel/message.ts";
import type { PoolConfig } from "../config/config.ts";
import type { MasterEffect } from "../core/master/effect.ts";
import type { ChildRef, MasterEvent } from "../core/master/event.ts";
import type { Child } from "../os/child.ts";
import { spawnChild } from "../os/child.ts";
import type { Inbox } from "./gather.ts";
import type { Self } from "./handover.ts";
import { childCommand, childEnv, moduleOf } from "./handover.ts";

/** An effect for a spawn. */
type SpawnEffect = Extract<MasterEffect, { readonly kind: "spawn" }>;

/** A child and what it was given. */
interface Entry {
  readonly ref: ChildRef;
  readonly child: Child;
  readonly init: Init;
}

/**
 * How long a worker goes on accepting whose socket loses its last reader:
 * connections that were on their way when the kernel was told to send new
 * ones elsewhere have arrived by then.
 */
const LINGER_MS = 200;

/** Every child of this master. */
export class Children {
  readonly #entries = new Map<SlotIndex, Entry>();
  readonly #inbox: Inbox;
  readonly #self: Self;
  readonly #onGone: () => void;

  /** `onGone` is called after a child's sockets are free. */
  constructor(inbox: Inbox, self: Self, onGone: () => void) {
    this.#inbox = inbox;
    this.#self = self;
    this.#onGone = onGone;
  }

  /** Whether a living child inherited that socket. */
  isHeld(fd: Fd): boolean {
    return [...this.#entries.values()].some(({ init }) =>
      init.listeners.some((listener) => listener.fd === fd)
    );
  }

  /** Start a worker of `pool` with its sockets. */
  spawn(
    effect: SpawnEffect,
    pool: PoolConfig,
    listeners: Result<readonly InheritedListener[]>,
  ): void {
    const { slot, generation } = effect;
    if (!listeners.ok) {
      const { error } = listeners;
      this.#inbox.push({ kind: "spawnFailed", slot, generation, error });
      return;
    }
    const init = initFor(effect, pool, listeners.value);
    // What the handlers know once the kernel has answered.
    const born: { ref?: ChildRef } = {};
    const tell = (make: (ref: ChildRef) => MasterEvent): void => {
      if (born.ref !== undefined) this.#inbox.pushMessage(make(born.ref));
    };
    spawnChild({
      command: childCommand(this.#self, "worker", moduleOf(pool)),
      env: childEnv(Deno.env.toObject(), pool.worker),
      inherit: listeners.value.map(({ fd }) => toFd(fd)),
    }, {
      onSpawned: (child) => {
        const ref = { slot, generation, pid: child.pid };
        born.ref = ref;
        this.#entries.set(slot, { ref, child, init });
        this.#inbox.push({ kind: "childSpawned", ...ref });
      },
      onSpawnFailed: (error) =>
        this.#inbox.push({ kind: "spawnFailed", slot, generation, error }),
      onMessage: (value) => tell((ref) => messageEvent(value, ref)),
      onChannelClosed: () => tell((ref) => ({ kind: "channelClosed", ...ref })),
      onChannelBroken: (reason) =>
        tell((ref) => ({ kind: "channelBroken", reason, ...ref })),
      onExited: (exit) => {
        if (born.ref === undefined) return;
        this.#entries.delete(slot);
        this.#onGone();
        this.#inbox.push({ kind: "childExited", exit, ...born.ref });
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

  /** Signal a child that has not been reaped. */
  kill(effect: Extract<MasterEffect, { readonly kind: "kill" }>): void {
    this.#find(effect)?.child.kill(effect.signal);
  }

  #find({ slot, pid }: ChildRef): Entry | undefined {
    const entry = this.#entries.get(slot);
    return entry?.ref.pid === pid ? entry : undefined;
  }
}

function initFor(
  { slot, generation, ordinal }: SpawnEffect,
  pool: PoolConfig,
  listeners: readonly InheritedListener[],
): Init {
  const cpus = pool.affinity[ordinal] ?? pool.affinity.at(-1);
  return {
    kind: "init",
    role: "worker",
    pool: pool.name,
    slot,
    generation,
    ordinal,
    config: { ...pool.worker, cpus },
    listeners,
  };
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

function messageEvent(value: unknown, ref: ChildRef): MasterEvent {
  const received = checkFromChild(value);
  if (!received.ok) {
    return { kind: "channelBroken", reason: received.reason, ...ref };
  }
  switch (received.message.kind) {
    case "ready":
      return { kind: "childReady", ...ref };
    case "draining":
      return { kind: "childDraining", ...ref };
    case "failed":
      return { kind: "childFailed", reason: received.message.reason, ...ref };
    case "cut": {
      const { connections } = received.message;
      return { kind: "connectionsCut", connections, ...ref };
    }
    case "reopened":
      return { kind: "childReopened", ...ref };
  }
}
