/**
 * What the simulated master owns besides children: configurations, listening
 * sockets, pid files. The counterpart of role/resources.ts: each method does
 * one effect and returns its answer, and decides nothing.
 *
 * Two things the real one must do as well: a worker numbered beyond its
 * configuration (TTIN) gets its socket when it is spawned, and giving a
 * generation up also removes the pid file that it alone names.
 */

import type { Generation, Ordinal } from "../../src/base/id.ts";
import type { HelperRole } from "../../src/base/role.ts";
import type { Instant } from "../../src/base/unit.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";
import type { Plan } from "../../src/core/master/policy.ts";
import type { Conditions } from "./condition.ts";
import type { SimChild } from "./sim_child.ts";
import type { SimSocket } from "./sim_socket.ts";
import { ordinalsBelow, SimSockets } from "./sim_socket.ts";

/** What the configuration file says. */
export interface SimConfig {
  readonly plan: Plan;
  /** Where a pool listens. */
  readonly addresses: Readonly<{ [pool: string]: string }>;
  readonly pidPath: string;
  /** Why it is no configuration at all. */
  readonly wrong?: string;
}

/** What a child has of the machine. */
interface SimPlace {
  readonly address: string;
  readonly startupTimeoutMs: number;
  /** What a loader goes through. */
  readonly zones: readonly string[];
}

/** Helpers listen at no address. */
const NOWHERE = "";

/** An event that answers an order of a generation. */
type Answer = MasterEvent & { readonly generation: Generation };

/** Everything the master holds. */
export class SimResources {
  readonly sockets: SimSockets;
  /** Where each pool's new connections go. */
  readonly steered = new Map<string, readonly Ordinal[]>();
  /** Our pid files, by path, and the generation that wrote each. */
  readonly pidFiles = new Map<string, Generation>();
  /** A new master was executed at some time. */
  isShared = false;
  /** The listeners were closed and their files left to another master. */
  filesLeft = false;
  /** The configuration in force. */
  adopted: SimConfig | undefined;
  readonly #conditions: Conditions;
  readonly #children: () => Iterable<SimChild>;
  readonly #configs = new Map<Generation, SimConfig>();

  constructor(conditions: Conditions, children: () => Iterable<SimChild>) {
    this.#conditions = conditions;
    this.#children = children;
    this.sockets = new SimSockets(children);
    this.sockets.isDropped = (address) => !this.isPromised(address);
  }

  /** A client connects to a pool; the socket it got, if any. */
  connect(
    pool: string,
    pick: (max: number) => number,
  ): SimSocket | undefined {
    const address = this.adopted?.addresses[pool];
    if (address === undefined) return undefined;
    return this.sockets.connect(address, this.steered.get(pool), pick);
  }

  /** Read the file for a generation. */
  load(generation: Generation, config: SimConfig): Answer {
    const { plan, wrong } = config;
    if (wrong !== undefined) {
      return { kind: "configRejected", generation, reasons: [wrong] };
    }
    this.#configs.set(generation, config);
    return { kind: "configLoaded", generation, plan };
  }

  /** Open what that generation adds: all or nothing. */
  open(generation: Generation, now: Instant): Answer {
    const config = this.#configs.get(generation);
    const wanted =
      config?.plan.pools.flatMap(({ name, workers }) =>
        ordinalsBelow(workers).map((ordinal) => ({
          address: config.addresses[name] ?? name,
          ordinal,
        }))
      ) ?? [];
    const missing = wanted.filter(({ address, ordinal }) =>
      this.sockets.find(address, ordinal)?.isOurs !== true
    );
    const error = missing.length > 0
      ? this.#conditions.bindError(now, generation)
      : undefined;
    if (error !== undefined) {
      return { kind: "listenersFailed", generation, error };
    }
    for (const { address, ordinal } of missing) {
      this.sockets.open(address, ordinal, generation);
    }
    const bound = Object.values(config?.addresses ?? {});
    return { kind: "listenersOpened", generation, bound };
  }

  /** Close what was opened for that generation alone. */
  abandon(generation: Generation): void {
    this.sockets.close(({ openedFor }) => openedFor === generation);
    const path = this.#configs.get(generation)?.pidPath;
    if (path !== undefined && path !== this.adopted?.pidPath) {
      this.pidFiles.delete(path);
    }
  }

  /** That generation is in force: let go of what it dropped. */
  adopt(generation: Generation): void {
    const config = this.#configs.get(generation);
    if (config === undefined) return;
    this.adopted = config;
    for (const socket of this.sockets.all()) {
      if (socket.openedFor === generation) socket.openedFor = undefined;
    }
    this.sockets.close(({ address }) => !this.isPromised(address));
    for (const path of [...this.pidFiles.keys()]) {
      if (path !== config.pidPath) this.pidFiles.delete(path);
    }
    for (const pool of [...this.steered.keys()]) {
      if (!(pool in config.addresses)) this.steered.delete(pool);
    }
  }

  /** Close the sockets of workers beyond `workers` that nobody holds. */
  trim(pool: string, workers: number): void {
    // Once another master had them, none is closed singly any more.
    if (this.isShared) return;
    const address = this.adopted?.addresses[pool];
    const held = [...this.#children()].map((child) =>
      `${child.address}#${child.ordinal}`
    );
    this.sockets.close((socket) =>
      socket.address === address && socket.ordinal >= workers &&
      !held.includes(`${socket.address}#${socket.ordinal}`)
    );
  }

  /** Put our pid where that generation says. */
  writePidFile(generation: Generation): Answer {
    const config = this.#configs.get(generation);
    const error = this.#conditions.pidFileError();
    if (error !== undefined) {
      return { kind: "pidFileFailed", generation, error };
    }
    if (config !== undefined) this.pidFiles.set(config.pidPath, generation);
    return { kind: "pidFileWritten", generation };
  }

  /** Where a child listens, its socket opened, and how long it may boot. */
  placeOf(
    { generation, pool, ordinal, helper }: {
      readonly generation: Generation;
      readonly pool: string;
      readonly ordinal: Ordinal;
      readonly helper?: HelperRole;
    },
  ): SimPlace | undefined {
    const config = this.#configs.get(generation);
    if (config === undefined) return undefined;
    const { cache, pools } = config.plan;
    if (helper !== undefined) {
      const startupTimeoutMs = cache?.limits.startupTimeoutMs ?? 0;
      return { address: NOWHERE, startupTimeoutMs, zones: cache?.zones ?? [] };
    }
    const address = config.addresses[pool] ?? pool;
    this.sockets.open(address, ordinal, generation);
    const plan = pools.find(({ name }) => name === pool);
    const startupTimeoutMs = plan?.limits.startupTimeoutMs ?? 0;
    return { address, startupTimeoutMs, zones: [] };
  }

  /** Whether the configuration in force has that address. */
  isPromised(address: string): boolean {
    const addresses = this.adopted?.addresses;
    return addresses !== undefined &&
      Object.values(addresses).includes(address);
  }
}
