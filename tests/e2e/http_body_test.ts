/** Bodies both ways: who waits for whom, who may stop, who is told. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { resolveHttp } from "../../src/config/http.ts";
import { RawClient } from "../support/raw_client.ts";
import { throughout, until } from "../support/until.ts";
import { WorkerProcess } from "../support/worker_process.ts";

const HOST = "Host: a\r\n";
/** What the kernel may hold of one connection, both ends, with room. */
const KERNEL_BYTES = 24_000_000;

function start(): Promise<WorkerProcess> {
  const http = resolveHttp((name) =>
    name === "client_max_body_size" ? 0 : undefined
  );
  return WorkerProcess.start({ app: "http_app.ts", config: { http } });
}

interface State {
  readonly calls: number;
  readonly pulled: number;
  readonly cancelled: number;
  readonly received: number;
  readonly aborts: readonly string[];
}

async function stateOf(worker: WorkerProcess): Promise<State> {
  using client = await RawClient.connect(worker.port);
  return JSON.parse((await client.get("/state")).body);
}

/** Wait until a number stays the same for a while, and say which. */
async function settled(
  look: () => number | Promise<number>,
): Promise<number> {
  let last = await look();
  return await until(async () => {
    try {
      await throughout(async () => await look() === last, {
        what: "the number",
        forMs: 300,
      });
      return true;
    } catch {
      last = await look();
      return false;
    }
  }, { what: "a number that stays" }).then(() => last);
}

Deno.test("a client that does not read is not written for", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send(`GET /pull HTTP/1.1\r\n${HOST}\r\n`);
  const pulled = await settled(async () => (await stateOf(worker)).pulled);
  assert(pulled > 0 && pulled < KERNEL_BYTES, `${pulled} bytes`);
  // It goes on when the client does.
  for (let read = 0; read < 200; read++) await client.readSome();
  await until(async () => (await stateOf(worker)).pulled > pulled, {
    what: "more to be pulled",
  });
  client.close();
  await until(async () => (await stateOf(worker)).cancelled === 1, {
    what: "the stream to be cancelled",
  });
});

Deno.test("an app that does not read is not read for", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const total = 60_000_000;
  await client.send(
    `POST /hold HTTP/1.1\r\n${HOST}Content-Length: ${total}\r\n\r\n`,
  );
  const chunk = new Uint8Array(500_000);
  let sent = 0;
  const sending = (async () => {
    for (; sent < total; sent += chunk.length) await client.sendBytes(chunk);
  })();
  const held = await settled(() => sent);
  assert(held < KERNEL_BYTES, `${held} bytes were taken`);
  using other = await RawClient.connect(worker.port);
  await other.get("/release");
  await sending;
  assertEquals((await client.response()).body, String(total));
});

Deno.test("an answer may come before its upload ends", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const chunks = `Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`;
  await client.send(`POST /early HTTP/1.1\r\n${HOST}${chunks}`);
  assertEquals((await client.response()).status, 403);
  // The rest is thrown away, and the connection goes on.
  await client.send("5\r\nabcde\r\n0\r\n\r\n");
  assertEquals((await client.get("/next")).body, "path /next");
  await client.send(`POST /first HTTP/1.1\r\n${HOST}${chunks}`);
  assertEquals((await client.response()).body, "5");
  await client.send("0\r\n\r\n");
  assertEquals((await client.get("/next")).body, "path /next");
});

Deno.test("100 Continue is sent when the body is wanted", async () => {
  await using worker = await start();
  const expecting = (path: string): string =>
    `POST ${path} HTTP/1.1\r\n${HOST}Expect: 100-continue\r\n` +
    "Content-Length: 3\r\n\r\n";
  using client = await RawClient.connect(worker.port);
  for (const path of ["/text", "/echo"]) {
    await client.send(expecting(path));
    assertEquals(
      await client.readUntil(/\r\n\r\n/),
      "HTTP/1.1 100 Continue\r\n\r\n",
    );
    await client.send("abc");
    assertEquals((await client.response()).body, "abc");
  }
  // Who sends without waiting is served as well.
  await client.send(`${expecting("/text")}abc`);
  assertEquals((await client.response()).body, "abc");
  // An answer without it: the body may follow or not, so nothing does.
  await client.send(expecting("/early"));
  const early = await client.response();
  assertEquals(early.status, 403);
  assert(early.headerLines.includes("Connection: close"));
  assertEquals(await client.rest(), "");
});

