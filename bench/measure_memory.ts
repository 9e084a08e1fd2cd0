/**
 * Idle memory of the master and of each worker, with two workers, from
 * smaps_rollup.
 *
 * PSS shares a page among all who map it. The bench runs on Deno too and would
 * lower procmgr's share, so procmgr runs on a copy of the deno file here; and
 * one program runs at a time, so that no two share Node.
 */

import { type Context, missingRows, pause, withServer } from "./context.ts";
import { isAnswered } from "./answer.ts";
import type { Driver } from "./driver.ts";
import { type Memory, memoryOf } from "./process_table.ts";
import { compareLimit, type Section } from "./section.ts";
import { median } from "./statistics.ts";
import { formatMiB } from "./table.ts";

const WORKERS = 2;
const REQUESTS = 20;
const IDLE_MS = 5000;
const IDLE_QUICK_MS = 1000;

interface Sample {
  readonly master: Memory;
  readonly workers: readonly Memory[];
}

/** Limits: PSS of master and of worker below PM2's. */
export async function measureMemory(context: Context): Promise<Section> {
  const drivers = [context.procmgrAlone, ...context.peers];
  const samples = new Map(drivers.map((one) => [one.name, [] as Sample[]]));
  const rounds = context.settings.longRuns;
  for (let round = 1; round <= rounds; round++) {
    context.say(`memory: round ${round} of ${rounds}`);
    for (const driver of drivers) {
      const sample = await takeSample(context, driver);
      if (sample !== undefined) {
        samples.get(driver.name)?.push(sample);
      }
    }
  }
  return describe(context, samples);
}

async function takeSample(
  context: Context,
  driver: Driver,
): Promise<Sample | undefined> {
  return await withServer(context, { driver, workers: WORKERS }, async (it) => {
    for (let count = 0; count < REQUESTS; count++) {
      await isAnswered(it.port);
    }
    await pause(context.settings.quick ? IDLE_QUICK_MS : IDLE_MS);
    if (it.masterPid === undefined) {
      throw new Error("there is no master");
    }
    return {
      master: memoryOf(it.masterPid),
      workers: it.workerPids().map(memoryOf),
    };
  });
}

interface Medians {
  readonly master: number;
  readonly masterOwn: number;
  readonly worker: number;
  readonly workerOwn: number;
  readonly total: number;
}

function mediansOf(samples: readonly Sample[]): Medians {
  const workers = samples.flatMap((sample) => sample.workers);
  const totals = samples.map(({ master, workers }) =>
    workers.reduce((total, one) => total + one.pss, master.pss)
  );
  return {
    master: median(samples.map(({ master }) => master.pss)),
    masterOwn: median(samples.map(({ master }) => master.own)),
    worker: median(workers.map(({ pss }) => pss)),
    workerOwn: median(workers.map(({ own }) => own)),
    total: median(totals),
  };
}

function describe(context: Context, samples: Map<string, Sample[]>): Section {
  const medians = new Map(
    [...samples].map(([name, list]) => [name, mediansOf(list)]),
  );
  const ours = medians.get(context.procmgrAlone.name) ?? mediansOf([]);
  const pm2 = medians.get("PM2") ?? mediansOf([]);
  const rows = [...medians].map(([name, one]) => [
    name,
    ...[one.master, one.masterOwn, one.worker, one.workerOwn, one.total]
      .map(formatMiB),
  ]);
  const limit = (part: "master" | "worker") =>
    compareLimit(`idle PSS of the ${part} below PM2's`, {
      ours: ours[part],
      theirs: pm2[part],
      holds: (a, b) => a < b,
      detail: `${formatMiB(ours[part])} against ${formatMiB(pm2[part])}`,
    });
  return {
    title: `memory: idle, ${WORKERS} workers`,
    head: [
      "program",
      "master PSS",
      "its own",
      "worker PSS",
      "its own",
      "all PSS",
    ],
    rows: [...rows, ...missingRows(context, 6)],
    notes: ["own: pages that no other process maps (private clean and dirty)"],
    limits: [limit("master"), limit("worker")],
    data: Object.fromEntries(samples),
  };
}
