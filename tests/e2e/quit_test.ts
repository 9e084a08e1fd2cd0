/** A graceful end: what runs finishes, what is idle goes, within limits. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
} from "@std/assert";
import { scene } from "../support/harness.ts";
import { isRefused } from "../support/http_client.ts";
import { DONE } from "../support/master.ts";
import { titleOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

Deno.test(
  "quit waits for the slow response",
  scene(async (scene) => {
    const master = await scene.start({ app: "slow_response.ts" });
    using held = await master.holdConnection();
    await held.send("/?ms=1500");
    const head = await held.head();
    master.signal("SIGQUIT");
    const body = await held.chunked();
    assertEquals(body.trimEnd().split("\n").length, 10);
    assertMatch(head, /^HTTP\/1\.1 200 /);
    assertEquals(await master.ended(), DONE);
    assertEquals(master.log.count(/\[notice\] \d+#0: exit$/), 3);
  }),
);

Deno.test(
  "quit shows in ps which worker is shutting down",
  scene(async (scene) => {
    const master = await scene.start({ app: "slow_response.ts" });
    using held = await master.holdConnection();
    await held.send("/?ms=1000");
    const pid = Number(/^x-pid: (\d+)/mi.exec(await held.head())?.[1]);
    master.signal("SIGQUIT");
    await until(
      () => titleOf(pid) === "procmgr: worker process is shutting down",
      { what: "the title of a draining worker" },
    );
    assertEquals(await master.ended(), DONE);
  }),
);

Deno.test(
  "quit refuses new connections while responses are running",
  scene(async (scene) => {
    const master = await scene.start({ app: "slow_response.ts" });
    const target = { port: master.port() };
    using held = await master.holdConnection();
    await held.send("/?ms=3000");
    await held.head();
    master.signal("SIGQUIT");
    let finished = false;
    const body = held.chunked().finally(() => finished = true);
    // One that reached the queue of a socket before its close is reset, or
    // answered; what comes after the close is refused.
    await until(() => isRefused(target), { what: "a refused connection" });
    assertEquals(finished, false);
    assertEquals((await body).trimEnd().split("\n").length, 10);
    assertEquals(await master.ended(), DONE);
  }),
);

Deno.test(
  "quit closes an idle connection after keepalive_drain, cleanly",
  scene(async (scene) => {
    const master = await scene.start({ keepalive_drain: "800ms" });
    using idle = await master.holdConnection();
    assertEquals((await idle.request()).closes, false);
    const started = performance.now();
    master.signal("SIGQUIT");
    assertEquals(await idle.closed(), "end");
    assertGreater(performance.now() - started, 750);
    assertEquals(await master.ended(), DONE);
  }),
);

Deno.test(
  "quit answers a request on an open connection and announces its end",
  scene(async (scene) => {
    const master = await scene.start({ keepalive_drain: "5s" });
    using open = await master.holdConnection();
    assertEquals((await open.request()).closes, false);
    master.signal("SIGQUIT");
    await master.log.expect(/gracefully shutting down/, 2);
    const answer = await open.request();
    assertEquals([answer.status, answer.closes], [200, true]);
    assertEquals(await open.closed(), "end");
    assertEquals(await master.ended(), DONE);
  }),
);

Deno.test(
  "worker_shutdown_timeout cuts what takes longer and says so",
  scene(async (scene) => {
    const master = await scene.start({
      app: "slow_response.ts",
      worker_processes: 1,
      worker_shutdown_timeout: "1s",
    });
    using held = await master.holdConnection();
    await held.send("/?ms=60000");
    await held.head();
    const started = performance.now();
    master.signal("SIGQUIT");
    await held.closed();
    const tookMs = performance.now() - started;
    assert(tookMs > 950 && tookMs < 5000, `${tookMs} ms`);
    assertEquals(await master.ended(), DONE);
    assertMatch(master.log.text, /\d+#0: .*1 .*connection/);
  }),
);

Deno.test(
  "quit lets the app's shutdown hook finish",
  scene(async (scene) => {
    const master = await scene.start({
      app: "slow_drain.ts",
      worker_processes: 1,
    });
    master.signal("SIGQUIT");
    assertEquals(await master.ended(), DONE);
    assertEquals(master.log.count(/shut down at last/), 1);
  }),
);

Deno.test(
  "SIGTERM during a quit ends it at once",
  scene(async (scene) => {
    const master = await scene.start({
      app: "slow_response.ts",
      worker_shutdown_timeout: "60s",
    });
    using held = await master.holdConnection();
    await held.send("/?ms=60000");
    await held.head();
    master.signal("SIGQUIT");
    await master.log.expect(/gracefully shutting down/, 2);
    assertEquals(master.exit, undefined);
    const started = performance.now();
    master.signal("SIGTERM");
    assertEquals(await master.ended(), DONE);
    assertLess(performance.now() - started, 3000);
    await held.closed();
  }),
);

Deno.test(
  "quit during a reload ends both generations",
  scene(async (scene) => {
    scene.useApp("app.ts", "hello.ts");
    const master = await scene.start({ app: "./app.ts" });
    scene.useApp("app.ts", "slow_boot.ts");
    const reloading = master.tryReload();
    await master.log.expect(/start worker process \d+ slot=\d+ gen=2/, 2);
    master.signal("SIGQUIT");
    assertEquals(await master.ended(), DONE);
    const { code, stderr } = await reloading;
    assertEquals(code, 1);
    assertMatch(stderr, /shut down meanwhile/);
    assertEquals(master.log.count(/generation 2 is ready/), 0);
  }),
);

Deno.test(
  "--signal quit --wait returns when everything is gone",
  scene(async (scene) => {
    const master = await scene.start({ app: "slow_response.ts" });
    using held = await master.holdConnection();
    await held.send("/?ms=1000");
    await held.head();
    const quitting = master.command("--signal", "quit", "--wait");
    assertEquals((await held.chunked()).trimEnd().split("\n").length, 10);
    const { code, stderr } = await quitting;
    assertEquals([code, stderr], [0, "procmgr: [notice] exited\n"]);
    assertEquals(master.children(), []);
    assertEquals(await master.ended(), DONE);
  }),
);
