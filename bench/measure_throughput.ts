/**
 * Hello with two workers and 32 keep-alive connections: answers per second.
 *
 * All servers run at once and idle, but for the one that is loaded: so nobody
 * is measured in a machine state of its own. Rounds are interleaved after one
 * that only warms up. Clients and servers share the cores, so ratios mean
 * something and absolute numbers do not.
 */

import { attempt, type Context, missingRows, pause } from "./context.ts";
import type { Driver, Server } from "./driver.ts";
import { startLoad } from "./load_client.ts";
import { lostTotal } from "./load_report.ts";
import { cpuMsOf } from "./process_table.ts";
import { compareLimit, type Section } from "./section.ts";
import { median, medianRatio, range } from "./statistics.ts";
import { formatNumber } from "./table.ts";
import { isWrkInstalled, runWrk, wrkErrors } from "./wrk.ts";

const WORKERS = 2;
const CONNECTIONS = 32;

interface Running {
  readonly driver: Driver;
  readonly server: Server;
  readonly rates: number[];
  /** CPU time of all its processes per answer, in microseconds. */
  readonly cpuUs: number[];
  errors: number;
}

/** Limit: procmgr answers more than node:cluster. */
export async function measureThroughput(context: Context): Promise<Section> {
  const wrk = await isWrkInstalled(context.scratch);
  const running: Running[] = [];
  try {
    for (const driver of [context.procmgr, context.raw, ...context.peers]) {
      await attempt(context, driver, async () => {
        const server = await driver.start(context.scratch, WORKERS);
        running.push({ driver, server, rates: [], cpuUs: [], errors: 0 });
        await server.settle();
      });
    }
    await measureRounds(context, running, wrk);
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
  return describe(context, running, wrk);
}

async function measureRounds(
  context: Context,
  running: readonly Running[],
  wrk: boolean,
): Promise<void> {
  for (let run = 0; run <= context.settings.runs; run++) {
    context.say(`throughput: round ${run} of ${context.settings.runs}`);
    const { seconds } = context.settings;
    for (const one of running) {
      await attempt(context, one.driver, async () => {
        const before = cpuMs(one.server);
        const { perSecond, answers, errors } = wrk
          ? await loadByWrk(context, one.server.port, seconds)
          : await loadByOwn(context, one.server.port, seconds);
        if (run > 0) {
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

interface Rate {
  readonly perSecond: number;
  readonly answers: number;
  readonly errors: number;
}

async function loadByWrk(
  context: Context,
  port: number,
  seconds: number,
): Promise<Rate> {
  const report = await runWrk(context.scratch, {
    port,
    connections: CONNECTIONS,
    seconds,
  });
  return {
    perSecond: report.perSecond,
    answers: report.requests,
    errors: wrkErrors(report),
  };
}

async function loadByOwn(
  context: Context,
  port: number,
  seconds: number,
): Promise<Rate> {
  const load = startLoad(context.scratch, {
    port,
    connections: CONNECTIONS,
    mode: "keepalive",
    timeoutMs: 5000,
  });
  await pause(seconds * 1000);
  const report = await load.stop();
  return {
    perSecond: report.answered / report.seconds,
    answers: report.answered,
    errors: lostTotal(report),
  };
}

function describe(
  context: Context,
  running: readonly Running[],
  wrk: boolean,
): Section {
  const rates = (name: string) =>
    running.find(({ driver }) => driver.name === name)?.rates ?? [];
  const cluster = rates("node:cluster");
  const ours = rates(context.procmgr.name);
  const ratio = medianRatio(ours, cluster);
  const rowOf = ({ driver, rates, cpuUs, errors }: Running) => [
    driver.name,
    formatNumber(median(rates)),
    range(rates).map(formatNumber).join(".."),
    formatNumber(medianRatio(rates, cluster)),
    formatNumber(medianRatio(rates, ours)),
    formatNumber(median(cpuUs)),
    String(errors),
  ];
  return {
    title: `throughput: hello, ${WORKERS} workers, ${CONNECTIONS} keep-alive ` +
      `connections, ${wrk ? "wrk" : "own generator (wrk is not installed)"}, ` +
      `median of ${context.settings.runs} × ${context.settings.seconds} s`,
    head: [
      "program",
      "answers/s",
      "range",
      "to node:cluster",
      "to procmgr",
      "CPU µs each",
      "errors",
    ],
    rows: [...running.map(rowOf), ...missingRows(context, 7)],
    notes: [
      "CPU: master and workers, per answer; steadier than answers per second",
    ],
    limits: [
      compareLimit("hello throughput above node:cluster's", {
        ours: median(ours),
        theirs: median(cluster),
        holds: () => ratio > 1,
        detail: `${formatNumber(median(ours))} against ` +
          `${formatNumber(median(cluster))} answers/s, ` +
          `ratio ${formatNumber(ratio)}`,
      }),
    ],
    data: Object.fromEntries(
      running.map(({ driver, rates, cpuUs, errors }) => [
        driver.name,
        { rates, cpuUs, errors },
      ]),
    ),
  };
}
