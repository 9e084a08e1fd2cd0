/** Each request has its line: whole, once, whatever happens to the file. */

// deno-lint-ignore-file camelcase -- directives and variables are nginx's

import { assert, assertEquals, assertMatch } from "@std/assert";
import { IS_ROOT, type Scene, scene } from "../support/harness.ts";
import { assertNothingLost, Load } from "../support/load.ts";
import { readText } from "../support/log.ts";
import type { Master } from "../support/master.ts";
import { fdsOf } from "../support/proc.ts";
import { RawClient } from "../support/raw_client.ts";
import { until } from "../support/until.ts";

function linesOf(path: string): string[] {
  return readText(path).split("\n").slice(0, -1);
}

/** Lines at once, unless told otherwise. */
async function start(
  scene: Scene,
  accessLog: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly master: Master; readonly path: string }> {
  const path = scene.path("access.log");
  const master = await scene.start({
    worker_processes: 1,
    access_log: { path: "access.log", buffer: 0, ...accessLog },
    ...more,
  });
  return { master, path };
}

async function waitForLines(path: string, count: number): Promise<string[]> {
  return await until(() => {
    const lines = linesOf(path);
    return lines.length >= count && lines;
  }, { what: () => `${count} lines, got:\n${readText(path)}` });
}

Deno.test(
  "combined is nginx's line, of good requests and bad ones",
  scene(async (scene) => {
    const { master, path } = await start(scene, {});
    using client = await RawClient.connect(master.port());
    await client.send(
      'GET /a?b="c" HTTP/1.1\r\nHost: x\r\nReferer: http://r/\r\n' +
        "User-Agent: t\tx\r\nAuthorization: Basic am9lOng=\r\n\r\n",
    );
    const { body } = await client.response();
    await client.send("HEAD / HTTP/1.0\r\n\r\n");
    await client.response("HEAD");
    using bad = await RawClient.connect(master.port());
    await bad.send("NONSENSE\r\n\r\n");
    await bad.rest();
    const [first = "", second = "", third = ""] = await waitForLines(path, 3);
    const time = String.raw`\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]`;
    assertMatch(
      first,
      new RegExp(
        String.raw`^127\.0\.0\.1 - joe ${time} "GET /a\?b=\\x22c\\x22 ` +
          String.raw`HTTP/1\.1" 200 ${body.length} "http://r/" "t\\x09x"$`,
      ),
    );
    assertMatch(second, /"HEAD \/ HTTP\/1\.0" 200 0 "-" "-"$/);
    assertMatch(third, /^127\.0\.0\.1 - - \[[^\]]*\] "-" 400 \d+ "-" "-"$/);
  }),
);

