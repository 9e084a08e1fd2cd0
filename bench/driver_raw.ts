/**
 * Plain node:http in Deno processes of their own, no master above them: what
 * the runtime can do when nobody manages it. The floor for a start and the
 * ceiling for throughput.
 */

import { freePort } from "./answer.ts";
import {
  type Answering,
  type Driver,
  type Server,
  startAnswering,
} from "./driver.ts";
import type { Scratch } from "./scratch.ts";

const SCRIPT = `${import.meta.dirname}/program/raw_http.ts`;

/** node:http in Deno without procmgr; it cannot reload. */
export const RAW: Driver = {
  name: "raw node:http",
  missing: () => Promise.resolve(undefined),
  start: startRaw,
};

async function startRaw(scratch: Scratch, workers: number): Promise<Server> {
  const port = freePort();
  const command = [Deno.execPath(), "run", "--allow-all", SCRIPT, String(port)];
  const running: Answering[] = [];
  for (let count = 0; count < workers; count++) {
    running.push(await startAnswering(scratch, { command, port }));
  }
  return {
    port,
    masterPid: undefined,
    startMs: running[0]?.startMs ?? NaN,
    workerPids: () => running.map(({ child }) => child.pid),
    // The later ones share the port, so the first answers for them.
    settle: () => new Promise((done) => setTimeout(done, 500)),
    reload: () => Promise.reject(new Error("nothing to reload")),
    stop: async () => {
      await Promise.all(running.map(({ child }) => scratch.end(child.pid)));
    },
  };
}
