/**
 * Answers per second of hello, of a small and a large file, and of hello over
 * TLS, each beside the programs that can do it as well, with two workers and
 * wrk's 32 keep-alive connections.
 */

import type { Context } from "./context.ts";
import type { Certificate, Content, Driver } from "./driver.ts";
import { denoServeDriver } from "./driver_deno_serve.ts";
import { nginxDriver } from "./driver_nginx.ts";
import { nodeClusterDriver } from "./driver_node_cluster.ts";
import { procmgrDriver, scriptLine } from "./driver_procmgr.ts";
import { rawDriver } from "./driver_raw.ts";
import {
  holdContest,
  RATE_HEAD,
  rateCells,
  rateData,
  ratesOf,
  type Running,
} from "./rounds.ts";
import type { Scratch } from "./scratch.ts";
import { compareLimit, type Limit, type Section } from "./section.ts";
import { median, medianRatio } from "./statistics.ts";
import { formatNumber } from "./table.ts";
import { isWrkInstalled, rateOf, runWrk } from "./wrk.ts";

const WORKERS = 2;
const CONNECTIONS = 32;
const OURS = "procmgr";
const FIXTURES = `${import.meta.dirname}/../tests/fixture/tls`;

/** What all of them say, or send. */
interface Part {
  readonly name: string;
  readonly path: string;
  readonly content: Content;
  /** Beside procmgr. */
  readonly peers: readonly Driver[];
  readonly rounds: number;
}

/** A part that was measured. */
interface Measured {
  readonly part: Part;
  readonly running: readonly Running[];
}

/** Limits: hello at least 0.95 × raw node:http, and above node:cluster. */
export async function measureRates(context: Context): Promise<Section> {
  const measured: Measured[] = [];
  const wrk = await isWrkInstalled(context.scratch);
  if (wrk) {
    for (const part of await partsOf(context)) {
      const running = await measurePart(context, part);
      measured.push({ part, running });
    }
  }
  return describe(context, measured, wrk);
}

async function partsOf(context: Context): Promise<readonly Part[]> {
  const folder = makeSite(context.scratch);
  const tls = copyCertificate(context.scratch);
  const { runs, longRuns } = context.settings;
  const files = [nginxDriver({ folder }), denoServeDriver({ folder })];
  const parts: readonly Part[] = [
    {
      ...{ name: "hello", path: "/", content: {}, rounds: runs },
      peers: [
        rawDriver({}),
        nodeClusterDriver({}),
        denoServeDriver({}),
        nginxDriver({}),
      ],
    },
    {
      ...{ name: "1 KiB", path: "/1k.bin", content: { folder } },
      ...{ peers: files, rounds: longRuns },
    },
    {
      ...{ name: "1 MiB", path: "/1m.bin", content: { folder } },
      ...{ peers: files, rounds: longRuns },
    },
    {
      ...{ name: "TLS hello", path: "/", content: { tls }, rounds: longRuns },
      peers: [
        rawDriver({ tls }),
        nodeClusterDriver({ tls }),
        nginxDriver({ tls }),
      ],
    },
  ];
  return await Promise.all(parts.map(async (part) => {
    return { ...part, peers: await installed(context, part.peers) };
  }));
}

async function installed(
  context: Context,
  drivers: readonly Driver[],
): Promise<Driver[]> {
  const there: Driver[] = [];
  for (const driver of context.settings.alone ? [] : drivers) {
    const why = await driver.missing(context.scratch);
    if (why === undefined) there.push(driver);
  }
  return there;
}

/** Readable for nginx, whose workers are nobody when it is root. */
function makeSite(scratch: Scratch): string {
  const folder = scratch.folder("site");
  Deno.chmodSync(scratch.dir, 0o755);
  Deno.writeTextFileSync(`${folder}/index.html`, "Hello, world!\n");
  for (const [name, size] of [["1k", 1024], ["1m", 1024 * 1024]] as const) {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at++) bytes[at] = at * 31;
    Deno.writeFileSync(`${folder}/${name}.bin`, bytes);
  }
  return folder;
}

/** As an operator would: git keeps no mode that a key could have. */
function copyCertificate(scratch: Scratch): Certificate {
  const folder = scratch.folder("tls");
  const certificate = `${folder}/site.pem`;
  const key = `${folder}/site.key`;
  Deno.copyFileSync(`${FIXTURES}/a.pem`, certificate);
  Deno.copyFileSync(`${FIXTURES}/a.key`, key);
  Deno.chmodSync(key, 0o600);
  return { certificate, key };
}

async function measurePart(
  context: Context,
  part: Part,
): Promise<readonly Running[]> {
  const ours = procmgrDriver(OURS, scriptLine(), {
    content: part.content,
    // nginx, too, is not to count requests here.
    settings: { keepalive_requests: 100_000_000 },
  });
  return await holdContest(context, {
    name: `serving, ${part.name}`,
    drivers: [ours, ...part.peers],
    workers: WORKERS,
    rounds: part.rounds,
    load: async ({ port }) =>
      rateOf(
        await runWrk(context.scratch, {
          ...{ port, path: part.path, connections: CONNECTIONS },
          tls: part.content.tls !== undefined,
          seconds: context.settings.servingSeconds,
        }),
      ),
  });
}

function describe(
  { settings }: Context,
  measured: readonly Measured[],
  wrk: boolean,
): Section {
  const { runs, longRuns, servingSeconds } = settings;
  const rows = measured.flatMap(({ part, running }) => {
    const ours = ratesOf(running, OURS);
    return running.map((one) => [
      `${part.name}: ${one.driver.name}`,
      ...rateCells(one, ours),
    ]);
  });
  return {
    title: `serving: ${WORKERS} workers, ${CONNECTIONS} keep-alive ` +
      `connections, wrk, median of ${runs} × ${servingSeconds} s ` +
      `(hello) or ${longRuns} × ${servingSeconds} s`,
    head: ["what and who", ...RATE_HEAD],
    rows,
    notes: wrk ? NOTES : ["wrk is not installed"],
    limits: limitsOf(measured.at(0)?.running, wrk),
    data: Object.fromEntries(
      measured.map(({ part, running }) => [part.name, rateData(running)]),
    ),
  };
}

const NOTES: readonly string[] = [
  "raw: Deno processes that share a port, without procmgr; " +
  "deno serve: one process with as many threads",
  "CPU: master and workers, per answer; steadier than answers per second",
];

/** `hello`: what ran; undefined when nothing did. */
export function limitsOf(
  hello: readonly Pick<Running, "driver" | "rates">[] | undefined,
  wrk: boolean,
): readonly Limit[] {
  const floors = [
    ["at least 0.95 × raw node:http", "raw node:http", 0.95],
    ["above node:cluster's", "node:cluster", 1],
  ] as const;
  return floors.map(([text, name, least]): Limit => {
    const limit = `hello over keep-alive ${text}`;
    if (!wrk) {
      return { name: limit, holds: undefined, detail: "wrk is not installed" };
    }
    const ours = ratesOf(hello ?? [], OURS);
    const theirs = ratesOf(hello ?? [], name);
    const ratio = medianRatio(ours, theirs);
    return compareLimit(limit, {
      ours: median(ours),
      theirs: median(theirs),
      holds: () => least === 1 ? ratio > 1 : ratio >= least,
      detail: `${formatNumber(median(ours))} against ` +
        `${formatNumber(median(theirs))} answers/s, ` +
        `ratio ${formatNumber(ratio)}`,
    });
  });
}
