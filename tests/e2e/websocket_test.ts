/** WebSocket: an app for `deno serve` runs unchanged, a drain says goodbye. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fixturePath } from "../support/config.ts";
import { type Scene, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { RawClient } from "../support/raw_client.ts";
import { tlsClient, useCertificate } from "../support/tls.ts";
import { until } from "../support/until.ts";

function start(scene: Scene, config: object = {}): Promise<Master> {
  const app = fixturePath("websocket_app.ts");
  return scene.start({ app, worker_processes: 1, ...config });
}

/** A client and what came to it. */
class Client {
  readonly messages: unknown[] = [];
  closed: CloseEvent | undefined;
  readonly socket: WebSocket;

  constructor(
    port: number,
    path = "/",
    { scheme = "ws", ...more }: WebSocketOptions & { scheme?: string } = {},
  ) {
    const url = `${scheme}://127.0.0.1:${port}${path}`;
    this.socket = new WebSocket(url, more);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => this.messages.push(data);
    this.socket.onclose = (event) => this.closed = event;
    this.socket.onerror = (event) => event.preventDefault();
  }

  async expect(count: number): Promise<void> {
    await until(() => this.messages.length >= count, {
      what: () => `${count} messages, got ${JSON.stringify(this.messages)}`,
    });
  }

  async expectClose(): Promise<CloseEvent> {
    await until(() => this.closed !== undefined, { what: "the close" });
    return this.closed as CloseEvent;
  }
}

Deno.test(
  "messages of every kind pass both ways, in order",
  scene(async (scene) => {
    const master = await start(scene);
    const client = new Client(master.port());
    await client.expect(1);
    assertEquals(client.messages[0], "open true");
    const large = "x".repeat(300_000);
    const bytes = new Uint8Array([1, 2, 3]);
    client.socket.send("text é");
    client.socket.send(bytes);
    client.socket.send(new Uint8Array(0));
    client.socket.send(large);
    for (let count = 0; count < 100; count++) client.socket.send(`${count}`);
    client.socket.send("blob");
    await client.expect(106);
    assertEquals(client.messages[1], "text é");
    assertEquals(new Uint8Array(client.messages[2] as ArrayBuffer), bytes);
    assertEquals((client.messages[3] as ArrayBuffer).byteLength, 0);
    assertEquals(client.messages[4], large);
    assertEquals(
      client.messages.slice(5, 105),
      [...Array(100)].map((_, n) => `${n}`),
    );
    assertEquals(
      new TextDecoder().decode(client.messages[105] as ArrayBuffer),
      "blobs",
    );
    client.socket.send("close");
    const { code, reason, wasClean } = await client.expectClose();
    assertEquals([code, reason, wasClean], [4000, "asked", true]);
  }),
);

Deno.test(
  "the handshake takes a protocol and the app's headers",
  scene(async (scene) => {
    const master = await start(scene);
    const port = master.port();
    const client = new Client(port, "/?protocol=chat", {
      protocols: ["chat", "other"],
    });
    await client.expect(1);
    assertEquals(client.socket.protocol, "chat");
    client.socket.close();
    await client.expectClose();
    using raw = await RawClient.connect(port);
    await raw.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n" +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const head = await raw.readUntil(/\r\n\r\n/);
    assertMatch(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assertMatch(head, /Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
    assertMatch(head, /x-app: yes/);
  }),
);

Deno.test(
  "handshakes that are none are refused, and harm nobody",
  scene(async (scene) => {
    const master = await start(scene);
    const port = master.port();
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    const heads = [
      `${upgrade}Sec-WebSocket-Version: 13\r\n`,
      `${upgrade}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n`,
      `${upgrade}Sec-WebSocket-Version: 7\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ];
    for (const head of heads) {
      using raw = await RawClient.connect(port);
      await raw.send(`GET / HTTP/1.1\r\nHost: a\r\n${head}\r\n`);
      const answer = await raw.rest();
      assertMatch(answer, /^HTTP\/1\.1 (400|426|500) /, head);
    }
    const changed = new Client(port, "/forget");
    const { wasClean } = await changed.expectClose();
    assertEquals(wasClean, false);
    assertEquals((await master.request()).body, "plain");
    assertEquals(master.workers().length, 1);
  }),
);

Deno.test(
  "frames out of order close the one connection",
  scene(async (scene) => {
    const master = await start(scene);
    const port = master.port();
    const frames = [
      [0x80, 0x80, 0, 0, 0, 0], // a continuation of nothing
      [0x81, 0x01, 0x61], // not masked
      [0xf1, 0x80, 0, 0, 0, 0], // reserved bits
      [0x83, 0x80, 0, 0, 0, 0], // an unknown kind
      [0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0], // a ping of 256 bytes
    ];
    for (const frame of frames) {
      using raw = await RawClient.connect(port);
      await raw.send(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
          "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      await raw.readUntil(/open true/);
      await raw.sendBytes(new Uint8Array(frame));
      await raw.rest();
    }
    assertEquals((await master.request()).body, "plain");
    const seen = await (await fetch(`http://127.0.0.1:${port}/closes`)).json();
    assertEquals(seen.length, frames.length);
  }),
);

Deno.test(
  "a reload closes WebSockets with 1001 over a while; none is lost unsaid",
  scene(async (scene) => {
    const master = await start(scene, { keepalive_drain: "1s" });
    const port = master.port();
    const clients = Array.from({ length: 12 }, () => new Client(port));
    for (const client of clients) await client.expect(1);
    await master.reload();
    const again: Client[] = [];
    for (const client of clients) {
      const { code, wasClean } = await client.expectClose();
      assertEquals([code, wasClean], [1001, true]);
      again.push(new Client(port));
    }
    for (const client of again) await client.expect(1);
    await master.settled(1);
    for (const client of again) client.socket.close();
    for (const client of again) await client.expectClose();
  }),
);

Deno.test(
  "over TLS messages pass, and a reload says goodbye just so",
  scene(async (scene) => {
    const tls = useCertificate(scene, "a");
    const master = await start(scene, {
      listen: { address: "127.0.0.1:0", tls },
      keepalive_drain: "300ms",
    });
    using client = tlsClient("http1");
    const connect = (): Client =>
      new Client(master.port(), "/", { scheme: "wss", client });
    const large = "x".repeat(300_000);
    const clients = Array.from({ length: 4 }, connect);
    for (const { socket } of clients) {
      await until(() => socket.readyState === WebSocket.OPEN, {
        what: "an open WebSocket",
      });
      socket.send(large);
    }
    for (const one of clients) await one.expect(2);
    assertEquals(clients.map(({ messages }) => messages[1] === large), [
      ...[true, true, true, true],
    ]);
    await master.reload();
    for (const one of clients) {
      const { code, wasClean } = await one.expectClose();
      assertEquals([code, wasClean], [1001, true]);
    }
    const again = connect();
    await again.expect(1);
    again.socket.close();
    await again.expectClose();
    await master.settled(1);
  }),
);

Deno.test(
  "a client that does not answer the farewell is cut at the timeout",
  scene(async (scene) => {
    const master = await start(scene, {
      keepalive_drain: "100ms",
      worker_shutdown_timeout: "1s",
    });
    using raw = await RawClient.connect(master.port());
    await raw.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await raw.readUntil(/open true/);
    await master.reload();
    await master.log.expect(/worker_shutdown_timeout of 1000 ms passed/);
    await master.settled(1);
    // A close frame: two bytes, 1001.
    assertStringIncludes(await raw.rest(), "\x02\x03");
  }),
);
