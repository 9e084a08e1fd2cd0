/**
 * A Config as the core sees it: how many workers, and how long they may take.
 * The core has no opinion on anything else a configuration says.
 */

import type { CacheConfig, Config, ZoneConfig } from "../config/config.ts";
import type { CachePlan, Plan } from "../core/master/policy.ts";

/** The plan of a configuration. */
export function planFor(config: Config): Plan {
  return {
    generationsMax: config.generationsMax,
    pools: config.pools.map(({ name, workers, startupTimeoutMs, worker }) => ({
      name,
      workers,
      limits: { startupTimeoutMs, drainTimeoutMs: worker.shutdownTimeoutMs },
    })),
    ...config.cache === undefined ? {} : { cache: cachePlan(config.cache) },
  };
}

function cachePlan(
  { zones, startupTimeoutMs, shutdownTimeoutMs }: CacheConfig,
): CachePlan {
  return {
    zones: zones.map(zoneKey),
    limits: { startupTimeoutMs, drainTimeoutMs: shutdownTimeoutMs },
  };
}

/** Equal for zones whose files lie in the same places. */
export function zoneKey({ name, path, levels }: ZoneConfig): string {
  return JSON.stringify([name, path, levels]);
}
