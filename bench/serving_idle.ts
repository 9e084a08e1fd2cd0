/**
 * Thousands of idle keep-alive connections on one worker: what each costs, and
 * whether all are still answered. Beside raw node:http and nginx, whose
 * connections cost what the kernel and the program make them cost.
 */

import { isAnswered } from "./answer.ts";
import { type Context, pause, withServer } from "./context.ts";
import { openCrowd } from "./crowd_client.ts";
import type { Driver, Server } from "./driver.ts";
import { nginxDriver } from "./driver_nginx.ts";
import { procmgrDriver, scriptLine } from "./driver_procmgr.ts";
import { rawDriver } from "./driver_raw.ts";
import { memoryOf } from "./process_table.ts";
import type { Limit, Section } from "./section.ts";
import { formatMs } from "./table.ts";

const OURS = "procmgr";
/** Of those opened may be more: nginx cuts idle ones when few are left. */
const SPARE_SHARE = 1.2;
/** Time for what is garbage to be seen as such. */
const REST_MS = 2000;
const REQUESTS_BEFORE = 2000;

/** What one program did. */
export interface Held {
  readonly name: string;
  /** Connections that got a full answer when they were opened. */
  readonly opened: number;
  /** And once more after they were idle. */
  readonly answered: number;
  readonly bytesEach: number;
  readonly openMs: number;
  readonly againMs: number;
  /** Somebody new was answered while all were open. */
  readonly isOpen: boolean;
}

/** Limit: all connections of procmgr's are answered, before and after. */
export async function measureIdle(context: Context): Promise<Section> {
  const connections = context.settings.idleConnections;
  const content = { connectionsMax: connections * SPARE_SHARE };
  const held: Held[] = [];
  for (
    const driver of [
      procmgrDriver(OURS, scriptLine(), { content }),
      rawDriver({}),
      nginxDriver(content),
    ]
  ) {
    if (driver.name !== OURS && !await mayRun(context, driver)) continue;
    context.say(`serving, idle connections: ${driver.name}`);
    const one = await withServer(
      context,
      { driver, workers: 1 },
      (server) => hold(context, { server, name: driver.name }),
    );
    if (one !== undefined) held.push(one);
  }
  return describe(connections, held);
}

async function mayRun(context: Context, driver: Driver): Promise<boolean> {
  if (context.settings.alone) return false;
  return await driver.missing(context.scratch) === undefined;
}

async function hold(
  context: Context,
  { server, name }: { readonly server: Server; readonly name: string },
): Promise<Held> {
  const { port } = server;
  const [pid = NaN] = server.workerPids();
  for (let count = 0; count < REQUESTS_BEFORE; count++) {
    await isAnswered(port);
  }
  const before = memoryOf(pid).own;
  const { idleConnections: connections } = context.settings;
  const crowd = await openCrowd(context.scratch, { port, connections });
  await pause(REST_MS);
  const after = memoryOf(pid).own;
  const isOpen = await isAnswered(port);
  const again = await crowd.askAgain();
  await crowd.close();
  return {
    name,
    opened: crowd.opened.answered,
    answered: again.answered,
    bytesEach: (after - before) / crowd.opened.answered,
    openMs: crowd.opened.ms,
    againMs: again.ms,
    isOpen,
  };
}

function describe(connections: number, held: readonly Held[]): Section {
  return {
    title: `serving: ${connections} idle keep-alive connections on one worker`,
    head: [
      "program",
      "answered",
      "answered again",
      "KiB each",
      "to open",
      "to ask again",
      "somebody new",
    ],
    rows: held.map((one) => [
      one.name,
      String(one.opened),
      String(one.answered),
      (one.bytesEach / 1024).toFixed(1),
      formatMs(one.openMs),
      formatMs(one.againMs),
      one.isOpen ? "answered" : "LEFT OUT",
    ]),
    notes: [
      "KiB each: what the worker's own pages grew by, garbage and all; " +
      "the kernel's share is not in it",
    ],
    limits: [limitOf(connections, held.find(({ name }) => name === OURS))],
    data: held,
  };
}

/** Every connection was answered twice, and somebody new as well. */
export function limitOf(connections: number, ours: Held | undefined): Limit {
  const name = `${connections} idle connections per worker, all answered`;
  if (ours === undefined) return { name, holds: false, detail: "not measured" };
  const { opened, answered, isOpen, bytesEach } = ours;
  return {
    name,
    holds: opened === connections && answered === connections && isOpen,
    detail: `${opened}, then ${answered}, ${isOpen ? "and" : "but not"} ` +
      `somebody new; ${(bytesEach / 1024).toFixed(1)} KiB each`,
  };
}
