/**
 * The generator: the reference's own numbers, repeatability, and that the
 * derived draws stay within their bounds and reach all of them.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createPrng, nextRandom, toPrngState } from "./prng.ts";

Deno.test("nextRandom() gives the reference's numbers for seed 0", () => {
  const values: number[] = [];
  let state = toPrngState(0);
  for (let i = 0; i < 3; i++) {
    const drawn = nextRandom(state);
    state = drawn.state;
    values.push(drawn.value);
  }
  assertEquals(values, [
    0.26642920868471265,
    0.0003297457005828619,
    0.2232720274478197,
  ]);
});

Deno.test("nextRandom() gives the same number for the same state", () => {
  for (let seed = 0; seed < 1000; seed++) {
    assertEquals(nextRandom(seed), nextRandom(seed));
  }
});

Deno.test("nextRandom() stays in [0, 1) with a 32-bit state", () => {
  for (const seed of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, -1, 1e12]) {
    let state = toPrngState(seed);
    for (let i = 0; i < 1000; i++) {
      const drawn = nextRandom(state);
      assert(drawn.value >= 0 && drawn.value < 1);
      assertEquals(drawn.state, drawn.state >>> 0);
      state = drawn.state;
    }
  }
});

Deno.test("createPrng() repeats a run from its seed", () => {
  const first = createPrng(42);
  const second = createPrng(42);
  const other = createPrng(43);
  const draws = Array.from({ length: 100 }, () => first.random());
  assertEquals(draws, Array.from({ length: 100 }, () => second.random()));
  assertNotEquals(draws, Array.from({ length: 100 }, () => other.random()));
});

Deno.test("createPrng() of a state goes on from there", () => {
  const first = createPrng(7);
  for (let i = 0; i < 10; i++) first.random();
  const second = createPrng(first.state());
  for (let i = 0; i < 10; i++) assertEquals(first.random(), second.random());
});

Deno.test("int() reaches every whole number below max and no other", () => {
  const prng = createPrng(1);
  for (const max of [1, 2, 3, 7, 64]) {
    const seen = new Set<number>();
    for (let i = 0; i < max * 100; i++) seen.add(prng.int(max));
    assertEquals(seen.size, max);
    assertEquals(Math.min(...seen), 0);
    assertEquals(Math.max(...seen), max - 1);
  }
});

Deno.test("int() of nothing is 0", () => {
  const prng = createPrng(1);
  for (const max of [0, -1, 0.5]) assertEquals(prng.int(max), 0);
});

Deno.test("chance() is never for 0, always for 1, else about as often", () => {
  const prng = createPrng(2);
  const counts = { never: 0, rarely: 0, always: 0 };
  for (let i = 0; i < 10_000; i++) {
    if (prng.chance(0)) counts.never += 1;
    if (prng.chance(0.1)) counts.rarely += 1;
    if (prng.chance(1)) counts.always += 1;
  }
  assertEquals(counts.never, 0);
  assertEquals(counts.always, 10_000);
  assert(counts.rarely > 800 && counts.rarely < 1200, `${counts.rarely}`);
});

Deno.test("pick() reaches every member, and nothing of an empty list", () => {
  const prng = createPrng(3);
  const members: readonly [string, ...string[]] = ["a", "b", "c"];
  const seen = new Set<string>();
  for (let i = 0; i < 100; i++) seen.add(prng.pick(members));
  assertEquals([...seen].sort(), ["a", "b", "c"]);
  assertEquals(prng.pick([]), undefined);
});
