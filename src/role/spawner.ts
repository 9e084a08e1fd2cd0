/**
 * What a child is given at its spawn: the command and environment it is
 * executed with, the sockets it inherits, and its first message, which tells
 * it everything else. Decides nothing.
 */

import type { HelperRole } from "../base/role.ts";
import type {
  HelperInit,
  InheritedListener,
  Init,
} from "../channel/message.ts";
import type { CacheConfig, PoolConfig } from "../config/config.ts";
import type { MasterEffect } from "../core/master/effect.ts";
import type { EnvSpec } from "./handover.ts";

/** An effect for a spawn. */
export type SpawnEffect = Extract<MasterEffect, { readonly kind: "spawn" }>;

/** What a child starts with. */
export interface Birth {
  /** But for the handoff socket, which is made for each spawn. */
  readonly init: Omit<Init, "handoff"> | Omit<HelperInit, "handoff">;
  readonly env: EnvSpec;
  /** A worker's. */
  readonly pool: PoolConfig | undefined;
  readonly listeners: readonly InheritedListener[];
}

/** A worker of `pool` with its sockets, and the zones of the cache. */
export function workerBirth(
  { slot, generation, ordinal }: SpawnEffect,
  pool: PoolConfig,
  { listeners, zones }: Pick<Init, "listeners" | "zones">,
): Birth {
  const cpus = pool.affinity[ordinal] ?? pool.affinity.at(-1);
  return {
    init: {
      kind: "init",
      role: "worker",
      pool: pool.name,
      slot,
      generation,
      ordinal,
      config: { ...pool.worker, cpus },
      listeners,
      ...zones && { zones },
    },
    env: pool.worker,
    pool,
    listeners,
  };
}

/** A helper of the cache: it has no sockets. */
export function helperBirth(
  { slot, generation }: SpawnEffect,
  role: HelperRole,
  cache: CacheConfig,
): Birth {
  const { process: config, zones } = cache;
  return {
    init: { kind: "init", role, slot, generation, config, zones },
    env: config,
    pool: undefined,
    listeners: [],
  };
}
