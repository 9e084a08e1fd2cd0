/** Behind a proxy that names the client in a header. */

import { assertEquals } from "@std/assert";
import { scene } from "../support/harness.ts";
import { HttpConnection, type Target } from "../support/http_client.ts";
import type { TestConfig } from "../support/config.ts";

interface Info {
  readonly remoteAddr: { readonly hostname?: string; readonly port?: number };
  readonly url: string;
}

/** What the app sees of a request with these lines. */
async function infoOf(target: Target, lines: string): Promise<Info> {
  using connection = await HttpConnection.open(target);
  await connection.write(
    `GET /info HTTP/1.1\r\nHost: shop.example\r\n${lines}\r\n`,
  );
  return JSON.parse((await connection.answer()).body);
}

function configOf(more: TestConfig): TestConfig {
  return { app: "worker_app.ts", worker_processes: 1, ...more };
}

const FORWARDED = "X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.0.0.1\r\n" +
  "X-Forwarded-Proto: https\r\n";

Deno.test(
  "a trusted proxy names the client and its scheme",
  scene(async (scene) => {
    const master = await scene.start(configOf({
      set_real_ip_from: ["127.0.0.0/8", "10.0.0.0/8"],
      real_ip_header: "X-Forwarded-For",
      real_ip_recursive: true,
    }));
    const port = master.port();
    const info = await infoOf({ port }, FORWARDED);
    assertEquals(info.remoteAddr.hostname, "192.0.2.7");
    assertEquals(info.remoteAddr.port, 0);
    assertEquals(info.url, "https://shop.example/info");
    const plain = await infoOf({ port }, "");
    assertEquals(plain.remoteAddr.hostname, "127.0.0.1");
    assertEquals(plain.url, "http://shop.example/info");
    // Each request of a connection may be another client's.
    using connection = await HttpConnection.open({ port });
    for (const client of ["192.0.2.1", "192.0.2.2"]) {
      await connection.write(
        "GET /info HTTP/1.1\r\nHost: a\r\n" +
          `X-Forwarded-For: ${client}:81\r\n\r\n`,
      );
      const { remoteAddr } = JSON.parse((await connection.answer()).body);
      assertEquals(remoteAddr, {
        transport: "tcp",
        hostname: client,
        port: 81,
      });
    }
  }),
);

const STRANGERS: readonly TestConfig[] = [
  {},
  { set_real_ip_from: "10.0.0.0/8", real_ip_header: "X-Forwarded-For" },
];

for (const config of STRANGERS) {
  const text = JSON.stringify(config);
  Deno.test(
    `nobody is believed who is not trusted: ${text}`,
    scene(async (scene) => {
      const master = await scene.start(configOf(config));
      const info = await infoOf({ port: master.port() }, FORWARDED);
      assertEquals(info.remoteAddr.hostname, "127.0.0.1");
      assertEquals(info.url, "http://shop.example/info");
    }),
  );
}

Deno.test(
  "proxies on a Unix socket are trusted as unix:",
  scene(async (scene) => {
    await scene.start(configOf({
      listen: ["unix:proxy.sock"],
      set_real_ip_from: "unix:",
    }));
    const path = scene.path("proxy.sock");
    const info = await infoOf({ path }, "X-Real-IP: 192.0.2.7\r\n");
    assertEquals(info.remoteAddr.hostname, "192.0.2.7");
    const none = await infoOf({ path }, "");
    assertEquals(none.remoteAddr.hostname, undefined);
  }),
);

Deno.test(
  "behind PROXY protocol and a header, the header is the connection's",
  scene(async (scene) => {
    const master = await scene.start(configOf({
      listen: { address: "127.0.0.1:0", proxy_protocol: true },
      set_real_ip_from: "198.51.100.0/24",
      real_ip_header: "Forwarded",
    }));
    const ask = async (from: string): Promise<string | undefined> => {
      using connection = await HttpConnection.open({ port: master.port() });
      await connection.write(
        `PROXY TCP4 ${from} 127.0.0.1 1 2\r\nGET /info HTTP/1.1\r\n` +
          "Host: a\r\nForwarded: for=192.0.2.7\r\n\r\n",
      );
      const { remoteAddr } = JSON.parse((await connection.answer()).body);
      return remoteAddr.hostname;
    };
    assertEquals(await ask("198.51.100.9"), "192.0.2.7");
    assertEquals(await ask("203.0.113.9"), "203.0.113.9");
  }),
);
