/** A folder served by real workers, over real connections. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import { assertNothingLost, Load } from "../support/load.ts";
import type { Master } from "../support/master.ts";
import { fdCountOf } from "../support/proc.ts";
import { RawClient } from "../support/raw_client.ts";
import { tlsClient, useCertificate } from "../support/tls.ts";
import { until } from "../support/until.ts";

const LARGE_BYTES = 8 * 1024 * 1024;

/** A site beside a secret. */
function makeSite(scene: Scene): string {
  const root = scene.path("site");
  Deno.mkdirSync(`${root}/sub`, { recursive: true });
  Deno.writeTextFileSync(`${root}/index.html`, "<p>Hello</p>\n");
  Deno.writeTextFileSync(`${root}/sub/index.html`, "<p>Sub</p>\n");
  Deno.writeTextFileSync(`${root}/404.html`, "<p>Nothing</p>\n");
  Deno.writeTextFileSync(`${root}/.env`, "secret");
  Deno.writeFileSync(
    `${root}/large.bin`,
    new Uint8Array(LARGE_BYTES).map((_, index) => (index >> 8) % 251),
  );
  scene.write("secret.txt", "secret");
  return root;
}

function startSite(scene: Scene, more = {}): Promise<Master> {
  const root = makeSite(scene);
  return scene.start({
    app: undefined,
    static: { root, not_found: "/404.html", ...more },
    worker_processes: 1,
  });
}

async function bytesOf(port: number, path: string): Promise<Uint8Array> {
  return await (await fetch(`http://127.0.0.1:${port}${path}`)).bytes();
}

Deno.test(
  "a folder on the command line is served",
  scene(async (scene) => {
    makeSite(scene);
    const globals = "listen 127.0.0.1:0; worker_processes 1; " +
      "error_log error.log;";
    const args = ["-p", scene.folder, "-g", globals, "site"];
    const master = scene.spawn({ args });
    await master.ready();
    const answer = await fetch(`http://127.0.0.1:${master.port()}/`);
    assertEquals(await answer.text(), "<p>Hello</p>\n");
    assertEquals(
      answer.headers.get("content-type"),
      "text/html; charset=utf-8",
    );
  }),
);

Deno.test(
  "raw paths of every dirty kind stay below the root",
  scene(async (scene) => {
    const master = await startSite(scene);
    using client = await RawClient.connect(master.port());
    const paths = [
      ...["/../secret.txt", "/sub/../../secret.txt", "/%2e%2e/secret.txt"],
      ...["/..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/..%5csecret.txt"],
      ...["/..\\secret.txt", "/%252e%252e/secret.txt", "/.env", "/%2eenv"],
      ...["/sub/..;/../secret.txt", "//../secret.txt", "/./.././secret.txt"],
      ...["/secret.txt%00.html", "/%c0%ae%c0%ae/secret.txt", "/%", "/%zz"],
    ];
    for (const path of paths) {
      const { status, body } = await client.get(path);
      assert(status === 400 || status === 404, `${path}: ${status}`);
      assert(!body.includes("secret"), path);
    }
    assertEquals((await client.get("/")).body, "<p>Hello</p>\n");
  }),
);

Deno.test(
  "HEAD, 304, 206, 301, 405 and 404 on one connection",
  scene(async (scene) => {
    const master = await startSite(scene);
    using client = await RawClient.connect(master.port());
    const ask = async (
      line: string,
      ...headers: readonly string[]
    ): Promise<[number, string, readonly string[]]> => {
      const lines = [`${line} HTTP/1.1`, "Host: a", ...headers, "", ""];
      await client.send(lines.join("\r\n"));
      const { status, body, headerLines } = await client.response(
        line.split(" ")[0],
      );
      return [status, body, headerLines];
    };
    const [, , lines] = await ask("HEAD /large.bin");
    assert(lines.some((one) => /^content-length: 8388608$/i.test(one)));
    const etag = lines.find((one) => /^etag: /i.test(one))?.slice(6) ?? "";
    assertEquals(
      (await ask("GET /large.bin", `If-None-Match: ${etag}`))[0],
      304,
    );
    assertEquals((await ask("GET /", "Range: bytes=3-7"))[1], "Hello");
    assertEquals((await ask("GET /large.bin", "Range: bytes=-3"))[0], 206);
    assertEquals((await ask("GET /", "Range: bytes=99-"))[0], 416);
    const multi = await ask("GET /", "Range: bytes=0-2,4-4");
    assertMatch(multi[1], /\r\n\r\n<p>\r\n--[\s\S]*\r\n\r\ne\r\n--/);
    const moved = await ask("GET /sub?a=b");
    assertEquals(moved[0], 301);
    assert(moved[2].some((one) => /^location: \/sub\/\?a=b$/i.test(one)));
    const refused = await ask("DELETE /");
    assertEquals(refused[0], 405);
    assert(refused[2].some((one) => /^allow: GET, HEAD, OPT/i.test(one)));
    const missing = await ask("GET /nope");
    assertEquals(missing.slice(0, 2), [404, "<p>Nothing</p>\n"]);
    assertEquals((await ask("HEAD /nope"))[0], 404);
    assertEquals((await ask("GET /sub/"))[1], "<p>Sub</p>\n");
  }),
);

