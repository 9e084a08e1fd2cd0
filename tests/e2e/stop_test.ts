/**
 * A stop leaves nothing behind. What is left is what every test of this suite
 * looks at afterwards (tests/support/aftermath.ts).
 */

import { assertEquals, assertLess, assertMatch } from "@std/assert";
import process from "node:process";
import type { HttpConnection } from "../support/http_client.ts";
import { scene } from "../support/harness.ts";
import { DONE } from "../support/master.ts";
import { listeningPorts } from "../support/proc.ts";

/** No stop of an idle master takes longer. */
const STOP_MS = 3000;

for (
  const [signal, saying] of [
    ["SIGTERM", "signal 15 (SIGTERM) received, exiting"],
    ["SIGINT", "signal 2 (SIGINT) received, exiting"],
    ["SIGQUIT", "signal 3 (SIGQUIT) received, shutting down"],
  ] as const
) {
  Deno.test(
    `${signal} ends an idle master at once with exit code 0`,
    scene(async (scene) => {
      const master = await scene.start();
      const port = master.port();
      const started = performance.now();
      master.signal(signal);
      assertEquals(await master.ended(), DONE);
      assertLess(performance.now() - started, STOP_MS);
      assertEquals(master.log.text.includes(saying), true, master.log.text);
      assertMatch(master.log.text, /\[notice\] \d+#0: exit\n/);
      assertEquals(listeningPorts().has(port), false);
    }),
  );
}

Deno.test(
  "Ctrl-C, which signals the whole group, ends everything with exit code 0",
  scene(async (scene) => {
    const master = await scene.start();
    using idle = await master.holdConnection();
    await idle.request();
    const started = performance.now();
    process.kill(-master.pid, "SIGINT");
    assertEquals(await master.ended(), DONE);
    assertLess(performance.now() - started, STOP_MS);
  }),
);

Deno.test(
  "SIGTERM cuts a running request and still ends with exit code 0",
  scene(async (scene) => {
    const master = await scene.start({ app: "slow_response.ts" });
    using held = await master.holdConnection();
    await held.send("/?ms=60000");
    await until200(held);
    const started = performance.now();
    await master.stop("SIGTERM");
    assertLess(performance.now() - started, STOP_MS);
    await held.closed();
  }),
);

Deno.test(
  "a stop while the workers boot leaves nothing behind",
  scene(async (scene) => {
    scene.configure({ app: "slow_boot.ts" });
    const master = scene.spawn();
    await master.log.expect(/start worker process \d+ slot=1/);
    master.signal("SIGTERM");
    assertEquals(await master.ended(), DONE);
  }),
);

Deno.test(
  "signals that come together end the master once",
  scene(async (scene) => {
    const master = await scene.start();
    for (const signal of ["SIGQUIT", "SIGHUP", "SIGTERM", "SIGINT"] as const) {
      master.signal(signal);
    }
    assertEquals(await master.ended(), DONE);
    assertEquals(master.log.count(/\[notice\] \d+#0: exit$/), 3);
  }),
);

/** The head of the response is there. */
async function until200(connection: HttpConnection): Promise<void> {
  assertMatch(await connection.head(), /^HTTP\/1\.1 200 /);
}
