/** What a worker promises to HTTP clients and to its app's handler. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { WorkerConfig } from "../../src/config/config.ts";
import { resolveHttp } from "../../src/config/http.ts";
import { RawClient } from "../support/raw_client.ts";
import { WorkerProcess } from "../support/worker_process.ts";
import { until } from "../support/until.ts";

function start(config?: Partial<WorkerConfig>): Promise<WorkerProcess> {
  return WorkerProcess.start({ app: "worker_app.ts", config: config ?? {} });
}

async function textOf(worker: WorkerProcess, path: string): Promise<string> {
  return await (await fetch(worker.url + path)).text();
}

Deno.test("fetch is called with its this, after init", async () => {
  await using worker = await start();
  assertEquals(await textOf(worker, "/this"), "kept this initialised");
});

Deno.test("info says who asks and which worker answers", async () => {
  await using worker = await start();
  const info = JSON.parse(await textOf(worker, "/info?a=%20b"));
  assertEquals(info.remoteAddr.transport, "tcp");
  assertEquals(info.remoteAddr.hostname, "127.0.0.1");
  assert(info.remoteAddr.port > 0);
  assertEquals(info.worker, {
    pool: "worker",
    slot: 0,
    generation: 1,
    ordinal: 0,
  });
  assertEquals(info.draining, false);
  assertEquals(info.url, `${worker.url}/info?a=%20b`);
  await textOf(worker, "/completed");
  await worker.expectLog(/completed told/);
});

Deno.test("a response streams out as it is written", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send("GET /ticks?n=3 HTTP/1.1\r\nHost: a\r\n\r\n");
  const startedAt = performance.now();
  await client.readUntil(/tick 0\n/);
  const firstAt = performance.now() - startedAt;
  await client.readUntil(/tick 2\n\r\n0\r\n\r\n/);
  const lastAt = performance.now() - startedAt;
  assert(lastAt - firstAt > 60, `all at once: ${firstAt} ${lastAt}`);
});

Deno.test("a request streams in, and out again, as it comes", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send(
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  for (const word of ["one", "two", "three"]) {
    await client.send(`${word.length.toString(16)}\r\n${word}\r\n`);
    await client.readUntil(new RegExp(`${word}\r\n`));
  }
  await client.send("0\r\n\r\n");
  await client.readUntil(/0\r\n\r\n/);
  assertEquals((await client.get("/")).body, "Hello World\n");
});

Deno.test("megabytes pass both ways, whole", async () => {
  await using worker = await start({
    http: resolveHttp((name) =>
      name === "client_max_body_size" ? "0" : undefined
    ),
  });
  const body = new Uint8Array(3_000_000).map((_, index) => index % 251);
  const response = await fetch(`${worker.url}/echo`, { method: "POST", body });
  assertEquals(new Uint8Array(await response.arrayBuffer()), body);
  const counted = await fetch(`${worker.url}/bytes`, { method: "POST", body });
  assertEquals(await counted.text(), "3000000");
  const large = await fetch(`${worker.url}/large`);
  assertEquals(large.headers.get("content-length"), "5000000");
  assertEquals((await large.arrayBuffer()).byteLength, 5_000_000);
});

Deno.test("an unread upload does not spoil its connection", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const body = "x".repeat(300_000);
  await client.send(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  const response = client.response();
  await client.send(body);
  assertEquals((await response).status, 200);
  assertEquals((await client.get("/")).status, 200);
});

Deno.test("a request is a native Request when it is used as one", async () => {
  await using worker = await start();
  const post = { method: "POST", body: "body" };
  const clone = await fetch(`${worker.url}/clone`, post);
  assertEquals(await clone.text(), "body,body,1");
  const to = encodeURIComponent(`${worker.url}/text`);
  const proxied = await fetch(`${worker.url}/proxy?to=${to}`, {
    method: "POST",
    body: "through a proxy",
  });
  assertEquals(await proxied.text(), "through a proxy");
  const twice = await fetch(`${worker.url}/twice`, post);
  assertEquals(await twice.text(), "true Body already consumed.");
});

Deno.test("header lines arrive and leave one by one", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send(
    "GET /headers HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n",
  );
  const headers = JSON.parse((await client.response()).body);
  assertEquals(headers, [["host", "a"], ["x-two", "1, 2"]]);
  const { headerLines } = await client.get("/cookies");
  const cookies = headerLines.filter((line) => /^set-cookie/i.test(line));
  assertEquals(cookies, ["set-cookie: a=1; Path=/", "set-cookie: b=2"]);
});

Deno.test("statuses, HEAD and empty bodies are framed right", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const status = await client.get("/status");
  assertEquals(status.statusLine, "HTTP/1.1 418 Teapot");
  assertEquals((await client.get("/empty")).body, "");
  const none = await client.get("/no-content");
  assertEquals(none.status, 204);
  assert(!none.headerLines.some((line) => /^content-length/i.test(line)));
  for (const path of ["/", "/ticks", "/throw"]) {
    await client.send(`HEAD ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const head = await client.response("HEAD");
    assertEquals(head.status, path === "/throw" ? 500 : 200);
  }
  // Nothing of a body was sent, or this would not be understood.
  assertEquals((await client.get("/")).body, "Hello World\n");
});

Deno.test("a handler that throws is a 500 and one line", async () => {
  await using worker = await start();
  const cases = [
    [
      "/throw?a=1",
      /failed: GET \/throw\?a=1: TypeError: broken on purpose at \S+worker_app\.ts:\d+:\d+$/m,
    ],
    [
      "/throw-string",
      /failed: GET \/throw-string: non-error "just a string"$/m,
    ],
    [
      "/number",
      /GET \/number: ResponseError: fetch returned number, not a Response$/m,
    ],
    ["/nothing", /GET \/nothing: ResponseError: fetch returned undefined/],
    ["/used", /GET \/used: ResponseError: fetch returned a Response that was/],
  ] as const;
  for (const [path, line] of cases) {
    const response = await fetch(worker.url + path);
    assertEquals(response.status, 500);
    assertEquals(await response.text(), "Internal Server Error\n");
    await worker.expectLog(line);
  }
  const errors = worker.log.split("\n").filter((line) =>
    /\[error\]/.test(line)
  );
  assertEquals(errors.length, cases.length, worker.log);
  assertEquals(await textOf(worker, "/"), "Hello World\n");
});

Deno.test("a body that breaks midway closes its connection", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  await client.send("GET /break HTTP/1.1\r\nHost: a\r\n\r\n");
  const answer = await client.rest();
  assertMatch(answer, /^HTTP\/1\.1 200 /);
  assert(!answer.endsWith("0\r\n\r\n"), "the break must be visible");
  await worker.expectLog(/broke off its response: GET \/break: Error: broke/);
  assertEquals(await textOf(worker, "/"), "Hello World\n");
});

Deno.test("a client that goes away aborts its request", async () => {
  await using worker = await start();
  for (const path of ["/wait", "/endless"]) {
    const client = await RawClient.connect(worker.port);
    await client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    if (path === "/endless") await client.readUntil(/xxx/);
    else await textOf(worker, "/");
    client.close();
  }
  const last = await until(async () => {
    const found = JSON.parse(await textOf(worker, "/last"));
    return found.lastAbort !== "" && found.lastCancel !== "" && found;
  }, { what: "abort and cancel" });
  assertMatch(last.lastAbort, /AbortError/);
  assertMatch(last.lastCancel, /AbortError/);
  assert(!/\[error\]/.test(worker.log), worker.log);
});

Deno.test("an upload that is cut off fails its reader only", async () => {
  await using worker = await start();
  for (const path of ["/text", "/echo", "/clone"]) {
    const client = await RawClient.connect(worker.port);
    await client.send(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\npart`,
    );
    await textOf(worker, "/");
    client.close();
  }
  await textOf(worker, "/slow?ms=100");
  assertEquals(await textOf(worker, "/"), "Hello World\n");
  assert(!/\[(error|emerg)\]/.test(worker.log), worker.log);
});

Deno.test("bad requests get an answer and harm nobody", async () => {
  await using worker = await start();
  const requests = [
    "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "GET http://[bad/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\x16\x03\x01 garbage\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
  ];
  for (const request of requests) {
    using client = await RawClient.connect(worker.port);
    await client.send(request);
    const { status } = await client.response();
    assert(status === 400 || status === 405, `${request}: ${status}`);
  }
  using client = await RawClient.connect(worker.port);
  await client.send("GET http://Other.Example/x?y HTTP/1.1\r\nHost: a\r\n\r\n");
  assertEquals((await client.response()).status, 200);
  await client.send("GET /info/../info HTTP/1.1\r\nHost: UP.case:81\r\n\r\n");
  const { url } = JSON.parse((await client.response()).body);
  assertEquals(url, "http://up.case:81/info");
  assertEquals(await textOf(worker, "/"), "Hello World\n");
});

Deno.test("info.log writes the app's lines, one each", async () => {
  await using worker = await start();
  await textOf(worker, "/log");
  await worker.expectLog(/\[warn\] \d+#0: a line\\x0Aof two$/m);
});

Deno.test("the channel is out of the app's sight", async () => {
  await using worker = await start();
  assertEquals(await textOf(worker, "/process"), "undefined");
});

Deno.test("pipelined requests are answered in order", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const rest = "HTTP/1.1\r\nHost: a\r\n";
  await client.send(
    `GET /slow?ms=50 ${rest}\r\nGET /this ${rest}\r\n` +
      `POST /text ${rest}Content-Length: 3\r\n\r\nabcGET / ${rest}\r\n`,
  );
  const bodies: string[] = [];
  while (bodies.length < 4) bodies.push((await client.response()).body);
  assertEquals(bodies, [
    "slow but whole",
    "kept this initialised",
    "abc",
    "Hello World\n",
  ]);
});

Deno.test("empty bodies, bodies of GET and 100-continue work", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  const send = (head: string, length: number): Promise<void> =>
    client.send(
      `${head} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n`,
    );
  for (const path of ["/text", "/echo"]) {
    await send(`POST ${path}`, 0);
    await client.send("\r\n");
    assertEquals((await client.response()).body, "");
  }
  await send("GET /text", 5);
  await client.send("\r\nhello");
  assertEquals((await client.response()).body, "");
  await send("POST /text", 3);
  await client.send("Expect: 100-continue\r\n\r\n");
  await client.readUntil(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  await client.send("abc");
  assertEquals((await client.response()).body, "abc");
});

Deno.test("an app cannot break the framing of its responses", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  assertEquals((await client.get("/wrong-length")).body, "four");
  assertEquals((await client.get("/")).body, "Hello World\n");
  const closing = await client.get("/close");
  assert(closing.headerLines.includes("Connection: close"));
  assertEquals(await client.rest(), "");
});
