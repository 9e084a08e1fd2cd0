/**
 * An app that opens something before it serves and closes it at the end.
 *
 *     procmgr examples/hooks.ts
 *     curl http://127.0.0.1:8080/
 *     # new workers, new counts:
 *     kill -HUP $(cat procmgr.pid)
 *
 * Each worker is a process of its own: what is in memory here is this
 * worker's, and is gone when the worker is replaced. So what must last is
 * written down in `shutdown`, and read again in `init`.
 */

import type { App } from "../src/app/app.ts";

let startedAt = 0;
let visits = 0;

export default {
  /**
   * Runs before the first connection is accepted. The worker counts as ready
   * when it is done; when it throws, the worker is given up, and a reload to
   * this code with it: the workers that serve now go on serving.
   */
  async init({ worker, log }): Promise<void> {
    startedAt = Date.now();
    // Connect to a database here, or warm a cache.
    await Promise.resolve();
    log.notice(`worker ${worker.ordinal} of pool ${worker.pool} is prepared`);
  },

  fetch(request, info): Response {
    visits++;
    const { ordinal, generation } = info.worker;
    return Response.json({
      path: new URL(request.url).pathname,
      answeredBy: `worker ${ordinal}, generation ${generation}`,
      visits,
      upSeconds: Math.round((Date.now() - startedAt) / 1000),
    });
  },

  /**
   * Runs when the last connection of a graceful shutdown is gone: after a
   * reload, and at the end. It has what is left of worker_shutdown_timeout.
   */
  async shutdown({ log }): Promise<void> {
    // Flush what is still in memory, close the database.
    await Promise.resolve();
    log.notice(`leaving after ${visits} visits`);
  },
} satisfies App;
