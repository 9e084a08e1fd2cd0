/**
 * Every scenario on nginx and on procmgr: what both must show, what must be
 * equal, what differs for a reason. See scenario.ts; `deno task test:diff`
 * prints the same scenario by scenario.
 *
 * The scenarios run side by side from the first test on, each test waits for
 * its own. Without nginx they are skipped, aloud.
 */

import { assert, assertEquals } from "@std/assert";
import { UNSHOWN } from "./divergence.ts";
import type { Verdict } from "./judge.ts";
import { unused } from "./judge.ts";
import { LISTS, missingFor, Runs } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";

/** Section 13 of what is known of nginx: W1 to W23, and W9b. */
const WEAKNESSES: readonly string[] = [
  ...Array.from({ length: 23 }, (_, index) => `W${index + 1}`),
  "W9b",
];

const runnable = SCENARIOS.filter((scenario) => {
  const why = missingFor(scenario);
  if (why !== undefined) {
    // deno-lint-ignore no-console
    console.log(`SKIPPED, ${why}: ${scenario.name}`);
  }
  return why === undefined;
});

const started = new Map<string, Promise<Verdict>>();

/** All of them begin with the first. */
function verdictOf(name: string): Promise<Verdict> {
  if (started.size === 0) {
    const runs = new Runs();
    for (const scenario of runnable) {
      const verdict = runs.run(scenario);
      // Whose test is not run has nobody to hear of its failure.
      verdict.catch(() => {});
      started.set(scenario.name, verdict);
    }
  }
  const verdict = started.get(name);
  assert(verdict !== undefined);
  return verdict;
}

for (const scenario of SCENARIOS) {
  Deno.test({
    name: `as nginx: ${scenario.name}`,
    ignore: !runnable.includes(scenario),
    fn: async () => {
      const { facts } = await verdictOf(scenario.name);
      const wrong = facts.filter(({ verdict }) => verdict === "wrong");
      assertEquals(wrong, []);
      assert(facts.length > 0);
    },
  });
}

Deno.test({
  name: "every listed difference was seen",
  ignore: runnable.length < SCENARIOS.length,
  fn: async () => {
    const verdicts = runnable.map(({ name }) => verdictOf(name));
    assertEquals(unused(LISTS, await Promise.all(verdicts)), []);
  },
});

Deno.test("every weakness of nginx is shown, or it is said why not", () => {
  const shown = SCENARIOS.flatMap(({ right = [] }) =>
    right.map(({ weakness }) => weakness)
  );
  const all = new Set([...shown, ...UNSHOWN.map(({ weakness }) => weakness)]);
  assertEquals([...all].sort(), [...WEAKNESSES].sort());
});

Deno.test("every scenario has a name of its own, and asserts something", () => {
  const names = SCENARIOS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  assert(names.length >= 30);
  for (const { name, expect, right = [] } of SCENARIOS) {
    assert(Object.keys(expect).length + right.length > 0, name);
  }
});
