/**
 * A Config as the core sees it: how many workers, and how long they may take.
 * The core has no opinion on anything else a configuration says.
 */

import type { Config } from "../config/config.ts";
import type { Plan } from "../core/master/policy.ts";

/** The plan of a configuration. */
export function planFor(config: Config): Plan {
  return {
    generationsMax: config.generationsMax,
    pools: config.pools.map(({ name, workers, startupTimeoutMs, worker }) => ({
      name,
      workers,
      limits: { startupTimeoutMs, drainTimeoutMs: worker.shutdownTimeoutMs },
    })),
  };
}
