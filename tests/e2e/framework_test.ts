/**
 * Frameworks from npm run as they are: rendering, streaming, server-sent
 * events across a reload, and every way to name a package. That they answer
 * as they should otherwise is app_conformance_test.ts's.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { fixturePath } from "../support/config.ts";
import { scene } from "../support/harness.ts";
import { HttpConnection } from "../support/http_client.ts";

const HONO = fixturePath("framework/hono/app.ts");

/** One event: which process sent it, and when. */
const EVENT = /^(?:event: end\n)?data: (\d+) (\d+)$/gm;

/** An app in Hono that names it so. */
function honoApp(specifier: string): string {
  return `import { Hono } from ${JSON.stringify(specifier)};
const app = new Hono();
app.get("/", (c) => c.text("from Hono"));
export default app;
`;
}

Deno.test(
  "a page rendered by React streams as it is rendered",
  scene(async (scene) => {
    const master = await scene.start({
      app: fixturePath("framework/react/app.tsx"),
      worker_processes: 1,
    });
    const response = await fetch(
      `http://127.0.0.1:${master.port()}/?name=%3Cb`,
    );
    assertEquals(response.status, 200);
    const pieces: string[] = [];
    const text = response.body?.pipeThrough(new TextDecoderStream());
    for await (const piece of text ?? []) pieces.push(piece);
    assertMatch(pieces[0] ?? "", /<h1>Hello (?:<!-- -->)?&lt;b<\/h1>/);
    const first = pieces.findIndex((piece) => piece.includes("on its way"));
    const last = pieces.findIndex((piece) => piece.includes("it came later"));
    assert(first >= 0 && first < last, JSON.stringify(pieces));
  }),
);

Deno.test(
  "server-sent events go on across a reload, to their end",
  scene(async (scene) => {
    const master = await scene.start({
      app: HONO,
      worker_processes: 1,
      worker_shutdown_timeout: "60s",
    });
    const [old = 0] = master.workers();
    using connection = await HttpConnection.open({ port: master.port() });
    await connection.send(`/events?until=${scene.path("end")}`);
    assertMatch(await connection.head(), /content-type: text\/event-stream/i);
    await master.reload();
    const reloadedAt = Date.now();
    const [young = 0] = master.workers();
    assertNotEquals(young, old);
    assertEquals(master.draining(), [old]);
    assertEquals((await master.request()).body, "Hello World\n");
    scene.write("end", "");
    const events = [...(await connection.chunked()).matchAll(EVENT)];
    assert(events.length > 1);
    assertEquals([...new Set(events.map(([, pid]) => Number(pid)))], [old]);
    assertEquals(events.at(-1)?.[0].startsWith("event: end"), true);
    assert(Number(events.at(-1)?.[2]) >= reloadedAt);
    await master.gone(old);
    assertEquals(master.log.count(/\[warn\]/), 0);
  }),
);

Deno.test(
  "server-sent events without an end last until the timeout",
  scene(async (scene) => {
    const master = await scene.start({
      app: HONO,
      worker_processes: 1,
      worker_shutdown_timeout: "1s",
    });
    const [old = 0] = master.workers();
    using connection = await HttpConnection.open({ port: master.port() });
    await connection.send("/events?until=/never");
    await connection.head();
    await master.reload();
    await master.log.expect(/worker_shutdown_timeout of 1000 ms passed/);
    await connection.closed();
    await master.gone(old);
    assertEquals((await master.request()).status, 200);
  }),
);

Deno.test(
  "a package can be named in the import itself",
  scene(async (scene) => {
    scene.write("app.ts", honoApp("npm:hono@4.13.19"));
    const master = await scene.start({ app: "./app.ts", worker_processes: 1 });
    assertEquals((await master.request()).body, "from Hono");
  }),
);

Deno.test(
  "a package.json's packages come from the node_modules Deno makes",
  scene(async (scene) => {
    scene.write("package.json", '{ "dependencies": { "hono": "4.13.19" } }');
    scene.write("deno.json", '{ "nodeModulesDir": "auto" }');
    scene.write("app.ts", honoApp("hono"));
    const master = await scene.start({ app: "./app.ts", worker_processes: 2 });
    assertEquals((await master.request()).body, "from Hono");
    assert(Deno.statSync(scene.path("node_modules/hono")).isDirectory);
  }),
);
