/**
 * The bench's command line. Pure: text in, settings or a complaint out.
 */

import { parseArgs } from "node:util";

/** The measures, in the order they run. */
export const MEASURES = [
  "start",
  "throughput",
  "serving",
  "memory",
  "kill",
  "scale",
  "reload",
] as const;

/** One of the measures. */
export type Measure = typeof MEASURES[number];

/** What a run is to do. */
export interface Settings {
  readonly only: readonly Measure[];
  readonly quick: boolean;
  /** Leave the others out. */
  readonly alone: boolean;
  /** Rounds of what is measured several times. */
  readonly runs: number;
  /** Rounds of what takes long. */
  readonly longRuns: number;
  /** Reloads of procmgr per kind of load. */
  readonly reloads: number;
  /** Reloads of everything else. */
  readonly peerReloads: number;
  /** How long one load for throughput lasts. */
  readonly seconds: number;
  /** The same of `serving`, which has many of them. */
  readonly servingSeconds: number;
  /** Requests that a worker's memory must not grow by. */
  readonly requests: number;
  /** And those whose clients go before their end. */
  readonly aborts: number;
  /** Idle connections on one worker. */
  readonly idleConnections: number;
  /** Worker counts of `scale`, ascending. */
  readonly scale: readonly number[];
  readonly json: string;
}

/** The settings, or what to print and the exit code to end with. */
export type Parsed =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly text: string; readonly code: 0 | 100 };

/** The help text. */
export const USAGE = `usage: deno task bench [flags]
  --only=A,B    measure only these: ${MEASURES.join(", ")}
  --quick       a smoke run of three minutes; its numbers prove little
  --runs=N      rounds per measure [5, quick 2]
  --reloads=N   reloads of procmgr per kind of load [100, quick 10]
  --full        ten million requests and 100,000 aborted ones in \`serving\`,
                not 1,000,000 and 20,000
  --alone       procmgr without the others; limits that need them are skipped
  --json=PATH   where the results go [bench/results/latest.json]
  --help        this text
Exit code: 0 every limit holds, 1 one is broken or could not be measured,
100 wrong usage.
`;

const OPTIONS = {
  only: { type: "string" },
  quick: { type: "boolean" },
  full: { type: "boolean" },
  alone: { type: "boolean" },
  runs: { type: "string" },
  reloads: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean" },
} as const;

/** Reads the arguments. */
export function parseFlags(args: readonly string[]): Parsed {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    if (values.help) {
      return { ok: false, text: USAGE, code: 0 };
    }
    const quick = values.quick ?? false;
    const runs = count("runs", values.runs, quick ? 2 : 5);
    const reloads = count("reloads", values.reloads, quick ? 10 : 100);
    return {
      ok: true,
      settings: {
        only: measures(values.only),
        quick,
        alone: values.alone ?? false,
        runs,
        longRuns: Math.min(runs, quick ? 1 : 3),
        reloads,
        peerReloads: Math.min(reloads, quick ? 2 : 10),
        seconds: quick ? 1 : 5,
        servingSeconds: quick ? 1 : 2,
        ...enduring(quick, values.full ?? false),
        scale: quick ? [1, 2, 4, 8] : [1, 2, 4, 8, 16, 32, 64],
        json: values.json ?? `${import.meta.dirname}/results/latest.json`,
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, text: `bench: ${reason}\n${USAGE}`, code: 100 };
  }
}

/** How much a worker has to bear in `serving`. */
function enduring(
  quick: boolean,
  full: boolean,
): Pick<Settings, "requests" | "aborts" | "idleConnections"> {
  const idleConnections = quick ? 1000 : 10_000;
  if (full) return { requests: 10_000_000, aborts: 100_000, idleConnections };
  return quick
    ? { requests: 50_000, aborts: 2000, idleConnections }
    : { requests: 1_000_000, aborts: 20_000, idleConnections };
}

function measures(text: string | undefined): Measure[] {
  const wanted = text?.split(",");
  const unknown = wanted?.find((name) =>
    !MEASURES.some((measure) => measure === name)
  );
  if (unknown !== undefined) {
    throw new Error(`unknown measure "${unknown}"`);
  }
  return MEASURES.filter((name) => wanted?.includes(name) ?? true);
}

function count(
  name: string,
  text: string | undefined,
  otherwise: number,
): number {
  if (text === undefined) {
    return otherwise;
  }
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new Error(`--${name} takes a number from 1, not "${text}"`);
  }
  return Number(text);
}
