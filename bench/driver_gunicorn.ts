/**
 * gunicorn with its threaded workers, since the default ones know no
 * keep-alive; reloaded by SIGHUP, as its manual says. The app is
 * program/gunicorn_app.py.
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

const FOLDER = `${import.meta.dirname}/program`;

/** The installed gunicorn. */
export const GUNICORN: Driver = {
  name: "gunicorn",
  missing: (scratch) => missingProgram(scratch, ["gunicorn", "--version"]),
  start: startGunicorn,
};

async function startGunicorn(
  scratch: Scratch,
  workers: number,
): Promise<Server> {
  const port = freePort();
  const { child, startMs } = await startAnswering(scratch, {
    command: [
      ...["gunicorn", "--workers", String(workers)],
      ...["--worker-class", "gthread", "--threads", "16"],
      ...["--bind", `127.0.0.1:${port}`, "--chdir", FOLDER],
      ...["--log-level", "warning", "gunicorn_app:app"],
    ],
    env: { PYTHONDONTWRITEBYTECODE: "1" },
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
