/**
 * `deno serve --parallel`: the runtime's own server, which accepts in as many
 * threads as there are workers. It runs the app that procmgr runs, or a file
 * server of twenty lines, since @std/http is not to be had without JSR.
 */

import { freePort } from "./answer.ts";
import {
  type Content,
  type Driver,
  type Server,
  startAnswering,
} from "./driver.ts";
import type { Scratch } from "./scratch.ts";

const PROGRAMS = `${import.meta.dirname}/program`;

/** The runtime's own server; it cannot reload. */
export function denoServeDriver({ folder }: Content): Driver {
  return {
    name: folder === undefined
      ? "deno serve --parallel"
      : "deno serve --parallel, a file server of 20 lines",
    missing: () => Promise.resolve(undefined),
    start: (scratch, workers) => startServe(scratch, { workers, folder }),
  };
}

async function startServe(
  scratch: Scratch,
  options: { readonly workers: number; readonly folder?: string | undefined },
): Promise<Server> {
  const { workers, folder } = options;
  const port = freePort();
  const program = folder === undefined ? "hello.ts" : "file_server.ts";
  const { child, startMs } = await startAnswering(scratch, {
    command: [
      ...[Deno.execPath(), "serve", "--quiet", "--allow-all", "--parallel"],
      ...["--host", "127.0.0.1", "--port", String(port)],
      `${PROGRAMS}/${program}`,
    ],
    env: {
      DENO_JOBS: String(workers),
      ...folder !== undefined && { SERVE_ROOT: folder },
    },
    port,
  });
  return {
    port,
    masterPid: undefined,
    startMs,
    workerPids: () => [child.pid],
    // The other threads follow the first, and nobody says when.
    settle: () => new Promise((done) => setTimeout(done, 500)),
    reload: () => Promise.reject(new Error("nothing to reload")),
    stop: () => scratch.end(child.pid),
  };
}
