/** Several requests at once on a connection: each answered once, in order. */

import { assert, assertEquals } from "@std/assert";
import { RawClient } from "../support/raw_client.ts";
import { WorkerProcess } from "../support/worker_process.ts";

function start(): Promise<WorkerProcess> {
  return WorkerProcess.start({ app: "http_app.ts" });
}

const HOST = "Host: a\r\n";

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\n${HOST}\r\n`;
}

function post(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\n${HOST}` +
    `Content-Length: ${body.length}\r\n\r\n${body}`;
}

function postChunks(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n` +
    `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

Deno.test("500 requests in one write are answered in order", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const paths = Array.from({ length: 500 }, (_, index) => `/n${index}`);
  await client.send(paths.map(get).join(""));
  for (const path of paths) {
    assertEquals((await client.response()).body, `path ${path}`);
  }
});

Deno.test("bodies between requests are taken for what they are", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const body = get("/inner");
  const requests = [
    post("/text", body),
    post("/unread", body),
    postChunks("/text", body),
    postChunks("/unread", body),
    post("/early", "x".repeat(200_000)),
    get("/last"),
  ];
  const sent = client.send(requests.join(""));
  const bodies: string[] = [];
  for (const _ of requests) bodies.push((await client.response()).body);
  await sent;
  const expected = [body, "path /unread", body, "path /unread", "no need"];
  assertEquals(bodies, [...expected, "path /last"]);
});

Deno.test("a slow first answer does not let the next overtake", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send(get("/slow") + get("/quick") + get("/slow") + get("/end"));
  for (const expected of ["slow", "path /quick", "slow", "path /end"]) {
    assertEquals((await client.response()).body, expected);
  }
});

Deno.test("a client that pipelines without reading is not read", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send(get("/slow"));
  // Far more than the kernel's buffers hold.
  const flood = get(`/${"x".repeat(1000)}`).repeat(2000);
  let sent = 0;
  const sending = (async () => {
    for (let batch = 0; batch < 20; batch++) {
      await client.send(flood);
      sent += 2000;
    }
  })().catch(() => {});
  assertEquals((await client.response()).body, "slow");
  using other = await RawClient.connect(worker.port);
  await other.get("/slow");
  const { calls } = JSON.parse((await other.get("/state")).body);
  assert(calls < 20_000, `${calls} answered for nobody to read, ${sent} sent`);
  client.close();
  await sending;
});

Deno.test("garbage after a request is refused after its answer", async () => {
  await using worker = await start();
  for (const path of ["/slow", "/quick"]) {
    using client = await RawClient.connect(worker.port);
    await client.send(get(path) + "GARBAGE\0\r\n\r\n" + get("/never"));
    assertEquals((await client.response()).status, 200);
    const refused = await client.response();
    assertEquals(refused.status, 400);
    assert(refused.headerLines.includes("Connection: close"));
    assertEquals(await client.rest(), "");
  }
});

Deno.test("requests in single bytes are requests", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  for (const byte of post("/text", "abc") + postChunks("/text", "def")) {
    await client.send(byte);
  }
  assertEquals((await client.response()).body, "abc");
  assertEquals((await client.response()).body, "def");
});

Deno.test("after Connection: close nothing more is answered", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const last = `GET /one HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
  await client.send(last + get("/two"));
  assertEquals((await client.response()).body, "path /one");
  assertEquals(await client.rest(), "");
  using other = await RawClient.connect(worker.port);
  assertEquals(JSON.parse((await other.get("/state")).body).calls, 1);
});
