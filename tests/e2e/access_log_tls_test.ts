/** The access log's lines of requests over TLS, HTTP/1.1 and HTTP/2. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fixturePath } from "../support/config.ts";
import { type Scene, scene } from "../support/harness.ts";
import { readText } from "../support/log.ts";
import type { Master } from "../support/master.ts";
import { pemOf, tlsClient, useCertificate } from "../support/tls.ts";
import { until } from "../support/until.ts";

interface Logged {
  readonly master: Master;
  /** The lines so far, when there are so many. */
  lines(count: number): Promise<string[]>;
}

async function start(
  scene: Scene,
  format: string,
  tls: object = {},
): Promise<Logged> {
  const path = scene.path("access.log");
  const master = await scene.start({
    app: fixturePath("worker_app.ts"),
    worker_processes: 1,
    listen: {
      address: "127.0.0.1:0",
      tls: { ...useCertificate(scene, "a"), ...tls },
    },
    access_log: { path: "access.log", buffer: 0, format },
  });
  const lines = (count: number): Promise<string[]> =>
    until(() => {
      const lines = readText(path).split("\n").slice(0, -1);
      return lines.length >= count && lines;
    }, { what: () => `${count} lines, got:\n${readText(path)}` });
  return { master, lines };
}

/** A whole answer. */
async function answer(
  url: string,
  init: RequestInit & { readonly client: Deno.HttpClient },
): Promise<string> {
  const response = await fetch(url, init);
  return await response.text();
}

for (
  const [kind, protocol, alpn] of [
    ["http1", "HTTP/1.1", "http/1.1"],
    ["http2", "HTTP/2.0", "h2"],
  ] as const
) {
  Deno.test(
    `what was agreed on by TLS is in the line, ${kind}`,
    scene(async (scene) => {
      const { master, lines } = await start(
        scene,
        "$server_protocol $ssl_protocol $ssl_cipher $ssl_server_name " +
          "$ssl_alpn_protocol $https $scheme",
      );
      using client = tlsClient(kind);
      await answer(`https://localhost:${master.port()}/text`, { client });
      const [line = ""] = await lines(1);
      const [server, tls, cipher = "", ...rest] = line.split(" ");
      assertEquals([server, tls], [protocol, "TLSv1.3"]);
      assertMatch(cipher, /^TLS_[A-Z\d]+_[A-Z\d_]+_SHA\d+$/);
      assertEquals(rest, ["localhost", alpn, "on", "https"]);
    }),
  );

  Deno.test(
    `a request over TLS has its line with all of it, ${kind}`,
    scene(async (scene) => {
      const { master, lines } = await start(
        scene,
        "$request|$host|$http_x_mark|$status|$body_bytes_sent|" +
          "$sent_http_x_echo|$request_completion|" +
          "$connection/$connection_requests|$remote_addr|$request_time",
      );
      using client = tlsClient(kind);
      const origin = `https://localhost:${master.port()}`;
      const headers = { "x-mark": "here" };
      const init = { client, method: "POST", body: "hello", headers };
      await answer(`${origin}/echo?q=1`, init);
      await answer(`${origin}/throw`, { client });
      using second = tlsClient(kind);
      await answer(`${origin}/large`, { client: second });
      const [echo = "", failed = "", large = ""] = await lines(3);
      const fieldsOf = (line: string): string[] => line.split("|");
      assertEquals(fieldsOf(echo).slice(0, 9), [
        `POST /echo?q=1 ${protocol}`,
        "localhost",
        "here",
        "200",
        "5",
        "1",
        "OK",
        "1/1",
        "127.0.0.1",
      ]);
      assertEquals(fieldsOf(failed)[0], `GET /throw ${protocol}`);
      assertEquals(fieldsOf(failed).slice(3, 5), ["500", "22"]);
      assertEquals(fieldsOf(failed)[7], "1/2");
      assertEquals(fieldsOf(large).slice(3, 5), ["200", "5000000"]);
      assertEquals(fieldsOf(large).slice(6, 8), ["OK", "2/1"]);
      for (const line of [echo, failed, large]) {
        const time = Number(fieldsOf(line)[9]);
        assert(time >= 0 && time < 20, line);
      }
      await master.log.expect(/GET \/throw: TypeError: broken on purpose/);
    }),
  );
}

Deno.test(
  "each stream of one connection has its own number on it",
  scene(async (scene) => {
    const format = "$connection $connection_requests $request_completion";
    const { master, lines } = await start(scene, format);
    using client = tlsClient("http2");
    const url = `https://localhost:${master.port()}/text`;
    await answer(url, { client });
    const more = Array.from({ length: 7 }, () => answer(url, { client }));
    await Promise.all(more);
    const said = (await lines(8)).map((line) => line.split(" "));
    assertEquals(new Set(said.map(([number]) => number)), new Set(["1"]));
    assertEquals(
      said.map(([, requests]) => Number(requests)).sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    assert(said.every(([, , completion]) => completion === "OK"));
  }),
);

Deno.test(
  "an older protocol is named, and what was not agreed on is not",
  scene(async (scene) => {
    const { master, lines } = await start(
      scene,
      "$server_protocol $ssl_protocol $ssl_cipher $ssl_server_name " +
        "$ssl_alpn_protocol",
      { protocols: ["TLSv1.2"] },
    );
    using tls = await Deno.connectTls({
      hostname: "localhost",
      port: master.port(),
      caCerts: [pemOf("a", "pem")],
    });
    const request =
      "GET /text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    await tls.write(new TextEncoder().encode(request));
    await new Response(tls.readable).text();
    const [line = ""] = await lines(1);
    assertMatch(
      line,
      /^HTTP\/1\.1 TLSv1\.2 ECDHE-[A-Z]+-[A-Z\d-]+ localhost -$/,
    );
  }),
);