Deno.test(
  "large files sent at once are not mixed up, also for slow clients",
  scene(async (scene) => {
    const root = makeSite(scene);
    const tls = useCertificate(scene, "a");
    const master = await scene.start({
      app: undefined,
      worker_processes: 1,
      listen: ["127.0.0.2:0", { address: "127.0.0.1:0", tls }],
      static: root,
    });
    using client = tlsClient("http1");
    const bodies = [1, 2, 3].map((seed) =>
      new Uint8Array(1_500_000).map((_, index) => ((index * seed) >> 7) % 251)
    );
    bodies.forEach((body, index) =>
      Deno.writeFileSync(`${root}/${index}.bin`, body)
    );
    const ask = (count: number): Promise<Response> => {
      const path = `${count % 3}.bin`;
      return count % 2 === 0
        ? fetch(`http://127.0.0.2:${master.port(0)}/${path}`)
        : fetch(`https://localhost:${master.port(1)}/${path}`, { client });
    };
    const read = async (response: Response, count: number): Promise<void> => {
      assertEquals(await response.bytes(), bodies[count % 3]);
    };
    const counts = Array.from({ length: 12 }, (_, count) => count);
    // Who reads late leaves the server with sockets that are full.
    const late = await Promise.all(counts.map(ask));
    for (let round = 0; round < 3; round++) {
      const soon = await Promise.all(counts.map(ask));
      await Promise.all(soon.map(read));
    }
    await Promise.all(late.map(read));
  }),
);

Deno.test(
  "large files arrive whole, also when they are replaced meanwhile",
  scene(async (scene) => {
    const master = await startSite(scene);
    const path = `${scene.path("site")}/large.bin`;
    const expected = Deno.readFileSync(path);
    assertEquals(await bytesOf(master.port(), "/large.bin"), expected);
    const response = await fetch(`http://127.0.0.1:${master.port()}/large.bin`);
    Deno.writeFileSync(`${path}.new`, new Uint8Array(LARGE_BYTES));
    Deno.renameSync(`${path}.new`, path);
    assertEquals(await response.bytes(), expected);
    const after = await bytesOf(master.port(), "/large.bin");
    assertEquals(after[5000], 0);
  }),
);

Deno.test(
  "clients that leave, and files that shrink, leave nothing open",
  scene(async (scene) => {
    const master = await startSite(scene);
    const [worker = 0] = master.workers();
    const port = master.port();
    const request = "GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n";
    await bytesOf(port, "/large.bin");
    using idle = await RawClient.connect(port);
    await idle.get("/");
    const before = fdCountOf(worker);
    for (let times = 0; times < 10; times++) {
      using client = await RawClient.connect(port);
      await client.send(request);
      await client.readUntil(/\r\n\r\n/);
    }
    await until(() => fdCountOf(worker) <= before, {
      what: () => `${before} descriptors, got ${fdCountOf(worker)}`,
    });
    using client = await RawClient.connect(port);
    await client.send(request);
    await client.readUntil(/\r\n\r\n/);
    Deno.truncateSync(`${scene.path("site")}/large.bin`, 10);
    assert((await client.rest()).length < LARGE_BYTES);
    await master.log.expect(/broke off its response: .*became shorter/);
    await until(() => fdCountOf(worker) <= before, {
      what: () => `${before} descriptors, got ${fdCountOf(worker)}`,
    });
    assertEquals((await idle.get("/")).status, 200);
  }),
);

Deno.test(
  "reloads under load lose no file",
  scene(async (scene) => {
    const root = makeSite(scene);
    const master = await scene.start({
      app: undefined,
      static: root,
      keepalive_drain: "5s",
    });
    const port = master.port();
    await using load = await Load.start({ port, mode: "keepalive" });
    for (let count = 0; count < 5; count++) await master.reload();
    assertNothingLost(await load.stop());
    await master.settled(2);
  }),
);
