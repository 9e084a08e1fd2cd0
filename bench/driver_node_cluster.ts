/**
 * node:cluster with a rolling restart as a careful user writes it; the script
 * is program/node_cluster.mjs. It has no reload command of its own, so SIGHUP
 * asks for one.
 */

import { freePort } from "./answer.ts";
import {
  type Certificate,
  type Content,
  type Driver,
  missingProgram,
  reloadAndWait,
  type Server,
  settled,
  startAnswering,
} from "./driver.ts";
import { childrenOf } from "./process_table.ts";
import { kill, type Scratch } from "./scratch.ts";

const SCRIPT = `${import.meta.dirname}/program/node_cluster.mjs`;

/** node:cluster of the installed Node. */
export const NODE_CLUSTER: Driver = nodeClusterDriver({});

/** The same for other content; files are not served. */
export function nodeClusterDriver({ tls }: Content): Driver {
  return {
    name: tls === undefined ? "node:cluster" : "node:cluster, node:https",
    missing: (scratch) => missingProgram(scratch, ["node", "--version"]),
    start: (scratch, workers) => startNodeCluster(scratch, { workers, tls }),
  };
}

async function startNodeCluster(
  scratch: Scratch,
  options: {
    readonly workers: number;
    readonly tls?: Certificate | undefined;
  },
): Promise<Server> {
  const { workers, tls } = options;
  const port = freePort();
  const pair = tls === undefined ? [] : [tls.certificate, tls.key];
  const { child, startMs } = await startAnswering(scratch, {
    command: ["node", SCRIPT, String(port), String(workers), ...pair],
    port,
    tls,
  });
  return {
    port,
    masterPid: child.pid,
    startMs,
    workerPids: () => childrenOf(child.pid),
    settle: () => settled(child.pid, workers),
    reload: () => reloadAndWait(child.pid, () => kill(child.pid, "SIGHUP")),
    stop: () => scratch.end(child.pid),
  };
}
