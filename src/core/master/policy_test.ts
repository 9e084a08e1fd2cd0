/** The default numbers keep the promises their comments make. */

import { assert, assertEquals } from "@std/assert";
import { DEFAULT_POLICY } from "./policy.ts";

Deno.test("DEFAULT_POLICY has nginx's numbers", () => {
  assertEquals(DEFAULT_POLICY.slotsMax, 1024);
  assertEquals(DEFAULT_POLICY.bindAttemptsMax, 5);
  assertEquals(DEFAULT_POLICY.bindRetryMs as number, 500);
  assertEquals(DEFAULT_POLICY.ladderMs as readonly number[], [
    150,
    350,
    750,
    1550,
    3150,
  ]);
});

Deno.test("DEFAULT_POLICY's ladder climbs and its backoff has room", () => {
  const { ladderMs, backoffMinMs, backoffMaxMs } = DEFAULT_POLICY;
  ladderMs.forEach((ms, rung) => {
    assert(ms > (ladderMs[rung - 1] ?? 0), `rung ${rung}`);
  });
  assert(backoffMinMs > 0 && backoffMinMs < backoffMaxMs);
  assert(DEFAULT_POLICY.workersMax <= DEFAULT_POLICY.slotsMax);
});
