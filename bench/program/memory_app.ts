/**
 * The app whose worker is watched for leaks: it answers, waits, streams without
 * end and reads bodies, for clients that stay and for clients that go; and it
 * says what its memory is when all garbage is collected.
 */

import v8 from "node:v8";
import vm from "node:vm";

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc") as () => void;

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === "POST") {
      const { length } = await request.text();
      return new Response(`${length} bytes\n`);
    }
    if (request.url.endsWith("/memory")) return await weigh();
    if (request.url.endsWith("/slow")) return await waitForAbort(request);
    if (request.url.endsWith("/stream")) return new Response(endless());
    return new Response(`Hello, ${request.headers.get("host")}!\n`);
  },
};

/** Twice: what is finalised after the first is free after the second. */
async function weigh(): Promise<Response> {
  collect();
  await new Promise((done) => setTimeout(done, 0));
  collect();
  return Response.json(Deno.memoryUsage());
}

/** An answer that never comes. */
function waitForAbort({ signal }: Request): Promise<Response> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Not as fast as it can: what matters is what is left of it. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller): Promise<void> {
      controller.enqueue(new Uint8Array(16_384));
      await new Promise((done) => setTimeout(done, 1));
    },
  });
}
