/** What one client may take, in time, bytes and connections: nginx's limits. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type HttpDirective, resolveHttp } from "../../src/config/http.ts";
import { RawClient } from "../support/raw_client.ts";
import { throughout, until } from "../support/until.ts";
import { WorkerProcess } from "../support/worker_process.ts";

type Written = { readonly [Name in HttpDirective]?: string | number };

function start(written: Written = {}): Promise<WorkerProcess> {
  const http = resolveHttp((name) => written[name]);
  return WorkerProcess.start({ app: "worker_app.ts", config: { http } });
}

/** Send it and expect a refusal and the end; then somebody else is served. */
async function refused(
  worker: WorkerProcess,
  text: string,
  status: number,
): Promise<void> {
  using client = await RawClient.connect(worker.port);
  // The answer may come, and the connection close, before all is sent.
  const sent = client.send(text).catch(() => {});
  const response = await client.response();
  assertEquals(response.status, status, text.slice(0, 80));
  assert(response.headerLines.includes("Connection: close"));
  client.close();
  await sent;
  using next = await RawClient.connect(worker.port);
  assertEquals((await next.get("/")).status, 200);
}

const HOST = "Host: a\r\n";
const GET = `GET / HTTP/1.1\r\n${HOST}`;
const POST = `POST /text HTTP/1.1\r\n${HOST}`;

Deno.test("a head has nginx's sizes", async () => {
  await using worker = await start();
  const a = (length: number): string => "a".repeat(length);
  await refused(worker, `GET /${a(8200)} HTTP/1.1\r\n${HOST}\r\n`, 414);
  await refused(worker, `GET /${a(2_000_000)} HTTP/1.1\r\n${HOST}\r\n`, 414);
  await refused(worker, `GET /${a(40_000)}`, 414);
  await refused(worker, `${GET}X: ${a(8200)}\r\n\r\n`, 400);
  await refused(worker, `${GET}${a(8200)}: b\r\n\r\n`, 400);
  await refused(worker, `${GET}X: ${a(2_000_000)}\r\n\r\n`, 400);
  await refused(worker, GET + `X: ${a(4000)}\r\n`.repeat(9) + "\r\n", 400);
  await refused(worker, GET + "X: a\r\n".repeat(101) + "\r\n", 400);
  await refused(worker, GET + "X:\r\n".repeat(100_000) + "\r\n", 400);
  await refused(worker, GET + "X:\r\n".repeat(100_000), 400);
  using client = await RawClient.connect(worker.port);
  await client.send(`GET /${a(8000)} HTTP/1.1\r\n${HOST}\r\n`);
  assertEquals((await client.response()).status, 200);
  await client.send(`${GET}X: ${a(8000)}\r\nY: ${a(8000)}\r\n\r\n`);
  assertEquals((await client.response()).status, 200);
  await client.send(GET + "X: a\r\n".repeat(99) + "\r\n");
  assertEquals((await client.response()).status, 200);
});

Deno.test("a flood of trailers is a refused request", async () => {
  await using worker = await start();
  const chunks = `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n`;
  await refused(worker, chunks + "X: y\r\n".repeat(100_000), 400);
  await refused(worker, `${chunks}X: ${"y".repeat(2_000_000)}`, 400);
});

Deno.test("sizes are what the configuration says", async () => {
  await using worker = await start({
    large_client_header_buffers: "2 1k",
    max_headers: 5,
  });
  await refused(worker, `GET /${"a".repeat(1024)} HTTP/1.1\r\n\r\n`, 414);
  await refused(worker, `${GET}X: ${"a".repeat(1024)}\r\n\r\n`, 400);
  await refused(worker, GET + "X: a\r\n".repeat(5) + "\r\n", 400);
  using client = await RawClient.connect(worker.port);
  await client.send(GET + "X: a\r\n".repeat(4) + "\r\n");
  assertEquals((await client.response()).status, 200);
});

