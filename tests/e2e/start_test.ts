/** A start says what it did, and says ready when it serves. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fixturePath } from "../support/config.ts";
import { ask } from "../support/http_client.ts";
import { scene } from "../support/harness.ts";
import { fdsOf, titleOf } from "../support/proc.ts";

Deno.test(
  "start says the version, the address, its workers and ready, in order",
  scene(async (scene) => {
    const master = await scene.start({ worker_processes: 2 });
    const lines = master.log.text.split("\n");
    const order = [
      /\[notice\] \d+#0: procmgr\/\d/,
      /listening on 127\.0\.0\.1:[1-9]\d*$/,
      /start worker processes$/,
      /start worker process \d+ slot=0 gen=1 pid=\d+$/,
      /start worker process \d+ slot=1 gen=1 pid=\d+$/,
      /generation 1 is ready, 2 workers$/,
    ].map((pattern) => lines.findIndex((line) => pattern.test(line)));
    assertEquals(order, order.toSorted((a, b) => a - b));
    assert(!order.includes(-1), master.log.text);
    assertEquals(master.workers().length, 2);
  }),
);

Deno.test(
  "start answers requests when it says ready",
  scene(async (scene) => {
    const master = await scene.start();
    const { status, body, headers } = await master.request();
    assertEquals([status, body], [200, "Hello World\n"]);
    assert(master.workers().includes(Number(headers.get("x-pid"))));
    assertEquals(headers.get("x-generation"), "1");
  }),
);

Deno.test(
  "start writes its pid into a file that it keeps locked",
  scene(async (scene) => {
    const master = await scene.start();
    const path = scene.path("procmgr.pid");
    assertEquals(Deno.readTextFileSync(path), `${master.pid}\n`);
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o644);
    const { ino } = Deno.statSync(path);
    // major:minor:inode in hex and decimal: man 5 proc, /proc/locks
    const locks = Deno.readTextFileSync("/proc/locks");
    assertMatch(locks, new RegExp(`FLOCK.* ${master.pid} .*:${ino} `));
  }),
);

Deno.test(
  "start makes a control socket for its own user alone",
  scene(async (scene) => {
    await scene.start();
    const { mode, isSocket } = Deno.lstatSync(scene.path("procmgr.sock"));
    assertEquals([(mode ?? 0) & 0o777, isSocket], [0o600, true]);
  }),
);

Deno.test(
  "start shows nginx's titles in ps",
  scene(async (scene) => {
    const master = await scene.start();
    assertEquals(
      titleOf(master.pid),
      `procmgr: master process -p ${scene.folder}`,
    );
    for (const pid of master.workers()) {
      assertEquals(titleOf(pid), "procmgr: worker process");
    }
  }),
);

Deno.test(
  "start serves an app that is named on the command line",
  scene(async (scene) => {
    const master = scene.spawn({
      args: [
        fixturePath("hello.ts"),
        "-g",
        "listen 127.0.0.1:0; worker_processes 1;",
      ],
      logs: [],
    });
    await master.ready();
    const { body } = await ask({ port: master.port() });
    assertEquals(body, "Hello World\n");
    assertEquals(master.workers().length, 1);
  }),
);

Deno.test(
  "start serves on IPv6 and IPv4 at once",
  scene(async (scene) => {
    const master = await scene.start({ listen: ["[::1]:0", "127.0.0.1:0"] });
    const six = await ask({ hostname: "::1", port: master.port(0) });
    const four = await ask({ port: master.port(1) });
    assertEquals([six.body, four.body], ["Hello World\n", "Hello World\n"]);
  }),
);

Deno.test(
  "start serves on a Unix socket with the mode that was asked for",
  scene(async (scene) => {
    const path = scene.path("web.sock");
    const listen = { address: `unix:${path}`, mode: "0600" };
    await scene.start({ listen });
    assertEquals((await ask({ path })).body, "Hello World\n");
    assertEquals((Deno.lstatSync(path).mode ?? 0) & 0o777, 0o600);
  }),
);

Deno.test(
  "start runs two pools, each with its app, listener and title",
  scene(async (scene) => {
    const master = await scene.start({
      worker_processes: 1,
      pools: {
        web: { app: "hello.ts", listen: "127.0.0.1:0" },
        slow: {
          app: "slow_response.ts",
          listen: "127.0.0.2:0",
          worker_processes: 2,
        },
      },
    });
    assertEquals((await master.request("/", 0)).headers.get("x-pool"), "web");
    const target = { hostname: "127.0.0.2", port: master.port(1) };
    assertMatch((await ask(target, "/?ms=1")).body, /^piece 0\n/);
    assertEquals(master.workers().map(titleOf).sort(), [
      "procmgr: worker process slow",
      "procmgr: worker process slow",
      "procmgr: worker process web",
    ]);
  }),
);

Deno.test(
  "start gives a worker no sockets but its own",
  scene(async (scene) => {
    const master = await scene.start({
      listen: "127.0.0.1:0",
      worker_processes: 3,
    });
    const ofMaster = new Set(fdsOf(master.pid).values());
    const shared = master.workers().map((pid) =>
      [...fdsOf(pid).values()].filter((target) =>
        target.startsWith("socket:") && ofMaster.has(target)
      )
    );
    // One listening socket each, and no two the same.
    assertEquals(shared.map((sockets) => sockets.length), [1, 1, 1]);
    assertEquals(new Set(shared.flat()).size, 3);
  }),
);

Deno.test(
  "start keeps its own output apart from the apps'",
  scene(async (scene) => {
    const master = await scene.start({ app: "chatty_stdout.ts" });
    assertEquals((await master.request()).body, "said\n");
    const stdout = Deno.readTextFileSync(scene.path("master_1.stdout"));
    const stderr = Deno.readTextFileSync(scene.path("master_1.stderr"));
    assertEquals(stdout.match(/^out \d+\.+$/gm)?.length, 4096);
    assertEquals(stderr.match(/^err \d+\.+$/gm)?.length, 4096);
    const log = Deno.readTextFileSync(scene.path("error.log"));
    assert(!/^(?:out|err) /m.test(log));
  }),
);
