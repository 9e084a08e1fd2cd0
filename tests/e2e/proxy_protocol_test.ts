/** Behind a proxy that sends the PROXY protocol: who the client is. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { toMilliseconds } from "../../src/base/unit.ts";
import type { RealIpConfig } from "../../src/config/config.ts";
import { resolveHttp } from "../../src/config/http.ts";
import { scene } from "../support/harness.ts";
import { HttpConnection } from "../support/http_client.ts";
import { RawClient } from "../support/raw_client.ts";
import { until } from "../support/until.ts";
import { WorkerProcess } from "../support/worker_process.ts";

const GET = "GET /info HTTP/1.1\r\nHost: a\r\n\r\n";
const LINE = "PROXY TCP4 192.0.2.7 192.0.2.8 4711 80\r\n";

function start(realIp?: RealIpConfig): Promise<WorkerProcess> {
  return WorkerProcess.start({
    app: "worker_app.ts",
    proxyProtocol: true,
    config: {
      realIp,
      http: resolveHttp((name) =>
        name === "client_header_timeout" ? "300ms" : undefined
      ),
    },
  });
}

/** A version 2 header with the command and family around `block`. */
function binary(command: number, family: number, block: number[]): Uint8Array {
  const signature = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10];
  const length = [block.length >> 8, block.length & 255];
  return Uint8Array.of(...signature, command, family, ...length, ...block);
}

async function addressFor(
  worker: WorkerProcess,
  header: Uint8Array,
): Promise<{ remoteAddr: Record<string, unknown>; url: string }> {
  using client = await RawClient.connect(worker.port);
  // In one segment, as proxies send it.
  const get = new TextEncoder().encode(GET);
  await client.sendBytes(Uint8Array.of(...header, ...get));
  return JSON.parse((await client.response()).body);
}

Deno.test("the client is whom the header names", async () => {
  await using worker = await start();
  const line = await addressFor(worker, new TextEncoder().encode(LINE));
  const source = { hostname: "192.0.2.7", port: 4711 };
  assertEquals<unknown>(line.remoteAddr, { transport: "tcp", ...source });
  const ports = [18, 103, 0, 80];
  const inet = [192, 0, 2, 7, 192, 0, 2, 8, ...ports];
  const block = await addressFor(worker, binary(0x21, 0x11, inet));
  assertEquals<unknown>(block.remoteAddr, { transport: "tcp", ...source });
  assertMatch(block.url, /^http:/);
  const ssl = await addressFor(
    worker,
    binary(0x21, 0x11, [...inet, 0x20, 0, 5, 1, 0, 0, 0, 0]),
  );
  assertMatch(ssl.url, /^https:/);
  const path = [...new TextEncoder().encode("/run/x")];
  const unix = [...path, ...Array.from({ length: 210 }, () => 0)];
  const named = await addressFor(worker, binary(0x21, 0x31, unix));
  assertEquals<unknown>(named.remoteAddr, {
    transport: "unix",
    path: "/run/x",
  });
});

Deno.test("a proxy that speaks for itself is the client", async () => {
  await using worker = await start();
  const unknown = new TextEncoder().encode("PROXY UNKNOWN\r\n");
  for (const header of [unknown, binary(0x20, 0, []), binary(0x21, 0, [])]) {
    const { remoteAddr } = await addressFor(worker, header);
    assertEquals(remoteAddr["hostname"], "127.0.0.1");
  }
});

Deno.test("a header in pieces counts once, for all requests", async () => {
  await using worker = await start();
  using client = await RawClient.connect(worker.port);
  for (const piece of [LINE.slice(0, 3), LINE.slice(3, 20), LINE.slice(20)]) {
    await client.send(piece);
    await (await fetchInfo(worker)).body;
  }
  for (let request = 0; request < 3; request++) {
    await client.send(GET);
    const { remoteAddr } = JSON.parse((await client.response()).body);
    assertEquals(remoteAddr.hostname, "192.0.2.7");
  }
  await client.send(LINE);
  assertEquals((await client.response()).status, 400);
});

