/**
 * Answers per second of several programs, in rounds.
 *
 * All servers run at once and idle, but for the one that is loaded: so nobody
 * is measured in a machine state of its own. Rounds are interleaved after one
 * that only warms up. Clients and servers share the cores, so ratios mean
 * something and absolute numbers do not.
 */

import { attempt, type Context } from "./context.ts";
import type { Driver, Server } from "./driver.ts";
import { cpuMsOf } from "./process_table.ts";
import { median, medianRatio, range } from "./statistics.ts";
import { formatNumber } from "./table.ts";

/** One program, and what was measured of it so far. */
export interface Running {
  readonly driver: Driver;
  readonly server: Server;
  readonly rates: number[];
  /** CPU time of all its processes per answer, in microseconds. */
  readonly cpuUs: number[];
  errors: number;
}

/** What one load came to. */
export interface Rate {
  readonly perSecond: number;
  readonly answers: number;
  readonly errors: number;
}

/** How programs are compared. */
export interface Contest {
  /** For whoever waits. */
  readonly name: string;
  readonly drivers: readonly Driver[];
  readonly workers: number;
  /** Without the one that warms up. */
  readonly rounds: number;
  /** Puts load on a server for a while. */
  readonly load: (server: Server) => Promise<Rate>;
}

/** Starts them all, loads one after the other, stops them all. */
export async function holdContest(
  context: Context,
  contest: Contest,
): Promise<readonly Running[]> {
  const running: Running[] = [];
  try {
    for (const driver of contest.drivers) {
      await attempt(context, driver, async () => {
        const server = await driver.start(context.scratch, contest.workers);
        running.push({ driver, server, rates: [], cpuUs: [], errors: 0 });
        await server.settle();
      });
    }
    await measureRounds(context, contest, running);
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
  return running;
}

async function measureRounds(
  context: Context,
  { name, rounds, load }: Contest,
  running: readonly Running[],
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    context.say(`${name}: round ${round} of ${rounds}`);
    for (const one of running) {
      await attempt(context, one.driver, async () => {
        const before = cpuMs(one.server);
        const { perSecond, answers, errors } = await load(one.server);
        if (round > 0) {
          one.rates.push(perSecond);
          one.cpuUs.push((cpuMs(one.server) - before) * 1000 / answers);
          one.errors += errors;
        }
      });
    }
  }
}

function cpuMs(server: Server): number {
  const master = server.masterPid === undefined ? [] : [server.masterPid];
  return [...master, ...server.workerPids()]
    .reduce((total, pid) => total + cpuMsOf(pid), 0);
}

/** The rates of the program with that name; none when it did not run. */
export function ratesOf(
  running: readonly Pick<Running, "driver" | "rates">[],
  name: string,
): readonly number[] {
  return running.find(({ driver }) => driver.name === name)?.rates ?? [];
}

/** What RATE_HEAD is above: answers, CPU and errors of one program. */
export function rateCells(
  { rates, cpuUs, errors }: Omit<Running, "driver" | "server">,
  ours: readonly number[],
): string[] {
  return [
    formatNumber(median(rates)),
    range(rates).map(formatNumber).join(".."),
    formatNumber(medianRatio(rates, ours)),
    formatNumber(median(cpuUs)),
    String(errors),
  ];
}

/** Above the cells of one program. */
export const RATE_HEAD: readonly string[] = [
  "answers/s",
  "range",
  "to procmgr",
  "CPU µs each",
  "errors",
];

/** The raw numbers, for the JSON. */
export function rateData(running: readonly Running[]): Record<string, unknown> {
  return Object.fromEntries(
    running.map(({ driver, rates, cpuUs, errors }) => [
      driver.name,
      { rates, cpuUs, errors },
    ]),
  );
}
