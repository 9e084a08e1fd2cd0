/** What a stored response may be used for, as it gets older. */

import { assertEquals } from "@std/assert";
import { parseDirectives } from "./directives.ts";
import { isFailure, judgeReuse, type Reuse } from "./reuse.ts";
import type { Terms } from "./storing.ts";

const BORN_MS = 1_700_000_000_000;
const TERMS: Terms = {
  bornAtMs: BORN_MS,
  lifetimeMs: 10_000,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  mustRevalidate: false,
  alwaysRevalidate: false,
  refusesMaxStale: false,
};

function judge(
  seconds: number,
  asked = "",
  terms: Partial<Terms> = {},
): Reuse {
  return judgeReuse(
    { ...TERMS, ...terms },
    parseDirectives(asked),
    BORN_MS + seconds * 1000,
  );
}

Deno.test("judgeReuse() by age", () => {
  const swr = { staleWhileRevalidateMs: 5000 };
  const cases: readonly (readonly [number, Partial<Terms>, string])[] = [
    [0, {}, "fresh"],
    [-5, {}, "fresh"],
    [9.9, {}, "fresh"],
    [10, {}, "expired"],
    [10, swr, "stale"],
    [14.9, swr, "stale"],
    [15, swr, "expired"],
    [1, { alwaysRevalidate: true }, "expired"],
  ];
  for (const [seconds, terms, use] of cases) {
    assertEquals(judge(seconds, "", terms).use, use, `${seconds}`);
  }
  assertEquals([judge(3).ageMs, judge(3).ttlMs], [3000, 7000]);
  assertEquals([judge(-3).ageMs, judge(-3).ttlMs], [0, 10_000]);
  assertEquals(judge(12).ttlMs, -2000);
});

Deno.test("judgeReuse() as the client wants it", () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [1, "no-cache", "unwanted"],
    [1, "max-age=0", "unwanted"],
    [0, "max-age=0", "unwanted"],
    [5, "max-age=5", "fresh"],
    [6, "max-age=5", "unwanted"],
    [1, "max-age=x", "unwanted"],
    [5, "min-fresh=5", "fresh"],
    [6, "min-fresh=5", "unwanted"],
    [12, "max-stale", "asked-stale"],
    [12, "max-stale=2", "asked-stale"],
    [12, "max-stale=1", "expired"],
    [12, "max-stale=x", "expired"],
    [1, "only-if-cached", "fresh"],
  ];
  for (const [seconds, asked, use] of cases) {
    assertEquals(judge(seconds, asked).use, use, `${seconds} ${asked}`);
  }
  const refuses = { refusesMaxStale: true };
  assertEquals(judge(12, "max-stale", refuses).use, "expired");
});

Deno.test("judgeReuse() when the app fails", () => {
  const terms = { staleIfErrorMs: 5000 };
  assertEquals(judge(12).servesOnError, false);
  assertEquals(judge(12, "", terms).servesOnError, true);
  assertEquals(judge(15, "", terms).servesOnError, false);
  assertEquals(judge(12, "stale-if-error=3").servesOnError, true);
  assertEquals(judge(5, "max-age=0").servesOnError, true);
  assertEquals(judge(5, "no-cache").servesOnError, false);
  const must = { ...terms, mustRevalidate: true };
  assertEquals(judge(12, "", must).servesOnError, false);
  assertEquals([500, 502, 503, 504].every(isFailure), true);
  assertEquals([200, 404, 501].some(isFailure), false);
});
