/**
 * PM2 in cluster mode, installed from npm into the run's temp folder, with a
 * home of its own there, so that an operator's PM2 is never touched.
 *
 * A cold start includes its daemon, as it does on a server. The daemon leaves
 * our process tree, so its pid is read from its pid file and registered.
 */

import { firstAnswer, freePort } from "./answer.ts";
import { isInstalled, runChild } from "./child.ts";
import {
  type Driver,
  PATIENCE_MS,
  reloadAndWait,
  type Server,
  settled,
} from "./driver.ts";
import { childrenOf } from "./process_table.ts";
import type { Scratch } from "./scratch.ts";

const SCRIPT = `${import.meta.dirname}/program/pm2_app.mjs`;
const PACKAGE = "pm2@7";

/** PM2 of the npm registry. */
export const PM2: Driver = {
  name: "PM2",
  missing: installPm2,
  start: startPm2,
};

function binary(scratch: Scratch): string {
  return `${scratch.dir}/pm2/node_modules/pm2/bin/pm2`;
}

async function installPm2(scratch: Scratch): Promise<string | undefined> {
  if (await isInstalled(scratch, ["node", binary(scratch), "--version"])) {
    return undefined;
  }
  try {
    Deno.mkdirSync(`${scratch.dir}/pm2`, { recursive: true });
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts"];
    const { code, stderr } = await runChild(scratch, {
      command: ["npm", "install", ...flags, PACKAGE],
      cwd: `${scratch.dir}/pm2`,
      // Without a package.json of its own npm may walk up to a stranger's.
      env: { npm_config_prefix: `${scratch.dir}/pm2` },
    });
    return code === 0
      ? undefined
      : `not installed: ${stderr.trim().split("\n").at(-1)}`;
  } catch {
    return "not installed: npm is missing";
  }
}

async function startPm2(scratch: Scratch, workers: number): Promise<Server> {
  const port = freePort();
  const home = scratch.folder("pm2_home");
  const env = { PM2_HOME: home, PORT: String(port), PM2_DISCRETE_MODE: "1" };
  const pm2 = async (...args: string[]) => {
    const command = ["node", binary(scratch), ...args];
    const { code, stdout, stderr } = await runChild(scratch, { command, env });
    if (code !== 0) {
      throw new Error(`pm2 ${args[0]}: ${stderr}${stdout}`);
    }
  };
  const startMs = await startHello(port, workers, pm2);
  const pid = Number(Deno.readTextFileSync(`${home}/pm2.pid`));
  scratch.register(pid);
  return {
    port,
    masterPid: pid,
    startMs,
    workerPids: () => childrenOf(pid),
    settle: () => settled(pid, workers),
    reload: () => reloadAndWait(pid, () => pm2("reload", "hello")),
    stop: async () => {
      await pm2("kill");
      await scratch.end(pid);
    },
  };
}

/** Returns the time from spawn to the first answer; on failure ends PM2. */
async function startHello(
  port: number,
  workers: number,
  pm2: (...args: string[]) => Promise<void>,
): Promise<number> {
  const spawnedMs = performance.now();
  let failure: string | undefined;
  const count = ["-i", String(workers)];
  const command = pm2("start", SCRIPT, ...count, "--name", "hello")
    .catch((error) => failure = String(error));
  try {
    const answeredMs = await firstAnswer(port, {
      withinMs: PATIENCE_MS,
      failed: () => failure,
    });
    await command;
    return answeredMs - spawnedMs;
  } catch (error) {
    await pm2("kill");
    throw error;
  }
}
