/**
 * Start and reload of procmgr with more and more workers: until every worker is
 * ready, not until the first answers.
 *
 * Linear means that a worker costs as much among 64 as among 8. What does not
 * depend on the number (the master's own start, the reload command's) makes few
 * workers look dear, so the line through all points is printed too.
 */

import { type Context, pause, withServer } from "./context.ts";
import type { Limit, Section } from "./section.ts";
import { fitLine, median, medianRatio } from "./statistics.ts";
import { formatMs, formatNumber } from "./table.ts";

const GROWTH_MAX = 1.5;
const FROM_DIVISOR = 8;
const IDLE_MS = 300;

interface Sample {
  readonly startMs: number;
  readonly reloadMs: number;
}

/** Limits: ms per worker at most by half more among 64 than among 8. */
export async function measureScale(context: Context): Promise<Section> {
  const { scale, longRuns: rounds } = context.settings;
  const samples = new Map(scale.map((workers) => [workers, [] as Sample[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const workers of scale) {
      context.say(`scale: round ${round} of ${rounds}, ${workers} workers`);
      const sample = await takeSample(context, workers);
      if (sample !== undefined) {
        samples.get(workers)?.push(sample);
      }
    }
  }
  return describe(samples, rounds);
}

async function takeSample(
  context: Context,
  workers: number,
): Promise<Sample | undefined> {
  const spawnedMs = performance.now();
  return await withServer(
    context,
    { driver: context.procmgr, workers },
    async (server) => {
      const startMs = performance.now() - spawnedMs;
      await pause(IDLE_MS);
      const reloadedMs = performance.now();
      await server.reload();
      return { startMs, reloadMs: performance.now() - reloadedMs };
    },
  );
}

type Kind = "start" | "reload";

function mediansOf(
  samples: Map<number, Sample[]>,
  kind: Kind,
): Map<number, number> {
  return new Map(
    [...samples].map(([workers, list]) => [
      workers,
      median(list.map((one) => msOf(one, kind))),
    ]),
  );
}

function describe(samples: Map<number, Sample[]>, rounds: number): Section {
  const start = mediansOf(samples, "start");
  const reload = mediansOf(samples, "reload");
  const cells = (medians: Map<number, number>, workers: number) => {
    const ms = medians.get(workers) ?? NaN;
    return [formatMs(ms), formatNumber(ms / workers)];
  };
  return {
    title: `scale: procmgr until all workers are ready, median of ${rounds}`,
    head: ["workers", "start", "ms per worker", "reload", "ms per worker"],
    rows: [...samples.keys()].map((workers) => [
      String(workers),
      ...cells(start, workers),
      ...cells(reload, workers),
    ]),
    notes: [lineNote("start", start), lineNote("reload", reload)],
    limits: [growthLimit("start", samples), growthLimit("reload", samples)],
    data: Object.fromEntries(samples),
  };
}

function lineNote(kind: Kind, medians: Map<number, number>): string {
  const line = fitLine([...medians]);
  return `${kind}: ${formatNumber(line.intercept)} ms + ` +
    `${formatNumber(line.slope)} ms per worker, ` +
    `r² ${line.r2.toFixed(3)}`;
}

function growthLimit(kind: Kind, samples: Map<number, Sample[]>): Limit {
  const most = Math.max(...samples.keys());
  const few = most / FROM_DIVISOR;
  const each = (workers: number) =>
    (samples.get(workers) ?? []).map((one) => msOf(one, kind) / workers);
  // Round by round: a busy machine then slows down both sides of the ratio.
  const growth = medianRatio(each(most), each(few));
  return {
    name: `${kind} linear in workers up to ${most}`,
    holds: growth <= GROWTH_MAX,
    detail: `${formatNumber(median(each(most)))} ms per worker at ${most} ` +
      `against ${formatNumber(median(each(few)))} at ${few}, ` +
      `ratio ${formatNumber(growth)} (at most ${GROWTH_MAX})`,
  };
}

function msOf(sample: Sample, kind: Kind): number {
  return kind === "start" ? sample.startMs : sample.reloadMs;
}
