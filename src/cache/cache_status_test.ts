/** How the cache says what it did. */

import { assertEquals } from "@std/assert";
import { formatCacheStatus } from "./cache_status.ts";

Deno.test("formatCacheStatus() in the order of the RFC's examples", () => {
  assertEquals(
    formatCacheStatus({ isHit: true, ttlMs: 5999 }),
    "procmgr; hit; ttl=5",
  );
  assertEquals(
    formatCacheStatus({ isHit: true, ttlMs: -1001 }),
    "procmgr; hit; ttl=-1",
  );
  assertEquals(
    formatCacheStatus({
      forward: "stale",
      forwardStatus: 304,
      isStored: true,
      isCollapsed: true,
      detail: "no-store",
    }),
    "procmgr; fwd=stale; fwd-status=304; stored; collapsed; detail=no-store",
  );
});

Deno.test("formatCacheStatus() stands behind the caches before it", () => {
  const status = { forward: "miss" } as const;
  assertEquals(
    formatCacheStatus(status, "Up; hit"),
    "Up; hit, procmgr; fwd=miss",
  );
  assertEquals(formatCacheStatus(status, ""), "procmgr; fwd=miss");
});
