/** HTTPS as curl and h2load see it: HTTP/2 by ALPN, and a reload under it. */

import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { fixturePath } from "../support/config.ts";
import { type Scene, scene } from "../support/harness.ts";
import { readText } from "../support/log.ts";
import type { Master } from "../support/master.ts";
import { useCertificate } from "../support/tls.ts";
import { isMissing, runTool } from "../support/tool.ts";
import { until } from "../support/until.ts";

/** More than h2load gets to ask for before the reload. */
const REQUESTS = 1_000_000;

function start(scene: Scene, config: object = {}): Promise<Master> {
  return scene.start({
    app: fixturePath("mixed_app.ts"),
    worker_processes: 1,
    listen: { address: "127.0.0.1:0", tls: useCertificate(scene, "a") },
    ...config,
  });
}

Deno.test({
  name: "curl speaks HTTP/2 and HTTP/1.1 over TLS",
  ignore: isMissing("curl"),
  fn: scene(async (scene) => {
    const url = `https://127.0.0.1:${(await start(scene)).port()}`;
    const curl = (...args: readonly string[]): Promise<string> => {
      const format = "|%{http_version} %{http_code}";
      return runTool("curl", ["-ksS", "-m", "20", "-w", format, ...args]);
    };
    const [posted, old, stream] = await Promise.all([
      curl("--http2", "-d", "whole", `${url}/text`),
      curl("--http1.1", "-d", "whole", `${url}/text`),
      curl("--http2", "-N", `${url}/stream`),
    ]);
    assertEquals(posted, "POST whole|2 200");
    assertEquals(old, "POST whole|1.1 200");
    assertStringIncludes(stream, "data: 19\n\n|2 200");
  }),
});

Deno.test({
  name: "all that h2load began before a reload is answered",
  ignore: isMissing("h2load"),
  fn: scene(async (scene) => {
    const master = await start(scene, {
      access_log: { path: "access.log", buffer: 0 },
    });
    const url = `https://127.0.0.1:${master.port()}/text`;
    // It does not connect again after a GOAWAY: the reload ends it.
    const args = ["-n", `${REQUESTS}`, "-c", "4", "-m", "8", url];
    const running = runTool("h2load", args);
    await until(() => readText(scene.path("access.log")).length > 10_000, {
      what: "requests of h2load",
    });
    await master.reload();
    const said = await running;
    const [, begun = 0, good = 0] =
      /(\d+) started, \d+ done, (\d+) succeeded/.exec(said)?.map(Number) ?? [];
    assertGreater(begun, 0, said);
    assertEquals(good, begun, said);
    await master.settled(1);
  }),
});
