/** HTTPS: both protocols, names, renewed and broken certificates, garbage. */

import { connect } from "node:tls";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { pemOf, shownTo, tlsClient, useCertificate } from "../support/tls.ts";
import { fixturePath } from "../support/config.ts";

const PROTOCOLS = ["http1", "http2"] as const;

/** Start with `tls` on the only listener. */
function start(
  scene: Scene,
  tls: object,
  config: object = {},
): Promise<Master> {
  return scene.start({
    app: fixturePath("worker_app.ts"),
    worker_processes: 1,
    listen: { address: "127.0.0.1:0", tls },
    client_max_body_size: "4m",
    ...config,
  });
}

for (const protocol of PROTOCOLS) {
  Deno.test(
    `an app is served over TLS, ${protocol}`,
    scene(async (scene) => {
      const master = await start(scene, useCertificate(scene, "a"));
      const origin = `https://localhost:${master.port()}`;
      using client = tlsClient(protocol);
      const get = (path: string, init: RequestInit = {}): Promise<Response> =>
        fetch(origin + path, { client, ...init });
      const info = await (await get("/info?q=1")).json();
      assertEquals(info.url, `${origin}/info?q=1`);
      assertEquals(info.remoteAddr.hostname, "127.0.0.1");
      const body = new Uint8Array(3_000_000).map((_, index) => index % 251);
      const echo = await get("/echo", { method: "POST", body });
      assertEquals(new Uint8Array(await echo.arrayBuffer()), body);
      const cookies = await get("/cookies");
      await cookies.body?.cancel();
      assertEquals(cookies.headers.getSetCookie(), ["a=1; Path=/", "b=2"]);
      const head = await get("/large", { method: "HEAD" });
      assertEquals(head.headers.get("content-length"), "5000000");
      const large = await get("/large");
      assertEquals((await large.arrayBuffer()).byteLength, 5_000_000);
      const tooLarge = new Uint8Array(5_000_000);
      const refused = await get("/bytes", { method: "POST", body: tooLarge })
        .catch(() => undefined);
      // The client may see the end before it has sent enough to read it.
      if (refused !== undefined) assertEquals(refused.status, 413);
      await refused?.body?.cancel();
      const failed = await get("/throw");
      assertEquals(failed.status, 500);
      assertEquals(await failed.text(), "Internal Server Error\n");
      await master.log.expect(/GET \/throw: TypeError: broken on purpose/);
    }),
  );

  Deno.test(
    `reloads over TLS lose no request, ${protocol}`,
    scene(async (scene) => {
      const tls = useCertificate(scene, "a");
      const master = await start(scene, tls, { keepalive_drain: "5s" });
      const url = `https://localhost:${master.port()}/text`;
      using client = tlsClient(protocol);
      let isOver = false;
      let answered = 0;
      const ask = async (): Promise<void> => {
        while (!isOver) {
          const init = { client, method: "POST", body: "whole" };
          const response = await fetch(url, init);
          assertEquals(await response.text(), "whole");
          answered++;
        }
      };
      const clients = Promise.all([ask(), ask(), ask(), ask()]);
      for (let count = 0; count < 5; count++) await master.reload();
      isOver = true;
      await clients;
      assert(answered > 20, String(answered));
    }),
  );
}

Deno.test(
  "an idle HTTP/2 connection is told of a reload at once",
  scene(async (scene) => {
    const tls = useCertificate(scene, "a");
    const master = await start(scene, tls, {
      keepalive_drain: "60s",
      worker_shutdown_timeout: "60s",
    });
    const url = `https://localhost:${master.port()}/text`;
    using client = tlsClient("http2");
    const ask = async (): Promise<string> => {
      const init = { client, method: "POST", body: "whole" };
      return await (await fetch(url, init)).text();
    };
    assertEquals(await ask(), "whole");
    const [old = 0] = master.workers();
    await master.reload();
    await master.gone(old);
    assertEquals(await ask(), "whole");
  }),
);

