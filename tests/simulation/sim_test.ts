/**
 * Random lives in the gate: a few fixed seeds that reach much, ten seconds of
 * new ones whose seed is printed, and that a seed decides everything.
 */

import { assert, assertEquals } from "@std/assert";
import { FAULTS } from "./fault.ts";
import { live } from "./life.ts";
import { main } from "./main.ts";
import { lifeSeeds, run, Summary } from "./run.ts";

const BUDGET_MS = 10_000;

const STEPS = 20_000;

/** Lives from `seed` on, as `deno task sim --seed` lives them. */
function summaryOf(seed: number): Summary {
  const summary = new Summary();
  for (const each of lifeSeeds(seed)) {
    const life = live({ seed: each });
    summary.add(life);
    assertEquals(life.failure?.rules, undefined, `seed ${each}`);
    if (summary.steps >= STEPS) return summary;
  }
  return summary;
}

Deno.test("no rule breaks in lives of fixed seeds", () => {
  const summary = new Summary();
  for (const seed of [1, 2, 3]) summary.merge(summaryOf(seed));
  // Seeds that inject nothing or reach nothing would prove nothing.
  const injected = FAULTS.filter((fault) => summary.faults.has(fault));
  assertEquals(injected, [...FAULTS]);
  const { coverage } = summary;
  assert(coverage.missing().length < coverage.possible().length / 5);
});

Deno.test("no rule breaks in ten seconds of random lives", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  assert(run({
    seed,
    stepsMax: Infinity,
    secondsMax: BUDGET_MS / 1000,
    isVerbose: false,
    isBrief: true,
  }));
});

Deno.test("the same seed gives the same life", () => {
  for (const seed of [4, 6, 7]) {
    const lines: string[][] = [[], []];
    const lives = lines.map((list) =>
      live({ seed, onLine: (line) => list.push(line) })
    );
    assert((lines[0]?.length ?? 0) > 20);
    assertEquals(lines[0], lines[1]);
    assertEquals(lives[0]?.steps, lives[1]?.steps);
    assertEquals(lives[0]?.faults, lives[1]?.faults);
  }
});

Deno.test("main() refuses what it does not know", () => {
  for (const argument of ["--sed=1", "--seed=x", "--only=storm", "lives"]) {
    assertEquals(main([argument]), 100, argument);
  }
});
