/**
 * WINCH: the workers drain and nobody takes their place; HUP brings them back.
 * It works in the foreground, where nginx ignores it.
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { scene } from "../support/harness.ts";

const WINCH_LINE = /signal 28 \(SIGWINCH\) received, stop accepting/;

Deno.test(
  "SIGWINCH drains the workers, SIGHUP brings new ones, who waits is served",
  scene(async (scene) => {
    const master = await scene.start();
    const before = master.workers();
    master.signal("SIGWINCH");
    await master.log.expect(WINCH_LINE);
    await master.settled(0);
    // The socket is there: the kernel takes the connection, nobody answers.
    const waiting = master.request();
    master.signal("SIGHUP");
    await master.log.expect(/generation 2 is ready/);
    assertEquals((await waiting).status, 200);
    assertNotEquals(await master.settled(2), before);
  }),
);

Deno.test(
  "SIGWINCH lets a running request finish",
  scene(async (scene) => {
    const master = await scene.start({ app: "slow_response.ts" });
    using held = await master.holdConnection();
    await held.send("/?ms=1000");
    await held.head();
    master.signal("SIGWINCH");
    await master.log.expect(WINCH_LINE);
    const body = await held.chunked();
    assertEquals(body.trimEnd().split("\n").length, 10);
    await master.settled(0);
  }),
);

Deno.test(
  "after SIGWINCH nothing is respawned, and SIGQUIT ends the master",
  scene(async (scene) => {
    const master = await scene.start({ worker_processes: 1 });
    const [worker = 0] = master.workers();
    master.signal("SIGWINCH");
    await master.settled(0);
    assertEquals(master.log.count(/start worker process \d+/), 1);
    await master.gone(worker);
    master.signal("SIGTTIN");
    await master.log.expect(/SIGTTIN/);
    assertEquals(await master.settled(0), []);
    await master.stop("SIGQUIT");
  }),
);

Deno.test(
  "a reload that fails after SIGWINCH leaves it in force, a good one ends it",
  scene(async (scene) => {
    const master = await scene.start();
    master.signal("SIGWINCH");
    await master.settled(0);
    scene.configure({ bogus: 1 });
    master.signal("SIGHUP");
    await master.log.expectAlert(/bogus/);
    await master.log.expect(/reload failed, generation 1 goes on/);
    await master.settled(0);
    scene.configure();
    await master.reload();
    await master.settled(2);
  }),
);
