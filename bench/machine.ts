/**
 * The machine and the versions a result belongs to: numbers of two machines, or
 * of two versions, must not be compared by accident.
 */

import { runChild } from "./child.ts";
import type { Scratch } from "./scratch.ts";

/** Where and with what a run took place. */
export interface Machine {
  /** All of it in one line. */
  readonly line: string;
  readonly cpus: number;
  readonly kernel: string;
  /** Of the last minute, before the run. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  deno: [Deno.execPath(), "--version"],
  node: ["node", "--version"],
  nginx: ["nginx", "-v"],
  gunicorn: ["gunicorn", "--version"],
  wrk: ["wrk", "-v"],
};

/** Asks every program for its version. */
export async function describeMachine(scratch: Scratch): Promise<Machine> {
  const versions: Record<string, string> = {};
  for (const [name, command] of Object.entries(PROGRAMS)) {
    const version = await versionOf(scratch, command);
    if (version !== undefined) {
      versions[name] = version;
    }
  }
  const cpus = navigator.hardwareConcurrency;
  const kernel = Deno.osRelease();
  const load = Deno.loadavg()[0] ?? NaN;
  const list = Object.entries(versions).map((pair) => pair.join(" "));
  const line = `${cpus} CPUs, Linux ${kernel}, load ${load.toFixed(2)}; ` +
    list.join(", ");
  return { line, cpus, kernel, load, versions };
}

async function versionOf(
  scratch: Scratch,
  command: readonly string[],
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await runChild(scratch, { command });
    return /\d+(\.\d+)+/.exec(`${stdout}${stderr}`)?.[0];
  } catch {
    return undefined;
  }
}
