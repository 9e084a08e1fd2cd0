/**
 * A child as a scripted machine: what `core/worker.ts` and its shell would do,
 * seen from outside, and everything a worker may do wrong. It acts only when
 * the machine delivers something or an hour it asked for has come.
 *
 *     silent ─▶ booting ─▶ accepting ─▶ (lingering) ─▶ draining ─▶ dead
 *
 * silent     executed, has not read `init`: signals have their default action
 * lingering  told to drain, still accepting for a moment
 *
 * A hung child keeps its phase and acts on what waits when it wakes up.
 */

import type { Exit } from "../../src/base/exit.ts";
import type { Ordinal } from "../../src/base/id.ts";
import type { HelperRole } from "../../src/base/role.ts";
import type { ChildRef } from "../../src/core/master/event.ts";

/** How long a lingering worker accepts: what the shell would say. */
export const LINGER_MS = 200;

/** What is known of a child before it lives. */
export interface SpawnRequest {
  readonly pool: string;
  readonly ordinal: Ordinal;
  readonly generation: number;
  readonly startupTimeoutMs: number;
  /** A worker has none. */
  readonly helper?: HelperRole;
}

/** Something that happens to a worker while it serves. */
export interface Incident {
  /** After it began to serve. */
  readonly afterMs: number;
  readonly happening:
    | { readonly kind: "dies"; readonly exit: Exit }
    /** Somebody else sends it SIGQUIT. */
    | { readonly kind: "quits" }
    /** It sends what is no message. */
    | { readonly kind: "babbles" }
    | { readonly kind: "closesChannel" }
    /** undefined: until it is killed. */
    | { readonly kind: "hangs"; readonly forMs: number | undefined };
}

/** What kind of worker it is. */
export interface ChildScript {
  /** From `init` to serving; undefined: never. */
  readonly bootMs: number | undefined;
  readonly ready: { readonly times: number; readonly delayMs: number };
  /** From the drain's start to the exit; undefined: never. */
  readonly drainMs: number | undefined;
  readonly terminateMs: number;
  /** Whether it answers terminate. */
  readonly isObedient: boolean;
  /** Whether it says that it reopened. */
  readonly reopens: boolean;
  readonly death?: {
    readonly at: "spawned" | "booting" | "ready";
    readonly afterMs: number;
    readonly exit: Exit;
  };
  readonly incidents: readonly Incident[];
  /** When it wants its siblings: in its init hook, while serving, never. */
  readonly mesh: "early" | "late" | "never";
  /** A loader's walk, from serving to its last zone. */
  readonly loadMs: number;
}

/** Boots in 20 ms, serves, drains in 10 ms, obeys. */
export const GOOD_SCRIPT: ChildScript = {
  bootMs: 20,
  ready: { times: 1, delayMs: 0 },
  drainMs: 10,
  terminateMs: 5,
  isObedient: true,
  reopens: true,
  incidents: [],
  loadMs: 500,
  mesh: "never",
};

/** What a child needs of the machine it runs on. */
export interface ChildHost {
  later(afterMs: number, run: () => void): void;
  /** A message to the master. */
  tell(child: SimChild, message: ChildMessage, delayMs?: number): void;
  /** It accepts again, or for the first time. */
  onAccepting(child: SimChild): void;
  /** It holds its socket no more. */
  onReleased(child: SimChild): void;
  onDead(child: SimChild): void;
  /** Whether incidents still happen. */
  isRough(): boolean;
}

/** What a child can make the master hear. */
export const MESSAGES = {
  childReady: { kind: "childReady" },
  childDraining: { kind: "childDraining" },
  childReopened: { kind: "childReopened" },
  channelBroken: { kind: "channelBroken", reason: "{}" },
  channelClosed: { kind: "channelClosed" },
  meshAsked: { kind: "meshAsked" },
  connectionsCut: { kind: "connectionsCut", connections: 1 },
} as const;

/** The name of one of them. */
export type ChildMessage =
  | keyof typeof MESSAGES
  /** Of every zone of its generation. */
  | "zoneLoaded";

