/**
 * The cache manager: one pass over every zone, again and again, for as long as
 * its generation is in force. When, is core/helper.ts's decision; what a pass
 * removes, the zone's.
 *
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_cache_manager_ctx.
 */

import { openManagedZone } from "../cache/managed_zone.ts";
import type { ManagedZone } from "../cache/zone.ts";
import { runHelper } from "./helper_process.ts";

/** Be the cache manager until this process exits. */
export async function runCacheManager(): Promise<never> {
  return await runHelper<ManagedZone>({
    name: "cache manager",
    plan: ({ length: zones }) => ({ role: "cache_manager", zones }),
    openZone: openManagedZone,
    pass: async (zone, signal) => {
      const nextMs = await zone.manage(signal);
      return { kind: "managed", nextMs };
    },
  });
}
