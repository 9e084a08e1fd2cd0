/**
 * The bench: procmgr beside nginx, node:cluster, PM2 and gunicorn in one run.
 *
 *     deno task bench --help
 *
 * Runs the measures one after the other, never two at once (a lock keeps a
 * second bench out), prints a table and the limits, writes the same as JSON,
 * and leaves neither process nor file behind, also on Ctrl-C. How to read it:
 * docs/bench.md.
 */

import type { Context } from "./context.ts";
import type { Driver } from "./driver.ts";
import { GUNICORN } from "./driver_gunicorn.ts";
import { NGINX } from "./driver_nginx.ts";
import { NODE_CLUSTER } from "./driver_node_cluster.ts";
import { PM2 } from "./driver_pm2.ts";
import {
  procmgrDriver,
  RUN_LINE,
  scriptLine,
  TASK_LINE,
} from "./driver_procmgr.ts";
import { RAW } from "./driver_raw.ts";
import { type Measure, parseFlags, type Settings } from "./flags.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { measureKill } from "./measure_kill.ts";
import { measureMemory } from "./measure_memory.ts";
import { measureReload } from "./measure_reload.ts";
import { measureServing } from "./measure_serving.ts";
import { measureScale } from "./measure_scale.ts";
import { measureStart } from "./measure_start.ts";
import { measureThroughput } from "./measure_throughput.ts";
import { Scratch } from "./scratch.ts";
import {
  formatLimits,
  formatSection,
  type Limit,
  type Section,
} from "./section.ts";

/** A measure has one section, or several. */
type Sections = Section | readonly Section[];

const RUN: Record<Measure, (context: Context) => Promise<Sections>> = {
  start: measureStart,
  throughput: measureThroughput,
  serving: measureServing,
  memory: measureMemory,
  kill: measureKill,
  scale: measureScale,
  reload: measureReload,
};

async function main(): Promise<number> {
  const parsed = parseFlags(Deno.args);
  if (!parsed.ok) {
    (parsed.code === 0 ? print : say)(parsed.text);
    return parsed.code;
  }
  if (!await takeLock()) {
    say("bench: another bench is running\n");
    return 1;
  }
  const scratch = new Scratch();
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, async () => {
      interrupted = true;
      await scratch.clear();
      Deno.exit(130);
    });
  }
  try {
    return await bench(scratch, parsed.settings);
  } catch (error) {
    if (!interrupted) {
      throw error;
    }
    return 130;
  } finally {
    await scratch.clear();
  }
}

/** Held until this process ends; a crash leaves no lock. */
async function takeLock(): Promise<boolean> {
  const dir = `${import.meta.dirname}/results`;
  await Deno.mkdir(dir, { recursive: true });
  const file = await Deno.open(`${dir}/.lock`, { create: true, write: true });
  return await file.tryLock(true);
}

async function bench(scratch: Scratch, settings: Settings): Promise<number> {
  const startedMs = performance.now();
  const context = await makeContext(scratch, settings);
  const machine = await describeMachine(scratch);
  print(`${machine.line}\n`);
  if (machine.load > machine.cpus / 4) {
    print("other work is running on this machine: expect noise\n");
  }
  const sections: Record<string, Sections> = {};
  const limits: Limit[] = [];
  for (const measure of settings.only) {
    const beganMs = performance.now();
    const found = await RUN[measure](context);
    context.say(`${measure} took ${secondsSince(beganMs)} s`);
    sections[measure] = found;
    for (const section of [found].flat()) {
      limits.push(...section.limits);
      print(formatSection(section));
    }
  }
  const seconds = secondsSince(startedMs);
  print(`\nlimits (${settings.quick ? "quick run, " : ""}${seconds} s)\n\n`);
  print(formatLimits(limits));
  const failures = [...context.failures];
  await writeJson(settings, { machine, seconds, sections, failures });
  return limits.some(({ holds }) => holds === false) ? 1 : 0;
}

function secondsSince(beganMs: number): number {
  return Math.round((performance.now() - beganMs) / 1000);
}

async function makeContext(
  scratch: Scratch,
  settings: Settings,
): Promise<Context> {
  const peers: Driver[] = [];
  const missing: { name: string; why: string }[] = [];
  // `serving` has others of its own, and PM2 takes long to install.
  const isAsked = settings.only.some((measure) => measure !== "serving");
  for (const driver of isAsked ? [NODE_CLUSTER, PM2, GUNICORN, NGINX] : []) {
    const why = settings.alone ? "left out" : await driver.missing(scratch);
    if (why === undefined) {
      peers.push(driver);
    } else {
      missing.push({ name: driver.name, why });
      say(`${driver.name}: ${why}: skipped\n`);
    }
  }
  return {
    scratch,
    settings,
    procmgr: procmgrDriver("procmgr", scriptLine()),
    procmgrTask: procmgrDriver("procmgr (deno task)", TASK_LINE),
    procmgrRun: procmgrDriver("procmgr (deno run)", RUN_LINE),
    procmgrAlone: procmgrDriver(
      "procmgr",
      scriptLine(await denoCopy(scratch, settings)),
    ),
    raw: RAW,
    peers,
    missing,
    failures: new Set(),
    say: (text) => say(`  ${text}\n`),
  };
}

/** See measure_memory.ts. */
async function denoCopy(
  scratch: Scratch,
  settings: Settings,
): Promise<string> {
  const copy = `${scratch.dir}/deno`;
  if (settings.only.includes("memory")) {
    await Deno.copyFile(Deno.execPath(), copy);
  }
  return copy;
}

/** What never came is Infinity in the sections and null in the file. */
async function writeJson(
  settings: Settings,
  results: {
    machine: Machine;
    seconds: number;
    sections: Record<string, Sections>;
    failures: readonly string[];
  },
): Promise<void> {
  const text = JSON.stringify(
    { when: new Date().toISOString(), settings, ...results },
    null,
    2,
  );
  await Deno.writeTextFile(settings.json, `${text}\n`);
  print(`\nwritten to ${settings.json}\n`);
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) {
  Deno.exit(await main());
}