/** What the master can tell it, or somebody else by a signal. */
export type ChildOrder = "init" | "quit" | "linger" | "terminate" | "reopen";

/** The signals that reach a child. */
export type ChildSignal = "SIGQUIT" | "SIGTERM" | "SIGUSR1" | "SIGKILL";

const ORDER_OF = {
  SIGQUIT: "quit",
  SIGTERM: "terminate",
  SIGUSR1: "reopen",
} as const;

/** Where a child is in its life. */
export type ChildPhase =
  | "silent"
  | "booting"
  | "accepting"
  | "lingering"
  | "draining"
  | "dead";

/** One child. */
export class SimChild {
  readonly ref: ChildRef;
  readonly pool: string;
  readonly ordinal: Ordinal;
  readonly address: string;
  readonly script: ChildScript;
  readonly helper: HelperRole | undefined;
  /** What a loader goes through. */
  readonly zones: readonly string[];
  phase: ChildPhase = "silent";
  isHung = false;
  isChannelClosed = false;
  /** Set when it is dead. */
  exit: Exit | undefined;
  /** Where it was when it died. */
  diedIn: ChildPhase | undefined;
  /** Whether a signal told it to quit: those know nothing of lingering. */
  leftBySignal = false;
  readonly #host: ChildHost;
  #waiting: (() => void)[] = [];

  constructor(
    host: ChildHost,
    identity: {
      readonly ref: ChildRef;
      readonly pool: string;
      readonly ordinal: Ordinal;
      readonly address: string;
      readonly script: ChildScript;
      readonly helper?: HelperRole | undefined;
      readonly zones?: readonly string[];
    },
  ) {
    this.#host = host;
    this.ref = identity.ref;
    this.pool = identity.pool;
    this.ordinal = identity.ordinal;
    this.address = identity.address;
    this.script = identity.script;
    this.helper = identity.helper;
    this.zones = identity.zones ?? [];
    this.#dieAt("spawned");
  }

  /** Whether it can still accept connections from its socket. */
  get holdsSocket(): boolean {
    return this.phase !== "draining" && this.phase !== "dead";
  }

  /** Whether connections in its queue are taken at this moment. */
  get isAccepting(): boolean {
    return !this.isHung &&
      (this.phase === "accepting" || this.phase === "lingering");
  }