Deno.test(
  "json has the bytes and times of a request",
  scene(async (scene) => {
    const { master, path } = await start(scene, { format: "json" }, {
      app: "worker_app.ts",
    });
    using client = await RawClient.connect(master.port());
    const request = "POST /echo HTTP/1.1\r\nHost: Name:80\r\n" +
      "Content-Length: 5\r\n\r\nhello";
    await client.send(request);
    assertEquals((await client.response()).body, "hello");
    await client.get("/large");
    const [echo = "", large = ""] = await waitForLines(path, 2);
    const { time, request_time, bytes_sent, pid, ...rest } = JSON.parse(echo);
    assertMatch(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert(request_time >= 0 && request_time < 20);
    assert(bytes_sent > 100 && bytes_sent < 500, echo);
    assertEquals(pid, master.workers()[0]);
    assertEquals(rest, {
      remote_addr: "127.0.0.1",
      remote_user: "",
      method: "POST",
      uri: "/echo",
      protocol: "HTTP/1.1",
      scheme: "http",
      host: "name",
      status: 200,
      body_bytes_sent: 5,
      request_length: request.length,
      referer: "",
      user_agent: "",
      connection: 1,
      connection_requests: 1,
    });
    const second = JSON.parse(large);
    assertEquals(second.body_bytes_sent, 5_000_000);
    assertEquals([second.connection, second.connection_requests], [1, 2]);
  }),
);

Deno.test(
  "a client that leaves is 499, or what it had got by then",
  scene(async (scene) => {
    const format = "$status $request_completion $request_uri";
    const app = scene.write(
      "app.ts",
      `export default { fetch(request) {
        if (request.url.endsWith("/never")) return new Promise(() => {});
        return new Response(new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(9)),
        }));
      } };`,
    );
    const { master, path } = await start(scene, { format }, { app });
    for (const target of ["/never", "/half"]) {
      using client = await RawClient.connect(master.port());
      await client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      if (target === "/half") await client.readUntil(/\r\n\r\n9\r\n/);
    }
    const lines = await waitForLines(path, 2);
    assertEquals(lines.sort(), ["200 - /half", "499 - /never"]);
  }),
);

Deno.test(
  "SIGUSR1 under load: no line is lost, none is torn",
  scene(async (scene) => {
    const format = "$pid $connection $connection_requests $status end";
    const { master, path } = await start(
      scene,
      { format, buffer: "8k", flush: "200ms" },
      { worker_processes: 3, keepalive_drain: "5s" },
    );
    const port = master.port();
    const load = await Load.start({ port, mode: "keepalive" });
    const files = [path];
    for (let count = 1; count <= 8; count++) {
      const old = `${path}.${count}`;
      await until(() => linesOf(path).length > 100, { what: "lines" });
      Deno.renameSync(path, old);
      files.push(old);
      const { code } = await master.command("-s", "reopen", "--wait");
      assertEquals(code, 0);
      const holders = master.workers().filter((pid) =>
        [...fdsOf(pid).values()].includes(old)
      );
      assertEquals(holders, [], "the old file is closed by all");
    }
    await master.reload();
    const report = await load.stop();
    assertNothingLost(report);
    await master.settled(3);
    master.signal("SIGQUIT");
    await master.ended();
    const lines = files.flatMap(linesOf);
    const torn = lines.filter((line) => !/^\d+ \d+ \d+ 200 end$/.test(line));
    assertEquals(torn, []);
    assertEquals(new Set(lines).size, lines.length, "a line twice");
    assertEquals(lines.length, report.answered);
    assert(new Set(lines.map((line) => line.split(" ")[0])).size >= 3);
  }),
);

Deno.test({
  name: "workers of another user go on in the new file",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    Deno.chmodSync(scene.folder, 0o755);
    const app = scene.write(
      "app.ts",
      'export default { fetch: () => new Response("ok") };\n',
    );
    const { master, path } = await start(scene, {}, { user: "nobody", app });
    await master.request("/one");
    await waitForLines(path, 1);
    Deno.renameSync(path, `${path}.1`);
    const { code } = await master.command("-s", "reopen", "--wait");
    assertEquals(code, 0);
    await master.request("/two");
    await waitForLines(path, 1);
    assertMatch(readText(path), /"GET \/two /);
    assert(!readText(`${path}.1`).includes("/two"));
  }),
});

Deno.test(
  "what waits is written at the end, however it ends",
  scene(async (scene) => {
    const { master, path } = await start(scene, { buffer: "1m", flush: "1h" });
    await master.request("/one");
    await master.reload();
    await waitForLines(path, 1);
    await master.settled(1);
    await master.request("/two");
    assertEquals(linesOf(path).length, 1);
    master.signal("SIGTERM");
    await master.ended();
    assertEquals(linesOf(path).length, 2);
  }),
);

Deno.test(
  "pools have logs of their own, stdout, or none",
  scene(async (scene) => {
    const pool = { app: "hello.ts", worker_processes: 1 };
    const listen = "127.0.0.1:0";
    const master = await scene.start({
      access_log: { path: "all.log", format: "all $request_uri", buffer: 0 },
      pools: {
        a: { ...pool, listen: [listen] },
        b: {
          ...pool,
          listen: "unix:b.sock",
          access_log: { path: "stdout", format: "b $remote_addr", buffer: 0 },
        },
        c: { ...pool, listen: "unix:c.sock", access_log: "off" },
      },
    });
    await master.request("/a");
    for (const name of ["b", "c"]) {
      const path = scene.path(`${name}.sock`);
      const client = Deno.createHttpClient({
        proxy: { transport: "unix", path },
      });
      await (await fetch("http://localhost/x", { client })).text();
      client.close();
    }
    assertEquals(await waitForLines(scene.path("all.log"), 1), ["all /a"]);
    const stdout = scene.path("master_1.stdout");
    assertEquals(await waitForLines(stdout, 1), ["b unix:"]);
  }),
);

Deno.test(
  "a format that cannot be written is refused, and names what was meant",
  scene(async (scene) => {
    scene.configure({ access_log: { path: "a.log", format: "$remote_adr" } });
    const { code, stderr } = await scene.run("-t", "-p", scene.folder);
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /access_log\.format: has an unknown variable, "\$remote_adr", did you mean "\$remote_addr"\?/,
    );
  }),
);

Deno.test(
  "a log that cannot be opened is a start that fails",
  scene(async (scene) => {
    const path = "nowhere/access.log";
    scene.announce(/open\(\) ".*nowhere\/access\.log" failed \(2: /);
    scene.configure({ access_log: path, worker_processes: 1 });
    const master = scene.spawn();
    assertEquals(await master.ended(), { kind: "code", code: 1 });
  }),
);
