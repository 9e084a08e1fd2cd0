/**
 * The cache loader: goes through every zone once, in passes, tells the master
 * of each that is done, and exits. When, is core/helper.ts's decision; what a
 * pass looks at, the zone's.
 *
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_cache_loader_ctx.
 */

import { openLoadedZone } from "../cache/loaded_zone.ts";
import type { LoadedZone } from "../cache/zone.ts";
import { runHelper } from "./helper_process.ts";

/** Be the cache loader until every zone is loaded. */
export async function runCacheLoader(): Promise<never> {
  return await runHelper<LoadedZone>({
    name: "cache loader",
    plan: (zones) => ({
      role: "cache_loader",
      zones: zones.map(({ loaderDelayMs, loader }) => ({
        delayMs: loaderDelayMs,
        sleepMs: loader.sleepMs,
      })),
    }),
    openZone: openLoadedZone,
    pass: async (zone, signal) => {
      const isLoaded = await zone.load(signal);
      return { kind: isLoaded ? "loaded" : "walked" };
    },
  });
}
