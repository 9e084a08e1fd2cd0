// deno-lint-ignore-file no-console
/**
 * Many lives, their sum, and the report of the one that failed: what was
 * broken, the last transitions, the smallest set of faults that still breaks
 * it, and the command that replays it.
 */

import { createPrng } from "../../src/base/prng.ts";
import { Coverage } from "./coverage.ts";
import type { Fault, FaultSet } from "./fault.ts";
import { FAULTS } from "./fault.ts";
import type { LifeReport } from "./life.ts";
import { live } from "./life.ts";

/** What was asked for. */
export interface Wish {
  readonly seed: number;
  readonly stepsMax: number;
  readonly secondsMax: number;
  readonly isVerbose: boolean;
  /** No tables at the end. */
  readonly isBrief?: boolean;
  readonly only?: FaultSet;
}

/** What is added up. */
type Counted =
  | "steps"
  | "simulatedMs"
  | "spawns"
  | "accepted"
  | "lostByOrder"
  | "lostByFault"
  | "faults"
  | "coverage";

/** The sum over all lives. */
export class Summary {
  lives = 0;
  steps = 0;
  simulatedMs = 0;
  spawns = 0;
  accepted = 0;
  lostByOrder = 0;
  lostByFault = 0;
  readonly faults = new Map<Fault, number>();
  readonly coverage = new Coverage();

  add(life: Pick<LifeReport, Counted>): void {
    this.lives += 1;
    this.steps += life.steps;
    this.simulatedMs += life.simulatedMs;
    this.spawns += life.spawns;
    this.accepted += life.accepted;
    this.lostByOrder += life.lostByOrder;
    this.lostByFault += life.lostByFault;
    for (const [fault, count] of life.faults) {
      this.faults.set(fault, (this.faults.get(fault) ?? 0) + count);
    }
    this.coverage.add(life.coverage);
  }

  /** Add the sum of other lives. */
  merge(other: Summary): void {
    this.lives += other.lives - 1;
    this.add(other);
  }
}

/** The first life has the seed itself, the others are drawn from it. */
export function* lifeSeeds(seed: number): Generator<number> {
  const random = createPrng(seed);
  yield seed;
  for (;;) yield random.int(2 ** 31);
}

/** Live as wished and print what came of it; false when a rule was broken. */
export function run(wish: Wish): boolean {
  console.log(`seed ${wish.seed}`);
  const begun = performance.now();
  const summary = new Summary();
  const seconds = () => (performance.now() - begun) / 1000;
  for (const seed of lifeSeeds(wish.seed)) {
    const life = live({
      seed,
      stepsMax: wish.stepsMax - summary.steps,
      ...wish.only === undefined ? {} : { only: wish.only },
      ...wish.isVerbose ? { onLine: console.log } : {},
    });
    summary.add(life);
    if (life.failure !== undefined) {
      printFailure(life, wish.only);
      return false;
    }
    if (summary.steps >= wish.stepsMax) break;
    if (seconds() >= wish.secondsMax) break;
  }
  printTotals(summary, seconds());
  if (wish.isBrief !== true) printTables(summary);
  return true;
}

function printFailure(life: LifeReport, only: FaultSet | undefined): void {
  const { seed, steps, failure } = life;
  if (failure === undefined) return;
  console.log(failure.lines.join("\n"));
  console.log("");
  for (const rule of failure.rules) console.log(`BROKEN ${rule}`);
  console.log(`commit ${commit()}`);
  const given = only === undefined ? "" : ` --only=${[...only].join()}`;
  console.log(
    `replay deno task sim --seed=${seed} --steps=${steps + 1}${given}`,
  );
  const small = shrink(life);
  if (small === undefined) return;
  console.log(
    `shrunk deno task sim --seed=${seed} --steps=${small.steps + 1} ` +
      `--only=${small.faults.join() || "timerLate"}`,
  );
}

/** The faults that are needed: each is left out if the rule still breaks. */
export function shrink(
  life: LifeReport,
): { readonly faults: readonly Fault[]; readonly steps: number } | undefined {
  const rule = nameOf(life);
  let faults = life.drawn;
  let steps: number | undefined;
  for (const fault of life.drawn) {
    const without = faults.filter((other) => other !== fault);
    const tried = live({ seed: life.seed, only: new Set(without) });
    if (nameOf(tried) !== rule) continue;
    faults = without;
    steps = tried.steps;
  }
  return steps === undefined ? undefined : { faults, steps };
}

/** The rule's name: what a failure is compared by. */
function nameOf({ failure }: LifeReport): string | undefined {
  return failure?.rules[0]?.replaceAll(/\d+/g, "N");
}

function commit(): string {
  try {
    const { stdout } = new Deno.Command("git", {
      args: ["rev-parse", "HEAD"],
      stderr: "null",
    }).outputSync();
    return new TextDecoder().decode(stdout).trim() || "unknown";
  } catch {
    return "unknown";
  }
}

function printTotals(summary: Summary, seconds: number): void {
  const { steps } = summary;
  const hours = summary.simulatedMs / 3_600_000;
  console.log(
    `${summary.lives} lives, ${steps} steps, ` +
      `${hours.toFixed(0)} simulated hours in ${seconds.toFixed(1)} s ` +
      `(${Math.round(steps / seconds)} steps/s)`,
  );
  console.log(
    `${summary.spawns} spawns; connections: ${summary.accepted} accepted, ` +
      `${summary.lostByOrder} cut by order, ` +
      `${summary.lostByFault} lost to faults, 0 lost by the master`,
  );
}

function printTables({ faults, coverage }: Summary): void {
  console.log("faults injected:");
  for (const fault of FAULTS) {
    console.log(`  ${fault.padEnd(18)}${faults.get(fault) ?? 0}`);
  }
  console.log("notices:");
  for (const [kind, count] of [...coverage.notices].sort()) {
    console.log(`  ${kind.padEnd(22)}${count}`);
  }
  const missing = coverage.missing();
  const possible = coverage.possible().length;
  console.log(
    `pairs reached: ${possible - missing.length} of ${possible}` +
      (missing.length > 0 ? "; never:" : ""),
  );
  for (const pair of missing) console.log(`  ${pair}`);
}
