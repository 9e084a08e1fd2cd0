/**
 * An app that is slow, and a cache in front of it that answers for it.
 *
 *     procmgr -c examples/cached.jsonc
 *     curl -i http://127.0.0.1:8080/    # Cache-Status: procmgr; fwd=miss; stored
 *     curl -i http://127.0.0.1:8080/    # Cache-Status: procmgr; hit; ttl=59
 *     curl -X POST http://127.0.0.1:8080/forget
 *
 * What the response says decides: here it is fresh for a minute, given out for
 * another while it is made anew, and for an hour if that fails. It is there
 * after a restart, too. docs/cache.md has the rules.
 */

import type { App } from "../src/app/app.ts";

export default {
  async fetch(request, info): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "POST" && pathname === "/forget") {
      await info.purge({ tags: ["pages"] });
      return new Response("Forgotten\n");
    }
    const made = await makePage(pathname);
    return new Response(made, {
      headers: {
        "cache-control":
          "max-age=60, stale-while-revalidate=60, stale-if-error=3600",
        "cache-tag": "pages",
        "content-type": "text/plain",
      },
    });
  },
} satisfies App;

/** As if a database had to be asked. */
async function makePage(path: string): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  return `${path}, made at ${new Date().toISOString()}\n`;
}
