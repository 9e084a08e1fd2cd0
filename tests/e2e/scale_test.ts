/** TTIN and TTOU: one worker more, one fewer, until the next reload. */

import { assert, assertEquals } from "@std/assert";
import { scene } from "../support/harness.ts";

Deno.test(
  "SIGTTIN adds a worker that serves, SIGTTOU takes it away again",
  scene(async (scene) => {
    const master = await scene.start({ worker_processes: 1 });
    const [first = 0] = master.workers();
    master.signal("SIGTTIN");
    await master.log.expect(/pool "worker" has 2 workers/);
    const two = await master.settled(2);
    assert(two.includes(first));
    const seen = new Set<string>();
    // The kernel spreads connections over the sockets by their ports.
    for (let count = 0; count < 200 && seen.size < 2; count++) {
      seen.add((await master.request()).headers.get("x-pid") ?? "");
    }
    assertEquals([...seen].map(Number).sort(), two.toSorted());
    master.signal("SIGTTOU");
    await master.log.expect(/pool "worker" has 1 worker/);
    assertEquals(await master.settled(1), [first]);
  }),
);

Deno.test(
  "SIGTTOU never takes the last worker",
  scene(async (scene) => {
    const master = await scene.start({ worker_processes: 1 });
    const workers = master.workers();
    master.signal("SIGTTOU");
    await master.log.expect(/\[warn\] .*pool "worker" stays at 1 worker/);
    assertEquals(await master.settled(1), workers);
  }),
);

Deno.test(
  "a reload brings the configured number back",
  scene(async (scene) => {
    const master = await scene.start({ worker_processes: 1 });
    master.signal("SIGTTIN");
    await master.settled(2);
    await master.reload();
    await master.settled(1);
  }),
);

Deno.test(
  "a reload changes the number of workers",
  scene(async (scene) => {
    const master = await scene.start({ worker_processes: 1 });
    // A socket and a channel for each worker more.
    master.expectFds(undefined);
    for (const workers of [3, 1, 2]) {
      scene.configure({ worker_processes: workers });
      await master.reload();
      await master.settled(workers);
      assertEquals((await master.request()).status, 200);
    }
  }),
);
