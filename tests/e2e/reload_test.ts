/** A reload brings what is new and takes nothing away before that is there. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { scene } from "../support/harness.ts";
import { ask } from "../support/http_client.ts";
import { listeningPorts } from "../support/proc.ts";
import { throughout, until } from "../support/until.ts";

Deno.test(
  "reload keeps the master and the port and replaces every worker",
  scene(async (scene) => {
    const master = await scene.start();
    const port = master.port();
    const old = master.workers();
    const { stdout, stderr } = await master.reload();
    assertEquals(stdout, "");
    assertEquals(stderr, "procmgr: [notice] generation 2 is ready\n");
    const workers = await master.settled(2);
    assert(!workers.some((pid) => old.includes(pid)));
    assertEquals(master.exit, undefined);
    const { headers } = await ask({ port });
    assertEquals(headers.get("x-generation"), "2");
  }),
);

Deno.test(
  "reload serves the app as it is now",
  scene(async (scene) => {
    scene.useApp("app.ts", "hello.ts");
    const master = await scene.start({ app: "./app.ts" });
    scene.useApp("app.ts", "slow_drain.ts");
    assertEquals((await master.request()).body, "Hello World\n");
    await master.reload();
    assertEquals((await master.request()).body, "slow to drain\n");
  }),
);

Deno.test(
  "reload lets a slow response finish on its old worker",
  scene(async (scene) => {
    const master = await scene.start({ app: "slow_response.ts" });
    using held = await master.holdConnection();
    await held.send("/?ms=1500");
    const pid = Number(/^x-pid: (\d+)/mi.exec(await held.head())?.[1]);
    await master.reload();
    await until(() => master.draining().includes(pid), {
      what: "the old worker, draining",
    });
    assert(!master.workers().includes(pid));
    const body = await held.chunked();
    assertEquals(body.trimEnd().split("\n").length, 10);
    await master.gone(pid);
  }),
);

Deno.test(
  "reload waits for every new worker before it tells an old one to go",
  scene(async (scene) => {
    scene.useApp("app.ts", "hello.ts");
    const master = await scene.start({ app: "./app.ts" });
    const old = master.workers();
    scene.useApp("app.ts", "slow_second.ts");
    const reloading = master.reload();
    await master.log.expect(/is ready slot=\d+ gen=2/);
    // Unchecked, the old ones would drain from here on.
    await throughout(
      () => old.every((pid) => master.workers().includes(pid)),
      { what: "the old workers", forMs: 300 },
    );
    await reloading;
    const lines = master.log.lines(/gen=2 pid=\d+$|generation 2|gracefully/);
    assertEquals(lines.map(wordOf), [
      "start",
      "start",
      "ready",
      "ready",
      "generation 2",
      ...lines.slice(5).map(() => "gracefully"),
    ]);
    await master.settled(2);
  }),
);

/** What a line is about, for comparing an order. */
function wordOf(line: string): string | undefined {
  return /generation 2|gracefully|start|ready/.exec(line)?.[0];
}

Deno.test(
  "SIGHUP reloads as the command does",
  scene(async (scene) => {
    const master = await scene.start();
    master.signal("SIGHUP");
    await master.ready(2);
    assertMatch(
      master.log.text,
      /signal 1 \(SIGHUP\) received, reconfiguring\n.*reconfiguring\n/,
    );
  }),
);

Deno.test(
  "reload opens an address that is new and closes one that is dropped",
  scene(async (scene) => {
    const master = await scene.start();
    const [kept, dropped] = [master.port(), "127.0.0.2:0"];
    scene.configure({ listen: ["127.0.0.1:0", dropped] });
    await master.reload();
    const target = { hostname: "127.0.0.2", port: master.port(1) };
    assertEquals((await ask(target)).status, 200);
    assertEquals((await ask({ port: kept })).status, 200);
    scene.configure();
    await master.reload();
    await until(() => !listeningPorts().has(target.port), {
      what: "the dropped address, closed",
    });
    await assertRejects(() => ask(target), Deno.errors.ConnectionRefused);
    assertEquals((await ask({ port: kept })).status, 200);
  }),
);

Deno.test(
  "reload keeps the Unix socket, the same file",
  scene(async (scene) => {
    const path = scene.path("web.sock");
    const master = await scene.start({ listen: `unix:${path}` });
    const { ino } = Deno.lstatSync(path);
    for (let count = 0; count < 2; count++) {
      await master.reload();
      assertEquals((await ask({ path })).status, 200);
    }
    assertEquals(Deno.lstatSync(path).ino, ino);
  }),
);

