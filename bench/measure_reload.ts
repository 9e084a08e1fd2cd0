/**
 * Requests lost by reloading at full load, over and over.
 *
 * Our own generator counts with 32 keep-alive connections and then with a
 * connection per request; wrk does it again, as a witness that is not ours.
 * Reloads are paced one after the other by the program's own command: the next
 * begins when the last has ended. What counts as lost: load_report.ts.
 */

import {
  attempt,
  type Context,
  missingRows,
  pause,
  withServer,
} from "./context.ts";
import type { Driver, Server } from "./driver.ts";
import { startLoad } from "./load_client.ts";
import { formatLost, type LoadReport, lostTotal } from "./load_report.ts";
import type { Limit, Section } from "./section.ts";
import { median } from "./statistics.ts";
import { formatMs, formatNumber } from "./table.ts";
import { isWrkInstalled, runWrk, wrkErrors, type WrkReport } from "./wrk.ts";

const WORKERS = 2;
const CONNECTIONS = 32;
const TIMEOUT_MS = 10_000;
const GAP_MS = 100;
const STEADY_MS = 500;
const MODES = ["keepalive", "close"] as const;

type Mode = typeof MODES[number];

interface Reloads {
  readonly mode: Mode;
  readonly reloadMs: readonly number[];
  /** Reloads whose command failed. */
  readonly failed: number;
}

interface Counted extends Reloads {
  readonly report: LoadReport;
  /** Where the error log was kept, when something was lost. */
  readonly log?: string;
}

interface Witnessed extends Reloads {
  readonly wrk: WrkReport;
}

interface Outcome {
  readonly driver: Driver;
  readonly counted: readonly Counted[];
  readonly witnessed: readonly Witnessed[];
}

/** Limits: procmgr loses nothing, in either kind of load, by either count. */
export async function measureReload(context: Context): Promise<Section> {
  const wrk = await isWrkInstalled(context.scratch);
  const outcomes: Outcome[] = [];
  for (const driver of [context.procmgr, ...context.peers]) {
    const reloads = driver === context.procmgr
      ? context.settings.reloads
      : context.settings.peerReloads;
    const counted: Counted[] = [];
    const witnessed: Witnessed[] = [];
    // A quick run counts the others once, and does not ask the witness.
    const spared = context.settings.quick && driver !== context.procmgr;
    for (const mode of spared ? MODES.slice(0, 1) : MODES) {
      context.say(`reload: ${driver.name}, ${mode}, ${reloads} reloads`);
      const one = await count(context, { driver, mode, reloads });
      counted.push(...(one === undefined ? [] : [one]));
      if (wrk && !spared) {
        const other = await witness(context, { driver, mode });
        witnessed.push(...(other === undefined ? [] : [other]));
      }
    }
    outcomes.push({ driver, counted, witnessed });
  }
  return describe(context, outcomes, wrk);
}

async function count(
  context: Context,
  options: { driver: Driver; mode: Mode; reloads: number },
): Promise<Counted | undefined> {
  const { driver, mode, reloads } = options;
  return await withServer(context, { driver, workers: WORKERS }, async (it) => {
    const load = startLoad(context.scratch, {
      port: it.port,
      connections: CONNECTIONS,
      mode,
      timeoutMs: TIMEOUT_MS,
    });
    await pause(STEADY_MS);
    let left = reloads;
    const done = await reloadWhile(context, { driver, it }, () => left-- > 0);
    await pause(STEADY_MS);
    const report = await load.stop();
    const log = lostTotal(report) > 0 ? keepLog(context, it, mode) : undefined;
    return { mode, ...done, report, ...(log === undefined ? {} : { log }) };
  });
}

/** A loss without the log of that moment cannot be explained. */
function keepLog(
  context: Context,
  server: Server,
  mode: Mode,
): string | undefined {
  const text = server.log?.();
  if (text === undefined) {
    return undefined;
  }
  const path = `${context.settings.json}.${mode}.log`;
  Deno.writeTextFileSync(path, text);
  return path;
}

async function witness(
  context: Context,
  options: { driver: Driver; mode: Mode },
): Promise<Witnessed | undefined> {
  const { driver, mode } = options;
  return await withServer(context, { driver, workers: WORKERS }, async (it) => {
    let loading = true;
    const wrk = runWrk(context.scratch, {
      port: it.port,
      connections: CONNECTIONS,
      seconds: context.settings.quick ? 2 : 10,
      close: mode === "close",
    }).finally(() => loading = false);
    await pause(STEADY_MS);
    const done = await reloadWhile(context, { driver, it }, () => loading);
    return { mode, ...done, wrk: await wrk };
  });
}

