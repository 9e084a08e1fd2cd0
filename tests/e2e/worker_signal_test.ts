/** Signals that somebody sends to a worker and not to the master. */

import { assert, assertEquals } from "@std/assert";
import { scene } from "../support/harness.ts";
import { throughout } from "../support/until.ts";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(
    `${signal} to a worker ends it, and it is replaced`,
    scene(async (scene) => {
      const master = await scene.start();
      const [told = 0, other = 0] = master.workers();
      Deno.kill(told, signal);
      await master.log.expect(
        new RegExp(`${told}#0: signal \\d+ \\(${signal}\\) received, exiting`),
      );
      await master.log.expect(
        new RegExp(`\\[notice\\] .* ${told} exited with code 0`),
      );
      await master.gone(told);
      assert((await master.settled(2)).includes(other));
    }),
  );
}

Deno.test(
  "SIGQUIT to a worker: it drains, its replacement does not wait for that",
  scene(async (scene) => {
    const master = await scene.start({ app: "slow_response.ts" });
    using held = await master.holdConnection();
    await held.send("/?ms=1500");
    const worker = pidIn(await held.head());
    Deno.kill(worker, "SIGQUIT");
    await master.log.expect(new RegExp(`${worker} drains by itself`));
    await master.log.expect(/is ready slot=2 gen=1/);
    assertEquals(master.draining(), [worker]);
    const body = await held.chunked();
    assertEquals(body.split("\n").length, 11);
    await master.gone(worker);
    await master.settled(2);
  }),
);

Deno.test(
  "SIGUSR1 to a worker: it alone reopens its log",
  scene(async (scene) => {
    const master = await scene.start();
    const [worker = 0, other = 0] = master.workers();
    Deno.kill(worker, "SIGUSR1");
    await master.log.expect(new RegExp(`${worker}#0: reopening logs`));
    assertEquals(
      master.log.count(new RegExp(`(?:${master.pid}|${other})#0: reopening`)),
      0,
    );
    assertEquals(master.workers(), [worker, other]);
  }),
);

for (const signal of ["SIGHUP", "SIGUSR2", "SIGALRM", "SIGWINCH"] as const) {
  Deno.test(
    `${signal} to a worker changes nothing`,
    scene(async (scene) => {
      const master = await scene.start();
      const workers = master.workers();
      for (const worker of workers) Deno.kill(worker, signal);
      await throughout(
        () => master.workers().join() === workers.join(),
        { what: "the same workers", forMs: 300 },
      );
      assertEquals((await master.request()).status, 200);
    }),
  );
}

Deno.test(
  "SIGWINCH and SIGPIPE to the master do not end it, SIGHUP brings workers back",
  scene(async (scene) => {
    const master = await scene.start();
    master.signal("SIGPIPE");
    master.signal("SIGWINCH");
    await master.settled(0);
    await throughout(
      () => master.exit === undefined,
      { what: "the master", forMs: 300 },
    );
    master.signal("SIGHUP");
    await master.settled(2);
    assertEquals((await master.request()).status, 200);
  }),
);

function pidIn(head: string): number {
  return Number(/^x-pid: (\d+)/mi.exec(head)?.[1]);
}