Deno.test(
  "the certificate is chosen by the name a client asks for",
  scene(async (scene) => {
    const certificates = [
      useCertificate(scene, "a", "first"),
      useCertificate(scene, "b", "second"),
    ];
    const master = await start(scene, { certificates });
    const port = master.port();
    assertEquals(await shownTo(port, "a.test"), "a");
    assertEquals(await shownTo(port, "b.test"), "b");
    assertEquals(await shownTo(port, "www.b.test"), "b");
    assertEquals(await shownTo(port, "localhost"), "a");
  }),
);

Deno.test(
  "a reload takes a renewed certificate and refuses a broken one",
  scene(async (scene) => {
    const master = await start(scene, useCertificate(scene, "a"));
    const port = master.port();
    useCertificate(scene, "b");
    await master.reload();
    assertEquals(await shownTo(port, "b.test"), "b");
    scene.write("site.pem", "no certificate");
    const { code, stderr } = await master.tryReload();
    assertEquals(code, 1);
    assertMatch(stderr, /procmgr\.jsonc:\d+:\d+: listen\.tls\.certificate: /);
    assertEquals(await shownTo(port, "b.test"), "b");
    useCertificate(scene, "b");
  }),
);

for (const protocol of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(
    `only ${protocol} is spoken when only it is named`,
    scene(async (scene) => {
      const certificate = useCertificate(scene, "a");
      const tls = { ...certificate, protocols: [protocol] };
      const port = (await start(scene, tls)).port();
      const other = protocol === "TLSv1.2" ? "TLSv1.3" : "TLSv1.2";
      for (const name of ["localhost", undefined]) {
        assertEquals(await spokenTo(port, protocol, name), protocol);
        assertEquals(await spokenTo(port, other, name), undefined);
      }
    }),
  );
}

/** What is agreed on with a client of one version; undefined: nothing. */
function spokenTo(
  port: number,
  version: "TLSv1.2" | "TLSv1.3",
  servername: string | undefined,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const client = connect({
      ...servername !== undefined && { servername },
      ...{ host: "127.0.0.1", port, ca: [pemOf("a", "pem")] },
      ...{ minVersion: version, maxVersion: version },
      rejectUnauthorized: false,
    }, () => {
      resolve(client.getProtocol() ?? "");
      client.destroy();
    });
    client.on("error", () => resolve(undefined));
    client.on("close", () => resolve(undefined));
  });
}

Deno.test(
  "a start with a key that is not the certificate's says so",
  scene(async (scene) => {
    const { certificate } = useCertificate(scene, "a");
    const { key } = useCertificate(scene, "b", "other");
    scene.configure({
      listen: { address: "127.0.0.1:0", tls: { certificate, key } },
    });
    const { code, stderr } = await scene.run("-t");
    assertEquals(code, 1);
    assertMatch(stderr, /listen\.tls\.key: ".*other\.key" does not belong to/);
  }),
);

Deno.test(
  "what is no TLS is closed and harms nobody",
  scene(async (scene) => {
    const master = await start(scene, useCertificate(scene, "a"));
    const port = master.port();
    const [worker] = master.workers();
    const records = [
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\x16\x03\x01\xff\xffgarbage",
      "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
      "\x80\x2e\x01\x03\x01",
      "\0".repeat(600),
    ];
    for (const record of records) {
      using client = await Deno.connect({ hostname: "127.0.0.1", port });
      const bytes = Uint8Array.from(record, (char) => char.charCodeAt(0));
      await client.write(bytes);
      await client.closeWrite();
      const buffer = new Uint8Array(1024);
      // An alert, then the end, or the end at once.
      for (;;) {
        const count = await client.read(buffer).catch(() => null);
        if (count === null) break;
      }
    }
    assertEquals(await shownTo(port, "a.test"), "a");
    assertEquals(master.workers(), [worker]);
  }),
);
