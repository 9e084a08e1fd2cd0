/**
 * Plain node:http in Deno processes of their own, no master above them: what
 * the runtime can do when nobody manages it. The floor for a start and the
 * ceiling for throughput.
 */

import { freePort } from "./answer.ts";
import {
  type Answering,
  type Certificate,
  type Content,
  type Driver,
  type Server,
  startAnswering,
} from "./driver.ts";
import type { Scratch } from "./scratch.ts";

const SCRIPT = `${import.meta.dirname}/program/raw_http.ts`;

/** node:http in Deno without procmgr; it cannot reload. */
export const RAW: Driver = rawDriver({});

/** The same for other content; files are not served. */
export function rawDriver({ tls }: Content): Driver {
  return {
    name: tls === undefined ? "raw node:http" : "raw node:https",
    missing: () => Promise.resolve(undefined),
    start: (scratch, workers) => startRaw(scratch, { workers, tls }),
  };
}

async function startRaw(
  scratch: Scratch,
  options: {
    readonly workers: number;
    readonly tls?: Certificate | undefined;
  },
): Promise<Server> {
  const { workers, tls } = options;
  const port = freePort();
  const pair = tls === undefined ? [] : [tls.certificate, tls.key];
  const command = [
    ...[Deno.execPath(), "run", "--allow-all"],
    ...[SCRIPT, String(port), ...pair],
  ];
  const running: Answering[] = [];
  for (let count = 0; count < workers; count++) {
    running.push(await startAnswering(scratch, { command, port, tls }));
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
