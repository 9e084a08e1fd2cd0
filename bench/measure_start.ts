/**
 * Cold start: from spawn to the first full answer, with two workers.
 *
 * One round that is not counted fills the page cache and the code caches; the
 * rest are interleaved, one start of every program per round. A millisecond
 * lies between two tries to get an answer.
 */

import { type Context, missingRows, withServer } from "./context.ts";
import type { Driver } from "./driver.ts";
import { compareLimit, type Section } from "./section.ts";
import { median, medianRatio, range } from "./statistics.ts";
import { formatMs, formatNumber } from "./table.ts";

const WORKERS = 2;

/** Limit: procmgr starts faster than node:cluster. */
export async function measureStart(context: Context): Promise<Section> {
  const drivers = [
    context.procmgr,
    context.procmgrTask,
    context.procmgrRun,
    context.raw,
    ...context.peers,
  ];
  const times = new Map(drivers.map((driver) => [driver.name, [] as number[]]));
  for (let run = 0; run <= context.settings.runs; run++) {
    context.say(`start: round ${run} of ${context.settings.runs}`);
    for (const driver of drivers) {
      const ms = await startOnce(context, driver);
      if (run > 0) {
        times.get(driver.name)?.push(ms);
      }
    }
  }
  return describe(context, times);
}

async function startOnce(context: Context, driver: Driver): Promise<number> {
  const ms = await withServer(
    context,
    { driver, workers: WORKERS },
    (server) => Promise.resolve(server.startMs),
  );
  return ms ?? NaN;
}

function describe(context: Context, times: Map<string, number[]>): Section {
  const cluster = times.get("node:cluster") ?? [];
  // By the task and not the quicker command: that is the one people type.
  const ours = times.get(context.procmgrTask.name) ?? [];
  const rows = [...times].map(([name, values]) => {
    const [least, most] = range(values);
    return [
      name,
      formatMs(median(values)),
      `${formatNumber(least)}..${formatNumber(most)}`,
      formatNumber(medianRatio(values, cluster)),
    ];
  });
  return {
    title: `start: spawn to first answer, ${WORKERS} workers, ` +
      `median of ${context.settings.runs}`,
    head: ["program", "median", "range ms", "to node:cluster"],
    rows: [...rows, ...missingRows(context, 4)],
    notes: [],
    limits: [
      compareLimit("cold start by `deno task start` below node:cluster's", {
        ours: median(ours),
        theirs: median(cluster),
        holds: (a, b) => a < b,
        detail: `${formatMs(median(ours))} against ` +
          `${formatMs(median(cluster))}, ` +
          `ratio ${formatNumber(medianRatio(ours, cluster))}`,
      }),
    ],
    data: Object.fromEntries(times),
  };
}
