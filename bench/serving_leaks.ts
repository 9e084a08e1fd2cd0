/**
 * Whether a worker's memory stays as it is, over many requests and over many
 * clients that go before they are answered.
 *
 * The worker collects all its garbage before it is looked at (memory_app.ts),
 * so that what its heap has is what something still holds. Its own pages follow
 * the heap only roughly, yet they show what is lost outside of it.
 */

import { attempt, type Context } from "./context.ts";
import { runAborts } from "./crowd_client.ts";
import type { Server } from "./driver.ts";
import { procmgrDriver, scriptLine } from "./driver_procmgr.ts";
import { fdsOf, memoryOf } from "./process_table.ts";
import { until } from "./scratch.ts";
import type { Limit, Section } from "./section.ts";
import { formatMiB } from "./table.ts";
import { isWrkInstalled, runWrk, wrkErrors } from "./wrk.ts";

const PROGRAMS = `${import.meta.dirname}/program`;
const CONNECTIONS = 32;
/** How often the memory is looked at on the way. */
const STEPS = 4;
/** What the first requests are, of all. */
const WARM_SHARE = 0.1;
/** And of the clients that go, who are fewer. */
const WARM_ABORTS_SHARE = 0.25;
/** The longest one load lasts. */
const SECONDS_MAX = 10;
/** How long a worker has to see that its clients are gone. */
const GONE_MS = 10_000;

/** What a worker may have more of at the end, in bytes. */
const HEAP_MAX = 2 * 1024 * 1024;
const OWN_MAX = 16 * 1024 * 1024;

/** A worker at one moment. */
export interface Weight {
  readonly after: string;
  readonly requests: number;
  /** What its heap and its buffers hold, without garbage. */
  readonly heap: number;
  /** Pages no other process maps. */
  readonly own: number;
  readonly rss: number;
  readonly fds: number;
}

/** Four of its moments decide. */
interface Course {
  readonly weights: readonly Weight[];
  readonly warm: Weight;
  readonly loaded: Weight;
  readonly abortsWarm: Weight;
  readonly aborted: Weight;
  readonly errors: number;
  readonly failed: number;
}

/** Limits: no growth, neither by requests nor by those that were aborted. */
export async function measureLeaks(context: Context): Promise<Section> {
  const wrk = await isWrkInstalled(context.scratch);
  const driver = procmgrDriver("procmgr", scriptLine(), {
    settings: { app: `${PROGRAMS}/memory_app.ts` },
  });
  const course = !wrk ? undefined : await attempt(context, driver, async () => {
    const server = await driver.start(context.scratch, 1);
    try {
      await server.settle();
      return await takeCourse(context, server);
    } finally {
      await server.stop();
    }
  });
  return describe(context, course, wrk);
}

async function takeCourse(context: Context, server: Server): Promise<Course> {
  const { requests, aborts } = context.settings;
  const watch = new Watch(context, server);
  await watch.weigh("its start");
  await watch.load(requests * WARM_SHARE);
  const warm = await watch.weigh("warming up");
  let loaded = warm;
  for (let step = 0; step < STEPS; step++) {
    await watch.load(requests * (1 - WARM_SHARE) / STEPS);
    loaded = await watch.weigh("requests");
  }
  await watch.abort(aborts * WARM_ABORTS_SHARE);
  const abortsWarm = await watch.weigh("some clients that went");
  await watch.abort(aborts * (1 - WARM_ABORTS_SHARE));
  const aborted = await watch.weigh("all clients that went");
  const { weights, errors, failed } = watch;
  return { weights, warm, loaded, abortsWarm, aborted, errors, failed };
}

/** One worker under load, looked at now and then. */
class Watch {
  readonly weights: Weight[] = [];
  /** Requests, and clients that go, that did not end as they should. */
  errors = 0;
  failed = 0;
  #asked = 0;
  readonly #context: Context;
  readonly #server: Server;
  readonly #pid: number | undefined;

  constructor(context: Context, server: Server) {
    this.#context = context;
    this.#server = server;
    this.#pid = server.workerPids()[0];
  }

