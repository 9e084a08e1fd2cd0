/** A worker that is told to go loses no request on its way out. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { toMilliseconds } from "../../src/base/unit.ts";
import { closeFd } from "../../src/os/fd.ts";
import { RawClient } from "../support/raw_client.ts";
import { openTestListener, WorkerProcess } from "../support/worker_process.ts";
import { until } from "../support/until.ts";

const DONE = { kind: "code", code: 0 } as const;

function start(
  config: Parameters<typeof WorkerProcess.start>[0]["config"] = {},
): Promise<WorkerProcess> {
  return WorkerProcess.start({ app: "worker_app.ts", config });
}

function title(worker: WorkerProcess): string {
  const line = Deno.readTextFileSync(`/proc/${worker.pid}/cmdline`);
  return line.replaceAll("\0", "").trim();
}

/** Clients that ask one thing after another until told to stop. */
class Load {
  requests = 0;
  readonly failures: string[] = [];
  #isOver = false;
  readonly #clients: Promise<void>[];

  constructor(port: number, path: string, connections: number) {
    this.#clients = Array.from(
      { length: connections },
      () => this.#client(port, path),
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #client(port: number, path: string): Promise<void> {
    while (!this.#isOver) {
      using client = await RawClient.connect(port);
      let keepsOpen = true;
      while (keepsOpen && !this.#isOver) {
        keepsOpen = await this.#ask(client, path);
      }
    }
  }

  /** Whether the connection may be used again. */
  async #ask(client: RawClient, path: string): Promise<boolean> {
    this.requests++;
    try {
      const { status, headerLines } = await client.get(path);
      if (status !== 200) this.failures.push(String(status));
      return !headerLines.some((line) => /^connection: close/i.test(line));
    } catch (error) {
      this.failures.push(String(error));
      return false;
    }
  }
}

for (const path of ["/", "/slow?ms=3"]) {
  Deno.test(`replacing workers loses no request of GET ${path}`, async () => {
    const listener = openTestListener();
    const options = { app: "worker_app.ts", listener };
    let current = await WorkerProcess.start(options);
    const load = new Load(current.port, path, 24);
    for (let round = 0; round < 4; round++) {
      const next = await WorkerProcess.start(options);
      const asked = load.requests;
      current.quit();
      assertEquals(await current.exited, DONE, current.log);
      assert(!/\[(error|alert|emerg)\]/.test(current.log), current.log);
      await current[Symbol.asyncDispose]();
      await until(() => load.requests > asked + 100, { what: "load goes on" });
      current = next;
    }
    await load.stop();
    await current[Symbol.asyncDispose]();
    closeFd(listener);
    assertEquals(load.failures, []);
    assertGreater(load.requests, 400);
  });
}