Deno.test("an abort is told before, during and after the body", async () => {
  await using worker = await start();
  const cases: readonly (readonly [string, string, string])[] = [
    ["before", "", "before"],
    ["before", "abc", "before"],
    ["during", "a", "during AbortError true"],
    ["during", "", "during AbortError true"],
    ["after", "abc", "after abc"],
  ];
  const expected: string[] = [];
  for (const [when, body, told] of cases) {
    const client = await RawClient.connect(worker.port);
    const { calls } = await stateOf(worker);
    await client.send(
      `POST /abort-${when} HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\n${body}`,
    );
    await until(async () => (await stateOf(worker)).calls > calls, {
      what: "the call",
    });
    client.close();
    expected.push(told);
    await until(async () => {
      return (await stateOf(worker)).aborts.length === expected.length;
    }, { what: `abort ${told}` });
  }
  assertEquals((await stateOf(worker)).aborts, expected);
  // What the app says after that is news for nobody but the curious.
  assert(!/\[(error|warn|alert)\]/.test(worker.log), worker.log);
});

Deno.test("trailers are read past, and no header of anything", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send(
    `POST /text HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n` +
      "Trailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
  );
  assertEquals((await client.response()).body, "abc");
  assertEquals((await client.get("/next")).body, "path /next");
});

Deno.test("HEAD, 204, 205 and 304 have no body on the wire", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  for (const path of ["/x", "/stream", "/pull", "/status?s=200"]) {
    await client.send(`HEAD ${path} HTTP/1.1\r\n${HOST}\r\n`);
    assertEquals((await client.response("HEAD")).status, 200);
  }
  for (const status of [204, 304]) {
    await client.send(`GET /status?s=${status} HTTP/1.1\r\n${HOST}\r\n`);
    const head = await client.readUntil(/\r\n\r\n/);
    assertMatch(head, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert(!/^(content-length|transfer-encoding):/im.test(head), head);
  }
  const reset = await client.get("/status?s=205");
  assertEquals([reset.status, reset.body], [205, ""]);
  assertEquals((await client.get("/next")).body, "path /next");
});

Deno.test("HTTP/1.0 is closed, unless it asks to be kept", async () => {
  await using worker = await start();
  using closed = await RawClient.connect(worker.port);
  await closed.send("GET /x HTTP/1.0\r\n\r\n");
  const first = await closed.response();
  assert(first.headerLines.includes("Connection: close"));
  assertEquals(await closed.rest(), "");
  using kept = await RawClient.connect(worker.port);
  const keep = "Connection: keep-alive\r\n\r\n";
  for (let request = 0; request < 2; request++) {
    await kept.send(`GET /x HTTP/1.0\r\n${keep}`);
    const { headerLines, body } = await kept.response();
    assertEquals(body, "path /x");
    assert(headerLines.includes("Connection: keep-alive"));
  }
  // Chunks are not of its time: the end of the connection ends the body.
  await kept.send(`GET /stream HTTP/1.0\r\n${keep}`);
  const all = await kept.rest();
  assertMatch(all, /^HTTP\/1\.1 200 OK\r\n/);
  assert(all.endsWith("\r\n\r\nstreamed"), all);
  assert(!/transfer-encoding|content-length/i.test(all), all);
});

Deno.test("header values go out as bytes", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const { headerLines, body } = await client.get("/headers");
  assert(headerLines.includes("x-latin: \xe9"), headerLines.join());
  assertEquals(body, "x");
});