  async weigh(after: string): Promise<Weight> {
    const pid = this.#pid;
    if (pid === undefined || this.#server.workerPids()[0] !== pid) {
      throw new Error("the worker is another one now");
    }
    const fdsBefore = this.weights.at(0)?.fds ?? Infinity;
    const weight = {
      ...await weightOf(this.#server.port, pid, fdsBefore),
      ...{ after, requests: this.#asked },
    };
    this.weights.push(weight);
    return weight;
  }

  async load(count: number): Promise<void> {
    this.#context.say(`serving, memory: ${count} requests`);
    const { port } = this.#server;
    const { requests, errors } = await loadFor(this.#context, port, count);
    this.#asked += requests;
    this.errors += errors;
  }

  async abort(aborts: number): Promise<void> {
    this.#context.say(`serving, memory: ${aborts} clients that go`);
    const { port } = this.#server;
    const options = { port, aborts, connections: CONNECTIONS };
    this.failed += (await runAborts(this.#context.scratch, options)).failed;
  }
}

/** Requests of all kinds, in loads of whole seconds, until there are enough. */
async function loadFor(
  context: Context,
  port: number,
  count: number,
): Promise<{ readonly requests: number; readonly errors: number }> {
  let requests = 0;
  let errors = 0;
  let seconds = 1;
  while (requests < count) {
    const report = await runWrk(context.scratch, {
      ...{ port, seconds, connections: CONNECTIONS },
      script: `${PROGRAMS}/mixed.lua`,
    });
    if (report.requests === 0) throw new Error("nothing was answered");
    requests += report.requests;
    errors += wrkErrors(report);
    seconds = secondsFor(count - requests, report.perSecond);
  }
  return { requests, errors };
}

/** Whole seconds that so many requests take. */
export function secondsFor(requests: number, perSecond: number): number {
  const seconds = Math.round(requests / perSecond);
  return Math.min(SECONDS_MAX, Math.max(1, seconds));
}

/** Waits for connections to be gone; then the worker says what it has. */
async function weightOf(
  port: number,
  pid: number,
  fdsBefore: number,
): Promise<Omit<Weight, "after" | "requests">> {
  await until(() => fdsOf(pid) <= fdsBefore, GONE_MS);
  const fds = fdsOf(pid);
  // A connection of its own, which is not left behind.
  const response = await fetch(`http://127.0.0.1:${port}/memory`, {
    headers: { connection: "close" },
  });
  const said = await response.json() as Deno.MemoryUsage;
  const { own, rss } = memoryOf(pid);
  return { heap: said.heapUsed + said.external, own, rss, fds };
}

function describe(
  { settings }: Context,
  course: Course | undefined,
  wrk: boolean,
): Section {
  const rows = course?.weights.map((one) => [
    one.after,
    String(one.requests),
    ...[one.heap, one.own, one.rss].map(formatMiB),
    String(one.fds),
  ]) ?? [];
  return {
    title: "serving: memory of one worker, by requests of which one in four " +
      `has a body, and by ${settings.aborts} clients that go before they are ` +
      "answered",
    head: ["after", "requests so far", "heap", "own pages", "RSS", "fds"],
    rows,
    notes: wrk ? NOTES : ["wrk is not installed"],
    limits: [
      limitOf(`memory flat over ${settings.requests} requests`, {
        before: course?.warm,
        after: course?.loaded,
        broken: course?.errors,
        wrk,
      }),
      limitOf(`memory flat over ${settings.aborts} aborted requests`, {
        before: course?.abortsWarm,
        after: course?.aborted,
        broken: course?.failed,
        wrk,
      }),
    ],
    data: course,
  };
}

const NOTES: readonly string[] = [
  "heap: what V8 and its buffers hold when all garbage is collected",
  "own: pages that no other process maps; V8 keeps some of them for later",
];

/** Two moments that should be alike; undefined: not measured. */
interface Pair {
  readonly before: Weight | undefined;
  readonly after: Weight | undefined;
  /** Requests that did not end as they should. */
  readonly broken: number | undefined;
  readonly wrk: boolean;
}

/** Holds when nothing has grown and everything ended as it should. */
export function limitOf(
  name: string,
  { before, after, broken, wrk }: Pair,
): Limit {
  if (!wrk) return { name, holds: undefined, detail: "wrk is not installed" };
  if (before === undefined || after === undefined) {
    return { name, holds: false, detail: "not measured" };
  }
  const holds = after.heap - before.heap <= HEAP_MAX &&
    after.own - before.own <= OWN_MAX && after.fds <= before.fds &&
    broken === 0;
  const detail = `heap ${formatMiB(before.heap)} → ${formatMiB(after.heap)}, ` +
    `own ${formatMiB(before.own)} → ${formatMiB(after.own)}, ` +
    `fds ${before.fds} → ${after.fds}, ${broken} unlike they should be`;
  return { name, holds, detail };
}