Deno.test(
  "reload removes the Unix socket it drops",
  scene(async (scene) => {
    const path = scene.path("web.sock");
    const master = await scene.start({
      listen: ["127.0.0.1:0", `unix:${path}`],
    });
    master.expectFds(-1);
    scene.configure();
    await master.reload();
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  }),
);

Deno.test(
  "reload moves the pid file and the control socket",
  scene(async (scene) => {
    const master = await scene.start();
    scene.configure({ pid: "other.pid" });
    // The running master is still found where it was.
    const args = ["-g", "pid procmgr.pid;", "-s", "reload"];
    master.signal("SIGHUP");
    await master.ready(2);
    assertEquals(
      Deno.readTextFileSync(scene.path("other.pid")),
      `${master.pid}\n`,
    );
    for (const name of ["procmgr.pid", "procmgr.sock"]) {
      await assertRejects(
        () => Deno.lstat(scene.path(name)),
        Deno.errors.NotFound,
        undefined,
        name,
      );
    }
    await master.reload();
    assertEquals((await master.command(...args)).code, 1);
  }),
);

Deno.test(
  "reload moves the error log",
  scene(async (scene) => {
    const master = await scene.start();
    const other = scene.logAt("other.log");
    scene.configure({ error_log: { path: "other.log", level: "info" } });
    await master.reload();
    await other.expect(/generation 2 is ready/);
    const before = Deno.readTextFileSync(scene.path("error.log"));
    assert(!/generation 2 is ready/.test(before));
    await master.settled(2);
    const old = Deno.readTextFileSync(scene.path("error.log"));
    await master.reload();
    await other.expect(/generation 3 is ready/);
    assertEquals(Deno.readTextFileSync(scene.path("error.log")), old);
  }),
);

Deno.test(
  "a reload during a reload supersedes it",
  scene(async (scene) => {
    scene.useApp("app.ts", "hello.ts");
    const master = await scene.start({ app: "./app.ts" });
    scene.useApp("app.ts", "slow_boot.ts");
    const first = master.tryReload();
    await master.log.expect(/start worker process \d+ slot=\d+ gen=2/, 2);
    scene.useApp("app.ts", "hello.ts");
    master.signal("SIGHUP");
    await master.log.expect(/generation 2 is given up for a newer reload/);
    await master.ready(3);
    // Whoever waited for the first has what the second brought.
    assertEquals((await first).code, 0);
    await master.settled(2);
    const { headers } = await master.request();
    assertEquals(headers.get("x-generation"), "3");
    assertEquals(master.log.count(/generation 2 is ready/), 0);
  }),
);

Deno.test(
  "many SIGHUPs at once end in one generation of workers",
  scene(async (scene) => {
    const master = await scene.start();
    for (let count = 0; count < 25; count++) {
      master.signal("SIGHUP");
      if (count % 5 === 0) await master.request();
    }
    await master.reload();
    const workers = await master.settled(2);
    assert(
      workers.includes(Number((await master.request()).headers.get("x-pid"))),
    );
  }),
);

Deno.test(
  "SIGHUP while the master starts is a reload after that",
  scene(async (scene) => {
    scene.configure({ app: "slow_boot.ts" });
    const master = scene.spawn();
    await master.log.expect(/start worker process \d+ slot=1/);
    master.signal("SIGHUP");
    await master.ready(1);
    await master.ready(2);
    await master.settled(2);
    // Taken while the workers of both generations lived.
    master.expectFds(undefined);
  }),
);

Deno.test(
  "worker_generations terminates the oldest of too many that drain",
  scene(async (scene) => {
    const master = await scene.start({
      app: "slow_response.ts",
      worker_processes: 1,
      worker_generations: 1,
      worker_shutdown_timeout: "60s",
    });
    using first = await master.holdConnection();
    await first.send("/?ms=60000");
    await first.head();
    const [oldest = 0] = master.workers();
    await master.reload();
    using second = await master.holdConnection();
    await second.send("/?ms=2000");
    await second.head();
    await master.reload();
    await master.log.expect(
      new RegExp(`${oldest} belongs to the oldest of too many draining`),
    );
    await first.closed();
    // The younger one goes on and finishes.
    const body = await second.chunked();
    assertEquals(body.trimEnd().split("\n").length, 10);
    await master.settled(1);
  }),
);
