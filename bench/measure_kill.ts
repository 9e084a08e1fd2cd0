/**
 * SIGKILL of the only worker under load: is a connection refused, and how long
 * until somebody answers again?
 *
 * The load generator itself sends the kill, so one clock times it: from the
 * kill to the first full answer on a connection opened after it. Requests that
 * were outstanding at the dead worker are lost by any program and are not held
 * against it. The measure of a process start is one plain Deno process with
 * node:http, spawn to first answer, taken in the same round.
 */

import { type Context, missingRows, pause, withServer } from "./context.ts";
import type { Driver } from "./driver.ts";
import { startLoad } from "./load_client.ts";
import type { LoadReport } from "./load_report.ts";
import type { Limit, Section } from "./section.ts";
import { median, range } from "./statistics.ts";
import { formatMs, formatNumber } from "./table.ts";

const CONNECTIONS = 32;
const BEFORE_MS = 1000;
const AFTER_MS = 2000;
const STARTS_MAX = 3;

interface Round {
  readonly startMs: number;
  readonly report: LoadReport;
}

/** Limits: nothing refused; the next answer within three process starts. */
export async function measureKill(context: Context): Promise<Section> {
  const drivers = [context.procmgr, ...context.peers];
  const rounds = new Map(drivers.map(({ name }) => [name, [] as Round[]]));
  const baseline: number[] = [];
  const runs = killsOf(context);
  for (let run = 1; run <= runs; run++) {
    context.say(`kill: round ${run} of ${runs}`);
    const startMs = await withServer(
      context,
      { driver: context.raw, workers: 1 },
      (server) => Promise.resolve(server.startMs),
    );
    baseline.push(startMs ?? NaN);
    for (const driver of drivers) {
      const round = await killOnce(context, driver);
      rounds.get(driver.name)?.push(...(round === undefined ? [] : [round]));
    }
  }
  return describe(context, rounds, baseline);
}

async function killOnce(
  context: Context,
  driver: Driver,
): Promise<Round | undefined> {
  return await withServer(context, { driver, workers: 1 }, async (server) => {
    const [pid, ...more] = server.workerPids();
    if (pid === undefined || more.length > 0) {
      throw new Error(`there are ${more.length + 1} workers, 1 was asked for`);
    }
    const load = startLoad(context.scratch, {
      port: server.port,
      connections: CONNECTIONS,
      mode: "keepalive",
      timeoutMs: AFTER_MS,
      kill: { pid, afterMs: BEFORE_MS },
    });
    await pause(BEFORE_MS + AFTER_MS);
    return { startMs: server.startMs, report: await load.stop() };
  });
}

function killsOf({ settings }: Context): number {
  return settings.quick ? settings.longRuns : settings.runs;
}

function answersOf(rounds: readonly Round[]): number[] {
  return rounds.map(({ report }) => report.kill?.nextAnswerMs ?? Infinity);
}

function describe(
  context: Context,
  rounds: Map<string, Round[]>,
  baseline: readonly number[],
): Section {
  const rows = [...rounds].map(([name, list]) => {
    const total = (of: "refused" | "lostOld" | "lostNew") =>
      String(list.reduce((sum, one) => sum + (one.report.kill?.[of] ?? 0), 0));
    const answers = answersOf(list);
    const hung = list.reduce((sum, one) => sum + one.report.lost.timeout, 0);
    return [
      name,
      total("refused"),
      formatMs(median(answers)),
      range(answers).map(formatNumber).join(".."),
      formatMs(median(list.map(({ startMs }) => startMs))),
      total("lostOld"),
      total("lostNew"),
      String(hung),
    ];
  });
  return {
    title: `kill: SIGKILL of the only worker under load, ` +
      `${killsOf(context)} times`,
    head: [
      "program",
      "refused",
      "next answer",
      "range ms",
      "its own start",
      "lost with it",
      "lost after",
      "hung",
    ],
    rows: [...rows, ...missingRows(context, 8)],
    notes: [
      `one process start (Deno, node:http): ${formatMs(median(baseline))}`,
      `hung: no answer within ${AFTER_MS} ms; next answer "-": none at all`,
    ],
    limits: limitsOf(rounds.get(context.procmgr.name) ?? [], baseline),
    data: { rounds: Object.fromEntries(rounds), baseline },
  };
}

function limitsOf(
  ours: readonly Round[],
  baseline: readonly number[],
): Limit[] {
  const refused = ours.reduce(
    (sum, { report }) => sum + (report.kill?.refused ?? 0),
    0,
  );
  const answer = median(answersOf(ours));
  const start = median(baseline);
  return [
    {
      name: "no connection refused after SIGKILL of the only worker",
      holds: ours.length > 0 && refused === 0,
      detail: `${refused} refused in ${ours.length} kills`,
    },
    {
      name: `next answer within ${STARTS_MAX} process starts`,
      holds: answer <= STARTS_MAX * start,
      detail: `${formatMs(answer)} against one start of ${formatMs(start)}, ` +
        `ratio ${formatNumber(answer / start)}`,
    },
  ];
}
