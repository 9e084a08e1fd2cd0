/**
 * node:cluster with a rolling restart as a careful user writes it; the script
 * is program/node_cluster.mjs. It has no reload command of its own, so SIGHUP
 * asks for one.
 */

import { freePort } from "./answer.ts";
import {
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
export const NODE_CLUSTER: Driver = {
  name: "node:cluster",
  missing: (scratch) => missingProgram(scratch, ["node", "--version"]),
  start: startNodeCluster,
};

async function startNodeCluster(
  scratch: Scratch,
  workers: number,
): Promise<Server> {
  const port = freePort();
  const { child, startMs } = await startAnswering(scratch, {
    command: ["node", SCRIPT, String(port), String(workers)],
    port,
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
