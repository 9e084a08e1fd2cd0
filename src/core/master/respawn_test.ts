/** The exit-code rule, the record, and the backoff's numbers. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { at, code, KILLED, slotIn } from "../../../tests/support/core.ts";
import { toMilliseconds } from "../../base/unit.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { backoffAfter, failuresAfter, isFatal } from "./respawn.ts";
import type { LiveSlot } from "./slot.ts";

Deno.test("isFatal() holds for exit code 2 and nothing else", () => {
  const exits = [code(0), code(1), code(2), code(3), KILLED];
  assertEquals(exits.map(isFatal), [false, false, true, false, false]);
});

Deno.test("failuresAfter() forgets what came before a stable while", () => {
  const { stableMs } = DEFAULT_POLICY;
  const cases: readonly (readonly [LiveSlot["phase"], number, number])[] = [
    ["serving", stableMs - 1, 4],
    ["serving", stableMs, 1],
    ["booting", stableMs, 4],
    ["terminating", stableMs, 4],
    ["draining", stableMs, 4],
  ];
  for (const [phase, now, expected] of cases) {
    const slot = { ...slotIn(phase), failures: 3 } as LiveSlot;
    const failures = failuresAfter(slot, at(now), DEFAULT_POLICY);
    assertEquals(failures, expected, `${phase} ${now}`);
  }
});

Deno.test("backoffAfter() is nothing the first time and draws nothing", () => {
  for (const failures of [0, 1]) {
    assertEquals(backoffAfter(failures, 5, DEFAULT_POLICY), {
      delayMs: toMilliseconds(0),
      random: 5,
    });
  }
});

Deno.test("backoffAfter() doubles up to the cap, half of it jitter", () => {
  for (let failures = 2; failures < 100; failures++) {
    const full = Math.min(30_000, 250 * 2 ** (failures - 2));
    for (let random = 0; random < 20; random++) {
      const { delayMs } = backoffAfter(failures, random, DEFAULT_POLICY);
      assert(delayMs >= full / 2 && delayMs <= full, `${failures} ${delayMs}`);
      assertEquals(delayMs, Math.ceil(delayMs));
    }
  }
});

Deno.test("backoffAfter() draws anew for each worker", () => {
  const first = backoffAfter(5, 1, DEFAULT_POLICY);
  const second = backoffAfter(5, first.random, DEFAULT_POLICY);
  assertNotEquals(first.random, 1);
  assertNotEquals(first.delayMs, second.delayMs);
  assertEquals(backoffAfter(5, 1, DEFAULT_POLICY), first);
});
