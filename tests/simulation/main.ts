// deno-lint-ignore-file no-console
/**
 * `deno task sim`: live random lives until enough transitions, seconds or
 * minutes are over, and say what was reached. The first life has the seed
 * given, the following ones are drawn from it, so a failing life is replayed
 * by its own seed.
 *
 *     --seed=N       where to start; random and printed without it
 *     --steps=N      transitions in all
 *     --seconds=N --minutes=N
 *     --only=a,b     these faults at most
 *     --verbose      every transition
 *
 * Exit code 0: nothing broken; 1: a broken rule; 100: wrong usage.
 */

import { parseArgs } from "@std/cli/parse-args";
import { EXIT_CODE } from "../../src/base/exit_code.ts";
import { FAULTS } from "./fault.ts";
import type { Fault } from "./fault.ts";
import type { Wish } from "./run.ts";
import { run } from "./run.ts";

const OPTIONS = ["seed", "steps", "seconds", "minutes", "only"] as const;

/** The exit code of a run with these arguments. */
export function main(args: readonly string[]): number {
  const wish = parse(args);
  if (typeof wish === "string") {
    console.error(`sim: ${wish}`);
    return EXIT_CODE.USAGE;
  }
  return run(wish) ? EXIT_CODE.DONE : EXIT_CODE.FAILED;
}

/** What is wished for, or why that cannot be. */
function parse(args: readonly string[]): Wish | string {
  const options = parseArgs(args, {
    string: [...OPTIONS],
    boolean: ["verbose"],
  });
  const known = [...OPTIONS, "verbose", "_"] as readonly string[];
  const strange = Object.keys(options).find((name) => !known.includes(name));
  if (options._.length > 0) return `${options._[0]} is no option`;
  if (strange !== undefined) return `unknown option --${strange}`;
  const only = options.only?.split(",") ?? [];
  const unknown = only.find((name) => !isFault(name));
  if (unknown !== undefined) return `unknown fault ${unknown}`;
  const seed = numberOf(options.seed) ?? Math.floor(Math.random() * 2 ** 31);
  const seconds = numberOf(options.seconds) ??
    scaled(numberOf(options.minutes), 60);
  const steps = numberOf(options.steps) ??
    (seconds === undefined ? 100_000 : Infinity);
  if ([seed, steps, seconds ?? 0].some(Number.isNaN)) return "not a number";
  return {
    seed,
    stepsMax: steps,
    secondsMax: seconds ?? Infinity,
    isVerbose: options.verbose === true,
    ...(only.length === 0 ? {} : { only: new Set(only.filter(isFault)) }),
  };
}

function isFault(name: string): name is Fault {
  return (FAULTS as readonly string[]).includes(name);
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text.replaceAll("_", ""));
}

function scaled(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value * by;
}

if (import.meta.main) Deno.exit(main(Deno.args));
