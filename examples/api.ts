/**
 * The second app of two_pools.jsonc: a default function, which is an app, too,
 * and a setting from the environment.
 *
 *     procmgr -c examples/two_pools.jsonc
 *     curl http://127.0.0.1:8081/
 *     curl -d '{"any":"json"}' http://127.0.0.1:8081/
 */

import type { RequestInfo } from "../src/app/app.ts";

const greeting = Deno.env.get("GREETING") ?? "Hello";

export default async function api(
  request: Request,
  info: RequestInfo,
): Promise<Response> {
  if (request.method === "GET") {
    return Response.json({ greeting, pool: info.worker.pool });
  }
  try {
    return Response.json({ received: await request.json() });
  } catch {
    return Response.json({ error: "that is no JSON" }, { status: 400 });
  }
}
