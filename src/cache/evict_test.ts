/** What goes, and when the manager looks again. */

import { assertEquals } from "@std/assert";
import { toBytes, toMilliseconds } from "../base/unit.ts";
import {
  type Candidate,
  countVictims,
  isOver,
  LOOK_MS_MAX,
  nextLook,
  type ZoneLimits,
} from "./evict.ts";

const LIMITS: ZoneLimits = {
  sizeBytesMax: toBytes(100),
  freeBytesMin: toBytes(50),
  inactiveMs: toMilliseconds(1000),
};

function usedAt(...times: readonly number[]): readonly Candidate[] {
  return times.map((usedAtMs, index) => ({
    hash: String(index),
    bytes: 10,
    usedAtMs,
  }));
}

Deno.test("isOver() when there is too much of it, or too little left", () => {
  const over = (bytes: number, freeBytes: number | undefined) =>
    isOver({ bytes, freeBytes }, LIMITS);
  assertEquals(over(100, 50), false);
  assertEquals(over(101, 50), true);
  assertEquals(over(0, 49), true);
  assertEquals(over(100, undefined), false);
  const unlimited = { ...LIMITS, sizeBytesMax: undefined };
  assertEquals(isOver({ bytes: 1e15, freeBytes: 50 }, unlimited), false);
});

Deno.test("countVictims() takes the inactive, then as many as it must", () => {
  const now = 2000;
  const count = (
    candidates: readonly Candidate[],
    bytes: number,
    freeBytes = 50,
  ) => countVictims(candidates, { bytes, freeBytes }, LIMITS, now);
  assertEquals(count(usedAt(500, 1000, 1001, 1500), 40), 2);
  assertEquals(count(usedAt(1500, 1600, 1700), 100), 0);
  assertEquals(count(usedAt(1500, 1600, 1700), 115), 2);
  assertEquals(count(usedAt(1500, 1600, 1700), 30, 35), 2);
  assertEquals(count(usedAt(500, 1500, 1600), 115), 2);
  assertEquals(count([], 1000), 0);
});

Deno.test("a clock that went back makes nothing inactive", () => {
  const usage = { bytes: 10, freeBytes: 50 };
  assertEquals(countVictims(usedAt(9000), usage, LIMITS, 2000), 0);
});

Deno.test("nextLook() is when the first may be inactive, or 10 s later", () => {
  assertEquals(nextLook(undefined, LIMITS, 0), LOOK_MS_MAX);
  const [first] = usedAt(1500);
  assertEquals(nextLook(first, LIMITS, 2000), 500);
  assertEquals(nextLook(first, LIMITS, 2600), 1);
  const lasting = { ...LIMITS, inactiveMs: toMilliseconds(86_400_000) };
  assertEquals(nextLook(first, lasting, 2000), LOOK_MS_MAX);
});
