/** The master is killed: its workers end well, and a new start is possible. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { scene } from "../support/harness.ts";
import { isAlive, listeningPorts } from "../support/proc.ts";
import { until } from "../support/until.ts";

Deno.test(
  "SIGKILL of the master: workers drain, exit and free the port",
  scene(async (scene) => {
    scene.spare("procmgr.pid", "procmgr.sock");
    const master = await scene.start({ app: "slow_response.ts" });
    const port = master.port();
    const workers = master.workers();
    using held = await master.holdConnection();
    await held.send("/?ms=1000");
    await held.head();
    master.signal("SIGKILL");
    assertEquals(await master.ended(), { kind: "signal", signal: "SIGKILL" });
    assertEquals((await held.chunked()).split("\n").length, 11);
    await until(() => !workers.some(isAlive), { what: "the workers' end" });
    assertEquals(listeningPorts().has(port), false);
    assertMatch(master.log.text, /master process is gone, shutting down/);
    assertEquals(master.log.count(/gracefully shutting down/), 2);
  }),
);

Deno.test(
  "start goes over what a killed master left",
  scene(async (scene) => {
    const path = scene.path("web.sock");
    const first = await scene.start({ listen: `unix:${path}` });
    const workers = first.workers();
    first.signal("SIGKILL");
    await first.ended();
    await until(() => !workers.some(isAlive), { what: "the workers' end" });
    for (const name of ["procmgr.pid", "procmgr.sock", "web.sock"]) {
      assert(Deno.lstatSync(scene.path(name)), name);
    }
    const second = scene.spawn();
    await second.log.expect(
      new RegExp(`${second.pid}#0: generation 1 is ready`),
    );
    assertEquals(
      Deno.readTextFileSync(scene.path("procmgr.pid")),
      `${second.pid}\n`,
    );
    assertEquals((await second.command("-s", "reload", "--wait")).code, 0);
  }),
);

Deno.test(
  "SIGKILL of the master while its workers boot leaves no worker",
  scene(async (scene) => {
    scene.spare("procmgr.pid", "procmgr.sock");
    scene.configure({ app: "slow_boot.ts" });
    const master = scene.spawn();
    await master.log.expect(/start worker process \d+ slot=1/);
    master.signal("SIGKILL");
    await master.ended();
  }),
);
