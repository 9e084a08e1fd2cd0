/**
 * Memory of the master and of each worker, with two workers, from
 * smaps_rollup: at rest after a start, when there are requests again, and long
 * after a load. The same number of requests and the same waiting for all.
 *
 * PSS shares a page among all who map it. The bench runs on Deno too and would
 * lower procmgr's share, so procmgr runs on a copy of the deno file here; and
 * one program runs at a time, so that no two share Node.
 */

import { type Context, missingRows, pause, withServer } from "./context.ts";
import { isAnswered } from "./answer.ts";
import type { Driver } from "./driver.ts";
import { startLoad } from "./load_client.ts";
import { type Memory, memoryOf } from "./process_table.ts";
import { compareLimit, type Section } from "./section.ts";
import { median } from "./statistics.ts";
import { formatMiB } from "./table.ts";

const WORKERS = 2;
const REQUESTS = 20;
const IDLE_MS = 5000;
/** How soon a worker is looked at that has answered again. */
const AGAIN_MS = 1000;
const LOAD_CONNECTIONS = 32;
/** Long enough for whatever a program does about memory when it is idle. */
const AFTER_LOAD_MS = 35_000;

interface Sample {
  readonly master: Memory;
  readonly workers: readonly Memory[];
  /** The workers, after some more requests. */
  readonly again: readonly Memory[];
  /** The workers, long after a load; empty: not measured. */
  readonly loaded: readonly Memory[];
}

/** Limits: PSS of master and of worker below PM2's. */
export async function measureMemory(context: Context): Promise<Section> {
  const drivers = [context.procmgrAlone, ...context.peers];
  const samples = new Map(drivers.map((one) => [one.name, [] as Sample[]]));
  const rounds = context.settings.longRuns;
  for (let round = 1; round <= rounds; round++) {
    context.say(`memory: round ${round} of ${rounds}`);
    for (const driver of drivers) {
      const isLast = round === rounds;
      const sample = await takeSample(context, { driver, isLast });
      if (sample !== undefined) {
        samples.get(driver.name)?.push(sample);
      }
    }
  }
  return describe(context, samples);
}

async function takeSample(
  context: Context,
  { driver, isLast }: { driver: Driver; isLast: boolean },
): Promise<Sample | undefined> {
  return await withServer(context, { driver, workers: WORKERS }, async (it) => {
    if (it.masterPid === undefined) {
      throw new Error("there is no master");
    }
    const workers = () => it.workerPids().map(memoryOf);
    await askSome(it.port);
    await pause(IDLE_MS);
    const atRest = { master: memoryOf(it.masterPid), workers: workers() };
    await askSome(it.port);
    await pause(AGAIN_MS);
    const again = workers();
    if (!isLast || context.settings.quick) {
      return { ...atRest, again, loaded: [] };
    }
    await loadOnce(context, it.port);
    await pause(AFTER_LOAD_MS);
    return { ...atRest, again, loaded: workers() };
  });
}

async function askSome(port: number): Promise<void> {
  for (let count = 0; count < REQUESTS; count++) {
    await isAnswered(port);
  }
}

async function loadOnce(context: Context, port: number): Promise<void> {
  const load = startLoad(context.scratch, {
    port,
    connections: LOAD_CONNECTIONS,
    mode: "keepalive",
    timeoutMs: 10_000,
  });
  await pause(context.settings.seconds * 1000);
  await load.stop();
}

interface Medians {
  readonly master: number;
  readonly masterOwn: number;
  readonly worker: number;
  readonly workerOwn: number;
  readonly total: number;
  readonly again: number;
  readonly loaded: number;
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
    again: median(samples.flatMap(({ again }) => again).map(({ pss }) => pss)),
    loaded: median(
      samples.flatMap(({ loaded }) => loaded).map(({ pss }) => pss),
    ),
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
    formatMiB(one.again),
    Number.isNaN(one.loaded) ? "-" : formatMiB(one.loaded),
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
      "asked again",
      "after load",
    ],
    rows: [...rows, ...missingRows(context, 8)],
    notes: [
      "own: pages that no other process maps (private clean and dirty)",
      `asked again: worker PSS ${AGAIN_MS / 1000} s after ${REQUESTS} more ` +
      `requests; after load: ${AFTER_LOAD_MS / 1000} s after ` +
      `${context.settings.seconds} s of full load, once`,
    ],
    limits: [limit("master"), limit("worker")],
    data: Object.fromEntries(samples),
  };
}
