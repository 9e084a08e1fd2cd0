// deno-lint-ignore-file no-console
/**
 * `deno task test:diff`: every scenario on nginx and on procmgr, as it comes
 * in, and what differs with its reason. Words of a scenario's name choose it;
 * `--facts` prints the equal ones too; `--page` writes docs/differences.md and
 * runs nothing. Exit code 1 when anything differs that
 * is not listed, or is listed and does not differ.
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Judged, unused, type Verdict } from "./judge.ts";
import { PAGE_FILE, pageText } from "./page.ts";
import { LISTS, missingFor, Runs } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const flags = parseArgs(Deno.args, { boolean: ["facts", "page"] });

const words = flags._.map(String);
const chosen = SCENARIOS.filter(({ name }) =>
  words.every((word) => name.includes(word))
);

function report({ name }: Scenario, { facts }: Verdict, ms: number): void {
  const of = (verdict: Judged["verdict"]): number =>
    facts.filter((fact) => fact.verdict === verdict).length;
  const mark = of("wrong") > 0 ? "FAILED" : "ok";
  console.log(
    `${mark.padEnd(7)} ${name} (${(ms / 1000).toFixed(1)} s): ` +
      `${of("equal")} equal, ${of("listed")} listed, ${of("better")} better` +
      (of("wrong") > 0 ? `, ${of("wrong")} WRONG` : ""),
  );
  for (const { fact, nginx, procmgr, verdict, reason } of facts) {
    if (verdict === "equal" && !flags.facts) continue;
    const why = reason === "" ? "" : ` (${reason})`;
    console.log(
      `        ${verdict.padEnd(6)}  ${fact}: nginx ${nginx}, ` +
        `procmgr ${procmgr}${why}`,
    );
  }
}

async function main(): Promise<number> {
  const runs = new Runs();
  const verdicts: Verdict[] = [];
  let failed = 0;
  await Promise.all(chosen.map(async (scenario) => {
    const why = missingFor(scenario);
    if (why !== undefined) {
      console.log(`SKIPPED ${scenario.name}: ${why}`);
      return;
    }
    const started = performance.now();
    try {
      const verdict = await runs.run(scenario);
      verdicts.push(verdict);
      report(scenario, verdict, performance.now() - started);
      if (verdict.facts.some((fact) => fact.verdict === "wrong")) failed += 1;
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${scenario.name}\n${error}`);
    }
  }));
  if (verdicts.length === SCENARIOS.length) {
    for (const row of unused(LISTS, verdicts)) {
      failed += 1;
      console.log(`FAILED  listed, and never seen: ${JSON.stringify(row)}`);
    }
  }
  console.log(`${verdicts.length} scenarios, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function writePage(): number {
  const file = new URL(`../../${PAGE_FILE}`, import.meta.url);
  Deno.writeTextFileSync(file, pageText(Deno.readTextFileSync(file)));
  return 0;
}

Deno.exit(flags.page ? writePage() : await main());