Deno.test("a head that does not come in time is 408", async () => {
  await using worker = await start({ client_header_timeout: "400ms" });
  for (const part of ["G", GET.slice(0, 20), GET]) {
    using client = await RawClient.connect(worker.port);
    await client.send(part);
    assertEquals((await client.response()).status, 408);
    assertEquals(await client.rest(), "");
  }
  // Who has sent nothing is told nothing.
  using silent = await RawClient.connect(worker.port);
  assertEquals(await silent.rest(), "");
  using blank = await RawClient.connect(worker.port);
  await blank.send("\r\n\r\n");
  assertEquals(await blank.rest(), "");
});

Deno.test("bytes that trickle in gain a head no time", async () => {
  await using worker = await start({
    client_header_timeout: "600ms",
    keepalive_timeout: "600ms",
  });
  const trickles = [["GET /", "a", 408], ["", "\r\n", 0], [GET, "a", 408]];
  await Promise.all(trickles.map(async ([first, drip, status]) => {
    using client = await RawClient.connect(worker.port);
    // The second has a request answered first: its connection is idle.
    if (first === "") await client.get("/");
    await client.send(String(first));
    const startedAt = performance.now();
    let ended = false;
    const rest = client.rest().finally(() => ended = true);
    await until(async () => {
      await client.send(String(drip)).catch(() => {});
      return ended;
    }, { what: "the end of a trickle", withinMs: 5000 });
    const tookMs = performance.now() - startedAt;
    assert(tookMs > 500 && tookMs < 4000, `${first}: ${tookMs}`);
    const answer = await rest;
    if (status === 0) assertEquals(answer, "");
    else assertMatch(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
  }));
});

Deno.test("a body that stops coming is 408, while it is read", async () => {
  await using worker = await start({ client_body_timeout: "300ms" });
  for (const more of ["", "ab"]) {
    using client = await RawClient.connect(worker.port);
    await client.send(`${POST}Content-Length: 10\r\n\r\n${more}`);
    assertEquals((await client.response()).status, 408);
    assertEquals(await client.rest(), "");
  }
  // An app that does not read is not the client's fault.
  using slow = await RawClient.connect(worker.port);
  await slow.send(
    `POST /slow?ms=900 HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\n`,
  );
  assertEquals((await slow.response()).status, 200);
  // What comes in time goes on.
  using steady = await RawClient.connect(worker.port);
  await steady.send(`${POST}Content-Length: 8\r\n\r\n`);
  for (const byte of "12345678") {
    await steady.send(byte);
    using other = await RawClient.connect(worker.port);
    await other.get("/slow?ms=100");
  }
  assertEquals((await steady.response()).body, "12345678");
  assert(!/\[error\]/.test(worker.log), worker.log);
});

Deno.test("who takes nothing of a response is left", async () => {
  await using worker = await start({ send_timeout: "400ms" });
  for (const path of ["/large", "/endless-fast"]) {
    using client = await RawClient.connect(worker.port);
    await client.send(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
    await client.readUntil(/\r\n\r\n/);
    await worker.expectOpen(0);
  }
});

Deno.test("who takes a response slowly gets all of it", async () => {
  await using worker = await start({ send_timeout: "400ms" });
  using client = await RawClient.connect(worker.port);
  await client.send(`GET /larger HTTP/1.1\r\n${HOST}\r\n`);
  await client.readUntil(/\r\n\r\n/);
  let bytes = 0;
  const startedAt = performance.now();
  await until(async () => {
    for (let read = 0; read < 8 && bytes < 30_000_000; read++) {
      bytes += await client.readSome();
    }
    return bytes >= 30_000_000;
  }, { what: () => `30 MB, got ${bytes}` });
  const tookMs = performance.now() - startedAt;
  assert(tookMs > 500, `too fast to show anything: ${tookMs}`);
});

Deno.test("an idle connection has keepalive_timeout", async () => {
  await using worker = await start({ keepalive_timeout: "500ms" });
  using client = await RawClient.connect(worker.port);
  const { headerLines } = await client.get("/");
  assert(headerLines.includes("Connection: keep-alive"));
  const startedAt = performance.now();
  assertEquals(await client.rest(), "");
  const tookMs = performance.now() - startedAt;
  assert(tookMs > 450 && tookMs < 3000, `took ${tookMs}`);
});

Deno.test("keepalive_timeout 0 closes after each response", async () => {
  await using worker = await start({ keepalive_timeout: 0 });
  using client = await RawClient.connect(worker.port);
  const { headerLines } = await client.get("/");
  assert(headerLines.includes("Connection: close"));
  assertEquals(await client.rest(), "");
});

Deno.test("keepalive_requests closes with the last", async () => {
  await using worker = await start({ keepalive_requests: 3 });
  using client = await RawClient.connect(worker.port);
  for (const expected of ["keep-alive", "keep-alive", "close"]) {
    const { headerLines } = await client.get("/");
    assert(headerLines.includes(`Connection: ${expected}`), expected);
  }
  assertEquals(await client.rest(), "");
  // In a pipeline the rest is not answered.
  using eager = await RawClient.connect(worker.port);
  await eager.send(`${GET}\r\n`.repeat(10));
  const answers = await eager.rest();
  assertEquals(answers.match(/HTTP\/1\.1 200/g)?.length, 3);
});

Deno.test("a body over client_max_body_size is 413", async () => {
  await using worker = await start({ client_max_body_size: "1k" });
  const over = "x".repeat(1025);
  const expect = "Expect: 100-continue\r\n";
  await refused(worker, `${POST}Content-Length: 1025\r\n\r\n${over}`, 413);
  // No "100 Continue" comes first.
  await refused(worker, `${POST}${expect}Content-Length: 1025\r\n\r\n`, 413);
  const chunks = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
  await refused(worker, `${chunks}401\r\n${over}\r\n0\r\n\r\n`, 413);
  await refused(worker, chunks + `10\r\n${"x".repeat(16)}\r\n`.repeat(65), 413);
  using client = await RawClient.connect(worker.port);
  const exact = "y".repeat(1024);
  await client.send(`${POST}Content-Length: 1024\r\n\r\n${exact}`);
  assertEquals((await client.response()).body, exact);
  await client.send(
    `${POST}Transfer-Encoding: chunked\r\n\r\n400\r\n${exact}\r\n0\r\n\r\n`,
  );
  assertEquals((await client.response()).body, exact);
  assert(!/\[error\]/.test(worker.log), worker.log);
});

Deno.test("over worker_connections the longest idle one goes", async () => {
  await using worker = await start({ worker_connections: 3 });
  const clients: RawClient[] = [];
  for (let count = 0; count < 3; count++) {
    const client = await RawClient.connect(worker.port);
    assertEquals((await client.get("/")).status, 200);
    clients.push(client);
  }
  const [first, second, third] = clients;
  assert(first && second && third);
  // The first was used last.
  assertEquals((await first.get("/")).status, 200);
  using fourth = await RawClient.connect(worker.port);
  assertEquals((await fourth.get("/")).status, 200);
  assertEquals(await second.rest(), "");
  for (const client of [first, third]) {
    assertEquals((await client.get("/")).status, 200);
  }
  clients.forEach((client) => client.close());
});

Deno.test("over worker_connections all busy: turned away, said once", async () => {
  await using worker = await start({ worker_connections: 2 });
  const busy = [1, 2].map(() => RawClient.connect(worker.port));
  for (const client of await Promise.all(busy)) {
    await client.send(`GET /slow?ms=900 HTTP/1.1\r\n${HOST}\r\n`);
  }
  for (let count = 0; count < 20; count++) {
    using client = await RawClient.connect(worker.port);
    assertEquals(await client.rest(), "");
  }
  const lines = worker.log.match(/\[error\].*worker_connections.*$/gm) ?? [];
  assert(lines.length >= 1 && lines.length <= 2, worker.log);
  assertMatch(lines[0] ?? "", /2 worker_connections are not enough$/);
  for (const client of await Promise.all(busy)) {
    assertEquals((await client.response()).body, "slow but whole");
    client.close();
  }
  await until(async () => {
    using client = await RawClient.connect(worker.port);
    return await client.get("/").then(() => true, () => false);
  }, { what: "room again" });
});

Deno.test("a client that lingers does not hold its connection", async () => {
  await using worker = await start();
  // It never closes its side after our last response.
  using client = await RawClient.connect(worker.port);
  await client.send(`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
  await client.response();
  assertEquals(await client.rest(), "");
  await throughout(() => worker.open() === 1, {
    what: "the connection is left for the client to close",
    forMs: 1000,
  });
  await worker.expectOpen(0);
});
