/**
 * procmgr from source, with a configuration of its own in a temp prefix. A
 * reload is `--signal reload --wait`, whose exit code is the outcome.
 */

import { freePort } from "./answer.ts";
import { runChild } from "./child.ts";
import {
  type Content,
  type Driver,
  PATIENCE_MS,
  type Server,
  startAnswering,
} from "./driver.ts";
import { childrenOf } from "./process_table.ts";
import { type Scratch, until } from "./scratch.ts";

const ROOT = `${import.meta.dirname}/..`;
const APP = `${import.meta.dirname}/program/hello.ts`;

/** The command of the source tree, on this deno or on another file of it. */
export function scriptLine(deno: string = Deno.execPath()): readonly string[] {
  return ["env", `DENO=${deno}`, "./procmgr"];
}

/** What it runs, by hand: deno then executes itself once more. */
export const RUN_LINE: readonly string[] = [
  Deno.execPath(),
  ...["run", "--allow-all", "main.ts"],
];

/** As the manual says it to somebody with a fresh clone. */
export const TASK_LINE: readonly string[] = [Deno.execPath(), "task", "start"];

/** What a driver needs besides its command. */
export interface ProcmgrOptions {
  readonly content?: Content;
  /** More of the configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A driver for procmgr started by this command. */
export function procmgrDriver(
  name: string,
  line: readonly string[],
  options: ProcmgrOptions = {},
): Driver {
  return {
    name,
    missing: () => Promise.resolve(undefined),
    start: (scratch, workers) =>
      startProcmgr(scratch, { line, workers, ...options }),
  };
}

async function startProcmgr(
  scratch: Scratch,
  options: ProcmgrOptions & {
    readonly line: readonly string[];
    readonly workers: number;
  },
): Promise<Server> {
  const { line, content } = options;
  const port = freePort();
  const dir = scratch.folder("procmgr");
  Deno.writeTextFileSync(`${dir}/procmgr.jsonc`, config(port, options));
  const { child, startMs } = await startAnswering(scratch, {
    command: [...line, "-p", dir],
    cwd: ROOT,
    port,
    tls: content?.tls,
  });
  const log = () => readText(`${dir}/error.log`);
  // Under `deno task` the master is not our child but our child's.
  const masterPid = Number(readText(`${dir}/procmgr.pid`));
  return {
    port,
    masterPid,
    startMs,
    workerPids: () => childrenOf(masterPid),
    settle: async () => {
      const ready = () => /generation \d+ is ready/.test(log());
      if (!await until(ready, PATIENCE_MS)) {
        throw new Error(`not ready within ${PATIENCE_MS} ms: ${log()}`);
      }
    },
    reload: () => reload(scratch, dir),
    stop: () => scratch.end(child.pid),
    log,
  };
}

/** Throws with what the command and the log say when it does not exit 0. */
async function reload(scratch: Scratch, dir: string): Promise<void> {
  const { code, stdout, stderr } = await runChild(scratch, {
    command: [...scriptLine(), "-p", dir, "--signal", "reload", "--wait"],
    cwd: ROOT,
  });
  if (code !== 0) {
    const log = readText(`${dir}/error.log`).split("\n").slice(-8).join("\n");
    throw new Error(`reload exited with ${code}: ${stderr}${stdout}\n${log}`);
  }
}

/** A file is there only once procmgr has made it. */
function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function config(
  port: number,
  options: ProcmgrOptions & { readonly workers: number },
): string {
  const { workers, content = {}, settings } = options;
  const { folder, tls, connectionsMax } = content;
  const address = `127.0.0.1:${port}`;
  return JSON.stringify({
    listen: tls === undefined ? address : { address, tls },
    worker_processes: workers,
    ...folder === undefined ? { app: APP } : { static: folder },
    ...connectionsMax !== undefined && { worker_connections: connectionsMax },
    pid: "procmgr.pid",
    error_log: "error.log",
    ...settings,
  });
}
