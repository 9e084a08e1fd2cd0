/** The bench's arithmetic against values worked out by hand. */

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { fitLine, median, medianRatio, range } from "./statistics.ts";

Deno.test("median() takes the middle, or the mean of the middle two", () => {
  assertEquals(median([9, 1, 5]), 5);
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(median([7]), 7);
  assertEquals(median([10, 9, 100]), 10);
});

Deno.test("median() is NaN without values and skips NaN", () => {
  assertEquals(median([]), NaN);
  assertEquals(median([NaN, 2, NaN]), 2);
});

Deno.test("median() leaves its argument in order", () => {
  const values = [3, 1, 2];
  median(values);
  assertEquals(values, [3, 1, 2]);
});

Deno.test("range() is the smallest and the largest", () => {
  assertEquals(range([3, NaN, 1, 2]), [1, 3]);
  assertEquals(range([]), [NaN, NaN]);
});

Deno.test("medianRatio() pairs the rounds", () => {
  // The second round was ten times slower for both, and changes nothing.
  assertEquals(medianRatio([2, 20, 2], [1, 10, 1]), 2);
  assertEquals(medianRatio([1, 2], [2]), 0.5);
  assertEquals(medianRatio([1], [0]), NaN);
});

Deno.test("fitLine() finds the line that is there", () => {
  const line = fitLine([[1, 12], [2, 14], [8, 26]]);
  assertAlmostEquals(line.slope, 2, 1e-9);
  assertAlmostEquals(line.intercept, 10, 1e-9);
  assertAlmostEquals(line.r2, 1, 1e-9);
});

Deno.test("fitLine() says by r2 when it is no line", () => {
  const line = fitLine([[1, 1], [2, 9], [3, 1], [4, 9]]);
  assertEquals(line.r2 < 0.5, true);
});