async function fetchInfo(worker: WorkerProcess): Promise<{ body: string }> {
  using client = await RawClient.connect(worker.port);
  await client.send(LINE + GET);
  return await client.response();
}

Deno.test("who sends no header is closed without a word", async () => {
  await using worker = await start();
  for (const bytes of [GET, "\x16\x03\x01", "PROXY TCP4 x\r\n", "PROXY TCP9"]) {
    using client = await RawClient.connect(worker.port);
    await client.send(bytes + (bytes.startsWith("PROXY TCP9") ? "\r\n" : ""));
    assertEquals(await client.rest(), "");
  }
  await worker.expectLog(
    /\[error\] \d+#0: broken header while reading PROXY protocol, client: 127\.0\.0\.1:\d+$/m,
  );
  for (const bytes of ["", "PROXY ", "PROXY TCP4 192.0.2.7 "]) {
    using client = await RawClient.connect(worker.port);
    await client.send(bytes);
    assertEquals(await client.rest(), "", "closed after its time");
  }
  // Half a header and the end.
  using client = await RawClient.connect(worker.port);
  await client.send("PROXY TCP4");
  client.closeWrite();
  assertEquals(await client.rest(), "");
  assert((await fetchInfo(worker)).body.includes("192.0.2.7"));
});

Deno.test("with trusted proxies only their word is taken", async () => {
  const trusting = (from: string): RealIpConfig => {
    return { from: [from], header: "proxy_protocol", recursive: false };
  };
  const line = new TextEncoder().encode(LINE);
  await using trusted = await start(trusting("127.0.0.0/8"));
  const believed = await addressFor(trusted, line);
  assertEquals(believed.remoteAddr["hostname"], "192.0.2.7");
  await using wary = await start(trusting("192.0.2.0/24"));
  const ignored = await addressFor(wary, line);
  assertEquals(ignored.remoteAddr["hostname"], "127.0.0.1");
});

Deno.test("a drain does not wait for a header", async () => {
  await using worker = await WorkerProcess.start({
    app: "worker_app.ts",
    proxyProtocol: true,
    config: { keepaliveDrainMs: toMilliseconds(50) },
  });
  using client = await RawClient.connect(worker.port);
  await client.send("PROXY TCP4");
  await fetchInfo(worker);
  worker.quit();
  assertEquals(await worker.exited, { kind: "code", code: 0 });
  assertEquals(await client.rest(), "");
});

Deno.test(
  "a configured listener takes the header, on Unix sockets too",
  scene(async (scene) => {
    const master = await scene.start({
      app: "worker_app.ts",
      worker_processes: 1,
      listen: [
        { address: "127.0.0.1:0", proxy_protocol: true },
        { address: "unix:proxied.sock", proxy_protocol: true },
        "unix:plain.sock",
      ],
    });
    for (const path of ["proxied.sock", "plain.sock"]) {
      using connection = await HttpConnection.open({ path: scene.path(path) });
      const isProxied = path === "proxied.sock";
      await connection.write((isProxied ? LINE : "") + GET);
      const { remoteAddr } = JSON.parse((await connection.answer()).body);
      assertEquals(remoteAddr.hostname, isProxied ? "192.0.2.7" : undefined);
    }
    // A reload turns it off on the same socket.
    using before = await HttpConnection.open({ port: master.port() });
    await before.write(LINE + GET);
    assertMatch((await before.answer()).body, /192\.0\.2\.7/);
    before.close();
    scene.configure({
      app: "worker_app.ts",
      worker_processes: 1,
      listen: ["127.0.0.1:0", "unix:plain.sock"],
    });
    await master.reload();
    await until(async () => {
      using after = await HttpConnection.open({ port: master.port() });
      await after.write(GET);
      return (await after.answer()).body.includes("127.0.0.1");
    }, { what: "a plain listener" });
  }),
);
