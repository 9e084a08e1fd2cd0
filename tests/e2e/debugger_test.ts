/**
 * From source the runtime opens a debugger port on SIGUSR1, which is nginx's
 * signal to reopen logs: neither the master nor a worker may ever do that.
 */

import { assertEquals } from "@std/assert";
import { scene } from "../support/harness.ts";
import { listeningPorts } from "../support/proc.ts";
import { throughout } from "../support/until.ts";

/** The runtime's default. */
const DEBUGGER_PORT = 9229;

Deno.test(
  "SIGUSR1 to master and workers opens no debugger port",
  scene(async (scene) => {
    const master = await scene.start();
    const workers = master.workers();
    for (let count = 1; count <= 3; count++) {
      for (const pid of [master.pid, ...workers]) Deno.kill(pid, "SIGUSR1");
      await master.log.expect(/signal 10 \(SIGUSR1\) received/, count);
    }
    await throughout(() => !listeningPorts().has(DEBUGGER_PORT), {
      what: "no debugger port",
      forMs: 300,
    });
    assertEquals(master.workers(), workers);
    assertEquals((await master.request()).status, 200);
  }),
);

Deno.test(
  "SIGUSR1 while the master starts opens no debugger port",
  scene(async (scene) => {
    scene.configure({ app: "slow_boot.ts" });
    const master = scene.spawn();
    await master.log.expect(/start worker process \d+ slot=1/);
    for (const pid of [master.pid, ...master.children()]) {
      Deno.kill(pid, "SIGUSR1");
    }
    await master.ready();
    assertEquals(listeningPorts().has(DEBUGGER_PORT), false);
  }),
);
