/**
 * No request is lost, whatever is reloaded: what nginx, PM2 and gunicorn do
 * not hold. Every request is counted (tests/support/load.ts).
 */

import { assertEquals, assertGreater } from "@std/assert";
import { scene } from "../support/harness.ts";
import { assertNothingLost, Load } from "../support/load.ts";

const RELOADS = 10;

for (const mode of ["keepalive", "close"] as const) {
  Deno.test(
    `${RELOADS} reloads lose no request, mode ${mode}`,
    scene(async (scene) => {
      const master = await scene.start({ keepalive_drain: "5s" });
      const port = master.port();
      await using load = await Load.start({ port, mode });
      for (let count = 0; count < RELOADS; count++) await master.reload();
      const report = await load.stop();
      assertNothingLost(report);
      assertGreater(report.answered, RELOADS);
      assertEquals(
        master.log.count(/generation \d+ is ready/),
        RELOADS + 1,
      );
      await master.settled(2);
    }),
  );
}

for (const mode of ["keepalive", "close"] as const) {
  Deno.test(
    `reloads from 4 to 1 to 3 workers lose no request, mode ${mode}`,
    scene(async (scene) => {
      const configure = (workers: number): void =>
        scene.configure({ worker_processes: workers, keepalive_drain: "5s" });
      configure(4);
      const master = scene.spawn();
      await master.ready();
      // One descriptor for the socket, one for the channel of each worker.
      master.expectFds(undefined);
      const port = master.port();
      await using load = await Load.start({ port, mode });
      for (const workers of [1, 3]) {
        configure(workers);
        await master.reload();
        await master.settled(workers);
      }
      assertNothingLost(await load.stop());
    }),
  );
}

Deno.test(
  "a reload that fails under load loses no request",
  scene(async (scene) => {
    scene.useApp("app.ts", "hello.ts");
    const master = await scene.start({ app: "./app.ts" });
    const workers = master.workers();
    const port = master.port();
    await using load = await Load.start({ port, mode: "keepalive" });
    scene.useApp("app.ts", "throw_at_boot.ts");
    scene.announce(/app\.ts" failed to start: RangeError: broken on/);
    for (let count = 0; count < 3; count++) {
      assertEquals((await master.tryReload()).code, 1);
    }
    assertNothingLost(await load.stop());
    assertEquals(await master.settled(2), workers);
  }),
);

Deno.test(
  "one worker more and fewer under load loses no request",
  scene(async (scene) => {
    const master = await scene.start({ keepalive_drain: "5s" });
    const port = master.port();
    await using load = await Load.start({ port, mode: "close" });
    for (let count = 0; count < 3; count++) {
      master.signal("SIGTTIN");
      await master.settled(3);
      master.signal("SIGTTOU");
      await master.settled(2);
    }
    assertNothingLost(await load.stop());
  }),
);
