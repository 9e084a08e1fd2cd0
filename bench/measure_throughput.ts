/**
 * Hello with two workers and 32 keep-alive connections: answers per second.
 */

import { type Context, missingRows, pause } from "./context.ts";
import { startLoad } from "./load_client.ts";
import { lostTotal } from "./load_report.ts";
import {
  holdContest,
  type Rate,
  RATE_HEAD,
  rateCells,
  rateData,
  ratesOf,
  type Running,
} from "./rounds.ts";
import { compareLimit, type Section } from "./section.ts";
import { median, medianRatio } from "./statistics.ts";
import { formatNumber } from "./table.ts";
import { isWrkInstalled, rateOf, runWrk } from "./wrk.ts";

const WORKERS = 2;
const CONNECTIONS = 32;

/** Limit: procmgr answers more than node:cluster. */
export async function measureThroughput(context: Context): Promise<Section> {
  const wrk = await isWrkInstalled(context.scratch);
  const { seconds, runs: rounds } = context.settings;
  const running = await holdContest(context, {
    name: "throughput",
    drivers: [context.procmgr, context.raw, ...context.peers],
    workers: WORKERS,
    rounds,
    load: ({ port }) =>
      wrk
        ? loadByWrk(context, port, seconds)
        : loadByOwn(context, port, seconds),
  });
  return describe(context, running, wrk);
}

async function loadByWrk(
  context: Context,
  port: number,
  seconds: number,
): Promise<Rate> {
  const connections = CONNECTIONS;
  return rateOf(
    await runWrk(context.scratch, { port, connections, seconds }),
  );
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
  const cluster = ratesOf(running, "node:cluster");
  const ours = ratesOf(running, context.procmgr.name);
  const ratio = medianRatio(ours, cluster);
  return {
    title: `throughput: hello, ${WORKERS} workers, ${CONNECTIONS} keep-alive ` +
      `connections, ${wrk ? "wrk" : "own generator (wrk is not installed)"}, ` +
      `median of ${context.settings.runs} × ${context.settings.seconds} s`,
    head: ["program", ...RATE_HEAD, "to node:cluster"],
    rows: [
      ...running.map((one) => [
        one.driver.name,
        ...rateCells(one, ours),
        formatNumber(medianRatio(one.rates, cluster)),
      ]),
      ...missingRows(context, 2 + RATE_HEAD.length),
    ],
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
    data: rateData(running),
  };
}
