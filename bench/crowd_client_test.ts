/** Crowds of clients against a server of the test's own. */

import { assertEquals } from "@std/assert";
import { openCrowd, runAborts } from "./crowd_client.ts";
import memoryApp from "./program/memory_app.ts";
import { Scratch } from "./scratch.ts";

async function withServer(
  test: (port: number, scratch: Scratch) => Promise<void>,
): Promise<void> {
  const server = Deno.serve(
    {
      ...{ hostname: "127.0.0.1", port: 0, onListen: () => {} },
      onError: () => new Response(null, { status: 500 }),
    },
    (request) => memoryApp.fetch(request),
  );
  const scratch = new Scratch();
  try {
    await test(server.addr.port, scratch);
  } finally {
    await scratch.clear();
    await server.shutdown();
  }
}

Deno.test("openCrowd() asks on each connection, and again", async () => {
  await withServer(async (port, scratch) => {
    const crowd = await openCrowd(scratch, { port, connections: 70 });
    assertEquals(crowd.opened.answered, 70);
    assertEquals((await crowd.askAgain()).answered, 70);
    await crowd.close();
  });
});

Deno.test("runAborts() counts clients that went as they should", async () => {
  await withServer(async (port, scratch) => {
    const options = { port, aborts: 20, connections: 3 };
    const report = await runAborts(scratch, options);
    assertEquals(report, { aborted: 20, failed: 0 });
  });
});

Deno.test("runAborts() counts clients that were not let in", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const scratch = new Scratch();
  const options = { port, aborts: 4, connections: 2 };
  assertEquals(await runAborts(scratch, options), { aborted: 0, failed: 4 });
  await scratch.clear();
});