  /** Something arrived over its channel; `read` when it is looked at. */
  receive(order: ChildOrder, read: () => void): void {
    this.#whenAwake(() => {
      read();
      this.#obey(order, false);
    });
  }

  /** A signal arrived. */
  signal(signal: ChildSignal): void {
    if (this.phase === "dead") return;
    if (signal === "SIGKILL") {
      this.die({ kind: "signal", signal });
      return;
    }
    if (this.phase === "silent") {
      // No handler yet: the kernel's default action.
      this.die({ kind: "signal", signal });
      return;
    }
    this.#whenAwake(() => this.#obey(ORDER_OF[signal], true));
  }

  /** The end: messages already sent still arrive. */
  die(exit: Exit): void {
    if (this.phase === "dead") return;
    this.diedIn = this.phase;
    this.phase = "dead";
    this.exit = exit;
    this.#waiting = [];
    this.#host.onDead(this);
  }

  /** Stand still. */
  hang(forMs: number | undefined): void {
    this.isHung = true;
    if (forMs !== undefined) this.#host.later(forMs, () => this.wake());
  }

  /** Go on, with everything that waited. */
  wake(): void {
    if (!this.isHung || this.phase === "dead") return;
    this.isHung = false;
    if (this.isAccepting) this.#host.onAccepting(this);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const act of waiting) act();
  }

  /** The last slow client went away: a stuck drain ends. */
  finishDrain(): void {
    if (this.phase === "draining") this.die({ kind: "code", code: 0 });
  }

  #whenAwake(act: () => void): void {
    if (this.phase === "dead") return;
    if (this.isHung) this.#waiting.push(act);
    else act();
  }

  #later(afterMs: number, act: () => void): void {
    this.#host.later(afterMs, () => this.#whenAwake(act));
  }

  #obey(order: ChildOrder, isSignal: boolean): void {
    switch (order) {
      case "init":
        return this.#boot();
      case "quit":
        return this.#quit(isSignal, false);
      case "linger":
        return this.#quit(isSignal, true);
      case "terminate":
        return this.#terminate();
      case "reopen":
        if (this.script.reopens && !isSignal) this.#tell("childReopened");
    }
  }

  #boot(): void {
    if (this.phase !== "silent") return;
    this.phase = "booting";
    this.#dieAt("booting");
    const { bootMs } = this.script;
    if (this.script.mesh === "early") this.#tell("meshAsked");
    if (bootMs !== undefined) this.#later(bootMs, () => this.#start());
  }

  #start(): void {
    if (this.phase !== "booting") return;
    const { death, ready } = this.script;
    if (death?.at === "ready" && death.afterMs % 2 === 0) {
      this.die(death.exit);
      return;
    }
    this.phase = "accepting";
    this.#host.onAccepting(this);
    for (let time = 0; time < ready.times; time++) {
      this.#host.tell(this, "childReady", ready.delayMs);
    }
    if (death?.at === "ready") this.die(death.exit);
    if (this.script.mesh === "late") this.#tell("meshAsked");
    if (this.helper === "cache_loader") this.#load();
    for (const incident of this.script.incidents) this.#await(incident);
  }

  /** Go through the zones, say so, and leave when that was heard. */
  #load(): void {
    this.#later(this.script.loadMs, () => {
      if (this.phase !== "accepting") return;
      this.#tell("zoneLoaded");
      this.#later(200, () => this.die({ kind: "code", code: 0 }));
    });
  }

  #await({ afterMs, happening }: Incident): void {
    this.#later(afterMs, () => {
      if (!this.#host.isRough()) return;
      switch (happening.kind) {
        case "dies":
          return this.die(happening.exit);
        case "quits":
          return this.#quit(true, false);
        case "babbles":
          return this.#tell("channelBroken");
        case "closesChannel":
          return this.#closeChannel();
        case "hangs":
          return this.hang(happening.forMs);
      }
    });
  }

  #closeChannel(): void {
    this.#tell("channelClosed");
    this.isChannelClosed = true;
    // The master is gone, as far as it knows: it drains.
    if (this.phase === "accepting") this.#stopAccepting();
  }

  #quit(isSignal: boolean, lingers: boolean): void {
    if (this.phase === "silent" || this.phase === "booting") {
      this.die({ kind: "code", code: 0 });
      return;
    }
    if (this.phase !== "accepting") return;
    this.leftBySignal = isSignal;
    // A helper just leaves: nobody has to be put in its place before.
    if (isSignal && this.helper === undefined) this.#tell("childDraining");
    if (!lingers) {
      this.#stopAccepting();
      return;
    }
    this.phase = "lingering";
    this.#later(LINGER_MS, () => {
      if (this.phase !== "lingering") return;
      this.#stopAccepting();
    });
  }

  #stopAccepting(): void {
    this.phase = "draining";
    this.#host.onReleased(this);
    // A worker whose master is gone has a limit of its own, and once the
    // faults are over the slowest client goes away.
    const isStuck = this.#host.isRough() && !this.isChannelClosed;
    const drainMs = this.script.drainMs ?? (isStuck ? undefined : 300);
    if (drainMs === undefined) return;
    this.#later(drainMs, () => {
      // Slow clients are cut at the worker's own timeout.
      if (this.script.drainMs === undefined) this.#tell("connectionsCut");
      this.die({ kind: "code", code: 0 });
    });
  }

  #terminate(): void {
    if (!this.script.isObedient) return;
    const { terminateMs } = this.script;
    if (this.isAccepting) this.#tell("connectionsCut");
    this.#later(terminateMs, () => this.die({ kind: "code", code: 0 }));
  }

  #dieAt(at: "spawned" | "booting"): void {
    const { death } = this.script;
    if (death?.at !== at) return;
    this.#host.later(death.afterMs, () => {
      if (this.phase === "silent" || this.phase === "booting") {
        this.die(death.exit);
      }
    });
  }

  #tell(message: ChildMessage): void {
    this.#host.tell(this, message);
  }
}
