/**
 * A reload that fails changes nothing: the same workers serve, the command
 * exits with 1 and says why.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { fdsOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

/** A reload that must fail and leave these workers alone. */
async function assertKept(
  master: Master,
  reason: RegExp,
  workers = master.workers(),
): Promise<void> {
  const { code, stdout, stderr } = await master.tryReload();
  assertEquals([code, stdout], [1, ""], stderr);
  assertMatch(stderr, /^procmgr: \[error\] .+\n$/);
  assertMatch(stderr, reason);
  assertMatch(master.log.text, /reload failed, generation \d+ goes on: /);
  assertEquals(await master.settled(workers.length), workers);
  assertEquals((await master.request()).status, 200);
}

Deno.test(
  "reload of a broken configuration says the place and changes nothing",
  scene(async (scene) => {
    const master = await scene.start();
    scene.write("procmgr.jsonc", '{\n  "app": "./app.ts",\n  "listn": 80\n}\n');
    scene.announce(/procmgr\.jsonc:2:3: /, /procmgr\.jsonc:3:3: .*"listen"/);
    const workers = master.workers();
    const { code, stderr } = await master.tryReload();
    assertEquals(code, 1);
    assertMatch(stderr, /procmgr\.jsonc:3:3: unknown directive "listn"/);
    assertEquals(master.workers(), workers);
    // The command itself read the file; the master has to as well.
    master.signal("SIGHUP");
    await master.log.expectAlert(/\d#0: .*procmgr\.jsonc:3:3: /);
    await master.log.expect(/reload failed, generation 1 goes on: /);
    assertEquals(master.workers(), workers);
    assertEquals((await master.request()).status, 200);
    scene.configure();
  }),
);

Deno.test(
  "a configuration broken between two reloads: the second one is good",
  scene(async (scene) => {
    const master = await scene.start();
    scene.write("procmgr.jsonc", "{");
    master.signal("SIGHUP");
    await master.log.expectAlert(/procmgr\.jsonc:1:\d+: /);
    await master.log.expect(/reload failed, generation 1 goes on: /);
    scene.configure();
    await master.reload();
    assertEquals((await master.request()).headers.get("x-generation"), "3");
  }),
);

for (
  const [fixture, reason, said] of [
    [
      "throw_at_boot.ts",
      /exited with code 2 before .*: app ".*" failed to start: RangeError: broken/,
      /app\.ts" failed to start: RangeError: broken on purpose/,
    ],
    [
      "no_fetch.ts",
      /exited with code 2 before .*: app ".*" must export default \{ fetch \}/,
      /app\.ts" must export default \{ fetch \}/,
    ],
    [
      "exit_at_boot.ts",
      /worker process \d+ exited with code 1 before every worker was ready/,
      undefined,
    ],
  ] as const
) {
  Deno.test(
    `reload to ${fixture} keeps the old workers`,
    scene(async (scene) => {
      const master = await startWith(scene, "hello.ts");
      scene.useApp("app.ts", fixture);
      if (said !== undefined) scene.announce(said);
      await assertKept(master, reason);
      scene.useApp("app.ts", "hello.ts");
      await master.reload();
    }),
  );
}

Deno.test(
  "reload to an app that is never ready keeps the old workers",
  scene(async (scene) => {
    scene.useApp("app.ts", "hello.ts");
    const master = await scene.start({ app: "./app.ts" });
    scene.configure({ app: "./app.ts", worker_startup_timeout: "1s" });
    scene.useApp("app.ts", "never_ready.ts");
    await assertKept(master, /not every worker was ready within 1000ms/);
  }),
);

Deno.test(
  "reload to an app whose file is gone keeps the old workers",
  scene(async (scene) => {
    const master = await startWith(scene, "hello.ts");
    const workers = master.workers();
    Deno.removeSync(scene.path("app.ts"));
    master.signal("SIGHUP");
    await master.log.expectAlert(/app\.ts" failed \(2: No such file/);
    await master.log.expect(/reload failed, generation 1 goes on: /);
    assertEquals(master.workers(), workers);
    scene.useApp("app.ts", "hello.ts");
  }),
);

Deno.test(
  "reload with one address in use is refused as a whole",
  scene(async (scene) => {
    const master = await scene.start();
    using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const listen = [
      "127.0.0.1:0",
      "127.0.0.2:0",
      `127.0.0.1:${other.addr.port}`,
    ];
    scene.configure({ listen });
    scene.announce(
      /bind\(\) to .* failed \(98: /,
      /still could not bind\(\)/,
    );
    await assertKept(master, /still could not bind\(\)/);
    assertEquals(master.log.count(/listening on .*127\.0\.0\.2/), 0);
    const { headers } = await master.request();
    assertEquals(headers.get("x-generation"), "1");
  }),
);

Deno.test(
  "reload takes an address that becomes free meanwhile",
  scene(async (scene) => {
    const master = await scene.start();
    const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = other.addr;
    scene.configure({ listen: ["127.0.0.1:0", `127.0.0.1:${port}`] });
    const reloading = master.reload();
    await master.log.expectAlert(/bind\(\) to .* failed \(98: /);
    // It serves while it waits.
    assertEquals((await master.request()).status, 200);
    other.close();
    await reloading;
    assertEquals(master.port(1), port);
    assertEquals((await master.request("/", 1)).status, 200);
    // Two sockets more: one per worker.
    master.expectFds(2);
  }),
);

Deno.test(
  "reload to the pid file of another master is refused",
  scene(async (scene) => {
    const other = await scene.start({ pid: "other.pid" });
    const args = ["-p", scene.folder, "-c", "second.jsonc"];
    const listen = "127.0.0.2:0";
    writeSecond(scene, { listen, pid: "second.pid" });
    const master = scene.spawn({ args, logs: ["second.log"] });
    scene.logAt("second.log");
    await master.ready();
    writeSecond(scene, { listen, pid: "other.pid" });
    master.signal("SIGHUP");
    await master.log.expectAlert(
      new RegExp(`another master runs, process ${other.pid}`),
    );
    await master.log.expect(/reload failed, generation 1 goes on: /);
    assertEquals(
      Deno.readTextFileSync(scene.path("second.pid")),
      `${master.pid}\n`,
    );
    assertEquals((await other.reload()).code, 0);
  }),
);

Deno.test(
  "twenty failed reloads leak no descriptor and no process",
  scene(async (scene) => {
    const master = await startWith(scene, "hello.ts");
    const before = fdsOf(master.pid).size;
    scene.write("procmgr.jsonc", '{ "listen": "127.0.0.1:70000" }');
    scene.announce(/procmgr\.jsonc/);
    for (let count = 1; count <= 20; count++) {
      master.signal("SIGHUP");
      await master.log.expect(/reload failed, generation 1 goes on: /, count);
    }
    await until(() => fdsOf(master.pid).size === before, {
      what: "as many descriptors as before",
    });
    assert(master.children().length === 2);
  }),
);

async function startWith(scene: Scene, fixture: string): Promise<Master> {
  scene.useApp("app.ts", fixture);
  return await scene.start({ app: "./app.ts" });
}

function writeSecond(
  scene: Scene,
  config: { readonly listen: string; readonly pid: string },
): void {
  const { folder } = scene;
  scene.configure({
    ...config,
    error_log: { path: "second.log", level: "info" },
  });
  Deno.renameSync(`${folder}/procmgr.jsonc`, `${folder}/second.jsonc`);
  scene.configure({ pid: "other.pid" });
}
