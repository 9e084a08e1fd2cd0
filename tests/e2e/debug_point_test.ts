/**
 * A connection left open at a worker's exit is an alert that says which, and
 * debug_points stops or aborts the worker there. The app's own exit handlers
 * run, whatever they throw.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { toMilliseconds } from "../../src/base/unit.ts";
import { RawClient } from "../support/raw_client.ts";
import { statOf } from "../support/proc.ts";
import { until } from "../support/until.ts";
import { WorkerProcess } from "../support/worker_process.ts";

const DONE = { kind: "code", code: 0 } as const;

const LEFT =
  /\[alert\] \d+#0: open socket left in connection 127\.0\.0\.1:\d+, open for \d+ ms, no request\n/;

type Config = Parameters<typeof WorkerProcess.start>[0]["config"];

/** A worker with a connection that will be open at its exit. */
async function leak(
  config: Config = {},
): Promise<{ readonly worker: WorkerProcess; readonly client: RawClient }> {
  const worker = await WorkerProcess.start({
    app: "leak_connection.ts",
    config,
  });
  using first = await RawClient.connect(worker.port);
  await first.get("/");
  const client = await RawClient.connect(worker.port);
  await until(() => worker.stderr.includes("hidden"), {
    what: "the hidden connection",
  });
  return { worker, client };
}

Deno.test("a connection left open at the exit is an alert that says which", async () => {
  const { worker, client } = await leak();
  await using _worker = worker;
  using _client = client;
  worker.quit();
  assertEquals(await worker.exited, DONE);
  assertMatch(worker.log, LEFT);
});

Deno.test("a worker without a connection left open says nothing", async () => {
  await using worker = await WorkerProcess.start({ app: "hello.ts" });
  worker.quit();
  assertEquals(await worker.exited, DONE);
  assert(!worker.log.includes("[alert]"), worker.log);
});

Deno.test("debug_points abort ends the worker on SIGABRT", async () => {
  const { worker, client } = await leak({ debugPoints: "abort" });
  await using _worker = worker;
  using _client = client;
  worker.quit();
  assertEquals(await worker.exited, { kind: "signal", signal: "SIGABRT" });
  assertMatch(worker.log, LEFT);
  assertMatch(worker.log, /\[alert\] \d+#0: aborting\n/);
});

Deno.test("debug_points stop holds the worker until SIGCONT", async () => {
  const { worker, client } = await leak({ debugPoints: "stop" });
  await using _worker = worker;
  using _client = client;
  worker.quit();
  await until(() => statOf(worker.pid)?.state === "T", {
    what: "the stopped worker",
  });
  assertMatch(worker.log, /\[alert\] \d+#0: stopping\n$/);
  worker.kill("SIGCONT");
  assertEquals(await worker.exited, DONE);
});

Deno.test("the shutdown timeout says which connections it cuts", async () => {
  await using worker = await WorkerProcess.start({
    app: "worker_app.ts",
    config: { shutdownTimeoutMs: toMilliseconds(300) },
  });
  using client = await RawClient.connect(worker.port);
  await client.send("GET /endless?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.readUntil(/\r\n\r\n/);
  worker.quit();
  assertEquals(await worker.exited, DONE);
  assertMatch(
    worker.log,
    /\[notice\] \d+#0: closing connection 127\.0\.0\.1:\d+, open for \d+ ms, last request GET \/endless\?x=1\n/,
  );
});

Deno.test("the app's exit handlers run at a graceful exit", async () => {
  await using worker = await WorkerProcess.start({ app: "exit_handlers.ts" });
  worker.quit();
  assertEquals(await worker.exited, DONE);
  assertMatch(worker.stderr, /handler exit 0\nhandler unload\n/);
});

Deno.test("exit handlers that throw are errors, and it ends all the same", async () => {
  await using worker = await WorkerProcess.start({
    app: "exit_handlers.ts",
    env: { EXIT_HANDLERS: "throw" },
  });
  worker.quit();
  const exit = await worker.exited;
  assertEquals(exit.kind, "code");
  assertMatch(worker.stderr, /handler exit 0\nhandler unload\n/);
  assertMatch(worker.log, /failed in an exit handler: Error: from exit 0/);
  assertMatch(worker.log, /nobody caught: Error: from unload/);
});