async function reloadWhile(
  context: Context,
  target: { driver: Driver; it: Server },
  more: () => boolean,
): Promise<{ reloadMs: number[]; failed: number }> {
  const reloadMs: number[] = [];
  let failed = 0;
  while (more()) {
    const startedMs = performance.now();
    const ok = await attempt(context, target.driver, async () => {
      await target.it.reload();
      return true;
    });
    if (ok) {
      reloadMs.push(performance.now() - startedMs);
    } else {
      failed++;
    }
    await pause(GAP_MS);
  }
  return { reloadMs, failed };
}

function describe(
  context: Context,
  outcomes: readonly Outcome[],
  wrk: boolean,
): Section {
  const rows = outcomes.flatMap(({ driver, counted, witnessed }) => [
    ...counted.map((one) => countedRow(driver, one)),
    ...witnessed.map((one) => witnessedRow(driver, one)),
  ]);
  const ours = outcomes.find(({ driver }) => driver === context.procmgr);
  const examples = (ours?.counted ?? []).flatMap(({ mode, report, log }) => [
    ...report.examples.map((text) => `procmgr, ${mode}: ${text}`),
    ...(log === undefined ? [] : [`the error log is kept: ${log}`]),
  ]);
  return {
    title: `reload: requests lost at full load, ${WORKERS} workers, ` +
      `${CONNECTIONS} connections`,
    head: [
      "program",
      "connections",
      "counted by",
      "reloads",
      "median",
      "requests",
      "per reload",
      "lost",
    ],
    rows: [...rows, ...missingRows(context, 8)],
    notes: [
      ...(wrk ? [] : ["wrk is not installed: no second count"]),
      ...examples,
    ],
    limits: MODES.map((mode) => lossLimit(context, ours, mode)),
    data: Object.fromEntries(
      outcomes.map(({ driver, counted, witnessed }) => [
        driver.name,
        { counted, witnessed },
      ]),
    ),
  };
}

const CONNECTION_NAMES = { keepalive: "keep-alive", close: "one per request" };

function countedRow(driver: Driver, one: Counted): string[] {
  const lost = lostTotal(one.report);
  return [
    driver.name,
    CONNECTION_NAMES[one.mode],
    "own",
    String(one.reloadMs.length) + (one.failed > 0 ? ` +${one.failed}!` : ""),
    formatMs(median(one.reloadMs)),
    String(one.report.answered),
    formatNumber(lost / Math.max(one.reloadMs.length, 1)),
    formatLost(one.report),
  ];
}

function witnessedRow(driver: Driver, one: Witnessed): string[] {
  const lost = wrkErrors(one.wrk);
  return [
    driver.name,
    CONNECTION_NAMES[one.mode],
    "wrk",
    String(one.reloadMs.length) + (one.failed > 0 ? ` +${one.failed}!` : ""),
    formatMs(median(one.reloadMs)),
    String(one.wrk.requests),
    formatNumber(lost / Math.max(one.reloadMs.length, 1)),
    String(lost),
  ];
}

function lossLimit(
  context: Context,
  ours: Outcome | undefined,
  mode: Mode,
): Limit {
  const name = `no request lost by reloads, ${CONNECTION_NAMES[mode]}`;
  const counted = ours?.counted.find((one) => one.mode === mode);
  if (counted === undefined) {
    return { name, holds: false, detail: "not measured" };
  }
  const witnessed = ours?.witnessed.find((one) => one.mode === mode);
  const lost = lostTotal(counted.report);
  const errors = witnessed === undefined ? 0 : wrkErrors(witnessed.wrk);
  const failed = counted.failed + (witnessed?.failed ?? 0);
  return {
    name,
    holds: lost === 0 && errors === 0 && failed === 0 &&
      counted.reloadMs.length === context.settings.reloads,
    detail: `${formatLost(counted.report)} of ${counted.report.answered} ` +
      `requests lost in ${counted.reloadMs.length} reloads` +
      (witnessed === undefined ? "" : `; wrk: ${errors} errors in ` +
        `${witnessed.reloadMs.length} reloads`) +
      (failed === 0 ? "" : `; ${failed} reloads FAILED`),
  };
}