Deno.test("quit finishes running requests and says Connection: close", async () => {
  await using worker = await start();
  using running = await RawClient.connect(worker.port);
  using streaming = await RawClient.connect(worker.port);
  using idle = await RawClient.connect(worker.port);
  await idle.get("/");
  await running.send("GET /slow?ms=400 HTTP/1.1\r\nHost: a\r\n\r\n");
  await streaming.send("GET /ticks?n=9 HTTP/1.1\r\nHost: a\r\n\r\n");
  await streaming.readUntil(/tick 0\n/);
  worker.quit();
  await worker.expectLog(/gracefully shutting down/);
  assertEquals(title(worker), "procmgr: worker process is shutting down");
  const next = await idle.get("/info");
  assertEquals(JSON.parse(next.body).draining, true);
  for (const answer of [next, await running.response()]) {
    assertEquals(answer.status, 200);
    assert(answer.headerLines.includes("Connection: close"));
  }
  await streaming.readUntil(/tick 8\n\r\n0\r\n\r\n/);
  assert(await idle.isClosedWithin(1000));
  assertEquals(await worker.exited, DONE);
  assertEquals(worker.messages, [{ kind: "ready" }]);
  const wording = worker.log.split("\n").slice(1, -1)
    .map((line) => line.replace(/^.*\[/, "[").replace(/\d+#0/, "PID"));
  assertEquals(wording, [
    "[notice] PID: gracefully shutting down",
    "[info] PID: shutdown, draining true",
    "[notice] PID: exiting",
    "[notice] PID: exit",
  ]);
});

Deno.test("a draining worker closes idle and silent connections", async () => {
  await using worker = await start({
    keepaliveDrainMs: toMilliseconds(400),
  });
  using idle = await RawClient.connect(worker.port);
  using silent = await RawClient.connect(worker.port);
  await idle.get("/");
  const quitAt = performance.now();
  worker.quit();
  assertEquals(await Promise.all([idle.rest(), silent.rest()]), ["", ""]);
  const closedMs = performance.now() - quitAt;
  assert(closedMs >= 395 && closedMs < 1500, `closed after ${closedMs} ms`);
  assertEquals(await worker.exited, DONE);
});

Deno.test("a request that comes in slowly is not idle", async () => {
  await using worker = await start({ keepaliveDrainMs: toMilliseconds(300) });
  using slow = await RawClient.connect(worker.port);
  await slow.send("GET / HT");
  await until(() => fetch(worker.url).then((r) => r.text()), {
    what: "accepted",
  });
  worker.quit();
  for (const part of ["TP/1.", "1\r\nHo", "st: ", "a\r\nX: ", "y\r\n"]) {
    assertEquals(await slow.isClosedWithin(200), false, "closed midway");
    await slow.send(part);
  }
  await slow.send("\r\n");
  const answer = await slow.response();
  assertEquals(answer.status, 200);
  assert(answer.headerLines.includes("Connection: close"));
  assertEquals(await worker.exited, DONE);
});

Deno.test("a stopped listener leaves new connections to the others", async () => {
  const listener = openTestListener();
  await using worker = await WorkerProcess.start({
    app: "worker_app.ts",
    listener,
  });
  using held = await RawClient.connect(worker.port);
  await held.send("GET /slow?ms=700 HTTP/1.1\r\nHost: a\r\n\r\n");
  await fetch(worker.url).then((response) => response.text());
  worker.quit();
  await worker.expectLog(/gracefully shutting down/);
  // Nobody accepts; it waits in the queue for the worker that follows.
  using waiting = await RawClient.connect(worker.port);
  await waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assertEquals((await held.response()).status, 200);
  await using next = await WorkerProcess.start({
    app: "worker_app.ts",
    listener,
  });
  assertEquals((await waiting.response()).status, 200);
  assertEquals(await worker.exited, DONE);
  next.quit();
  await next.exited;
  closeFd(listener);
});

Deno.test("quit with a linger goes on accepting for that long", async () => {
  await using worker = await start();
  worker.quit(500);
  await worker.expectLog(/gracefully shutting down/);
  using late = await RawClient.connect(worker.port);
  const answer = await late.get("/");
  assert(answer.headerLines.includes("Connection: close"));
  assertEquals(await worker.exited, DONE);
});

Deno.test("the shutdown timeout closes what is left, and counts it", async () => {
  await using worker = await start({ shutdownTimeoutMs: toMilliseconds(500) });
  using first = await RawClient.connect(worker.port);
  using second = await RawClient.connect(worker.port);
  await first.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  await second.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  await fetch(worker.url, { headers: { connection: "close" } })
    .then((response) => response.text());
  const quitAt = performance.now();
  worker.quit();
  assertEquals(await worker.exited, DONE);
  const tookMs = performance.now() - quitAt;
  assert(tookMs >= 495 && tookMs < 1400, `took ${tookMs} ms`);
  assert(await first.isClosedWithin(100));
  await worker.expectLog(/\[notice\].* passed, closing [23] connections$/m);
  assert(!/\[alert\]/.test(worker.log), worker.log);
});

Deno.test("no shutdown timeout means no limit", async () => {
  await using worker = await start({ shutdownTimeoutMs: toMilliseconds(0) });
  using slow = await RawClient.connect(worker.port);
  await slow.send("GET /slow?ms=1500 HTTP/1.1\r\nHost: a\r\n\r\n");
  await fetch(worker.url).then((response) => response.text());
  worker.quit();
  assertEquals((await slow.response()).body, "slow but whole");
  assertEquals(await worker.exited, DONE);
});
