/** The examples as the README starts them: `deno task start PATH`. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import { readText } from "../support/log.ts";
import type { Master } from "../support/master.ts";
import { until } from "../support/until.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Start an example by the task, in the test's own folder. */
async function start(scene: Scene, example: string): Promise<Master> {
  const config = `${ROOT}deno.json`;
  const master = scene.spawn({
    command: [Deno.execPath(), "task", "-q", "--config", config, "start"],
    args: [
      ...[
        "-p",
        scene.folder,
        "-g",
        "listen 127.0.0.1:0; keepalive_drain 200ms;",
      ],
      `${ROOT}examples/${example}`,
    ],
    logs: [],
  });
  await master.ready();
  return master;
}

Deno.test(
  "an app in Hono runs as it is",
  scene(async (scene) => {
    const master = await start(scene, "hono/app.ts");
    assertEquals((await master.request("/hello/you")).body, "Hello you!\n");
    const me = JSON.parse((await master.request("/me")).body);
    assertEquals(me.hostname, "127.0.0.1");
  }),
);

Deno.test(
  "a folder runs as it is",
  scene(async (scene) => {
    const master = await start(scene, "site");
    assertStringIncludes((await master.request()).body, "A folder, served");
  }),
);

Deno.test(
  "an app for deno serve with a WebSocket runs as it is, across a reload",
  scene(async (scene) => {
    const master = await start(scene, "websocket.ts");
    assertStringIncludes((await master.request()).body, "new WebSocket(");
    const connect = (): Promise<[string[], WebSocket]> =>
      new Promise((resolve) => {
        const messages: string[] = [];
        const socket = new WebSocket(`ws://127.0.0.1:${master.port()}/`);
        socket.onmessage = ({ data }) => messages.push(data);
        socket.onclose = ({ code }) => messages.push(`closed ${code}`);
        socket.onopen = () => resolve([messages, socket]);
      });
    const [messages, socket] = await connect();
    socket.send("ping");
    await until(() => messages.includes("pong"), { what: "a pong" });
    assertMatch(messages[0] ?? "", /^process \d+ is here$/);
    const pid = Number(readText(scene.path("procmgr.pid")));
    Deno.kill(pid, "SIGHUP");
    await until(() => messages.includes("closed 1001"), { what: "a goodbye" });
    const [more, again] = await connect();
    again.send("hello");
    await until(() => more.includes("you said hello"), { what: "an answer" });
    again.close();
    await until(() => more.includes("closed 1005"), { what: "the end" });
  }),
);
