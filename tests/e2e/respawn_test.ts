/** Workers that end are replaced, and nobody notices but the log. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { scene } from "../support/harness.ts";
import { Load } from "../support/load.ts";
import type { Master } from "../support/master.ts";
import { fdsOf, isAlive } from "../support/proc.ts";
import { throughout, until } from "../support/until.ts";

/** Two workers again, and `old` is not one of them. */
async function replaced(master: Master, old: number): Promise<number[]> {
  await master.gone(old);
  return await master.settled(2);
}

Deno.test(
  "SIGKILL of a worker: it is replaced, the other one is not",
  scene(async (scene) => {
    const master = await scene.start();
    const [killed = 0, other = 0] = master.workers();
    Deno.kill(killed, "SIGKILL");
    await master.log.expectAlert(
      new RegExp(`\\[alert\\] .*${killed} exited on signal 9 slot=0 gen=1`),
    );
    const workers = await replaced(master, killed);
    assert(workers.includes(other));
    assert(!workers.includes(killed));
    assertEquals((await master.request()).status, 200);
    assertEquals(master.log.count(/start worker process \d+ slot=0 gen=1/), 2);
  }),
);

Deno.test(
  "SIGKILL of every worker at once: all are replaced",
  scene(async (scene) => {
    const master = await scene.start({ worker_processes: 3 });
    const old = master.workers();
    for (const pid of old) Deno.kill(pid, "SIGKILL");
    await master.log.expectAlert(/exited on signal 9/, 3);
    for (const pid of old) await master.gone(pid);
    await master.settled(3);
    assertEquals((await master.request()).status, 200);
  }),
);

Deno.test(
  "SIGKILL of the only worker under load: no connection is refused",
  scene(async (scene) => {
    const master = await scene.start({ worker_processes: 1 });
    const [killed = 0] = master.workers();
    await using load = await Load.start({ port: master.port(), mode: "close" });
    Deno.kill(killed, "SIGKILL");
    await master.log.expectAlert(/exited on signal 9/);
    await master.log.expect(/worker process \d+ is ready slot=/, 2);
    assertEquals((await master.request()).status, 200);
    const report = await load.stop();
    const { refused, timeout, failed } = report.lost;
    assertEquals([refused, timeout, failed], [0, 0, 0], `${report.examples}`);
    assertNotEquals(report.answered, 0);
  }),
);

Deno.test(
  "an app that throws where nobody catches it: said, and respawned",
  scene(async (scene) => {
    const master = await scene.start({ app: "crash_on_request.ts" });
    const pid = await crash(master, "/throw");
    await master.log.expectAlert(
      /\[emerg\] .*crash_on_request\.ts.*RangeError: broken on purpose/,
    );
    await master.log.expect(
      new RegExp(`\\[error\\] .*${pid} exited with code 1`),
    );
    await replaced(master, pid);
    assertEquals((await master.request()).body, "alive\n");
  }),
);

Deno.test(
  "exit code 2 is fatal: that worker is not started again until a reload",
  scene(async (scene) => {
    const master = await scene.start({ app: "crash_on_request.ts" });
    const pid = await crash(master, "/exit/2");
    await master.log.expectAlert(
      new RegExp(`${pid} exited with fatal code 2 and cannot be respawned`),
    );
    await master.gone(pid);
    await throughout(() => master.children().length === 1, {
      what: "one worker is not replaced",
      forMs: 700,
    });
    await master.reload();
    await master.settled(2);
  }),
);

Deno.test(
  "exit code 0 that nobody asked for is respawned",
  scene(async (scene) => {
    const master = await scene.start({ app: "crash_on_request.ts" });
    const pid = await crash(master, "/exit/0");
    await replaced(master, pid);
    assertEquals((await master.request()).body, "alive\n");
  }),
);

Deno.test(
  "a crash loop backs off, and a good reload ends it",
  scene(async (scene) => {
    scene.useApp("app.ts", "hello.ts");
    const master = await scene.start({
      app: "./app.ts",
      worker_processes: 1,
    });
    const port = master.port();
    scene.useApp("app.ts", "crash_after_boot.ts");
    await reloadOrNot(master);
    await master.log.expect(/is respawned in \d+ms after 3 failures/);
    // Unchecked, four seconds are enough for some thirty starts.
    const before = starts(master);
    await throughout(() => starts(master) - before < 8, {
      what: "few starts",
      forMs: 2000,
    });
    scene.useApp("app.ts", "hello.ts");
    await master.reload();
    await master.settled(1);
    assertEquals(master.port(), port);
    assertEquals((await master.request()).body, "Hello World\n");
    const delays = master.log.lines(/is respawned in/).map((line) =>
      Number(/in (\d+)ms/.exec(line)?.[1])
    );
    assert(
      delays.every((delay, index) => delay >= 125 * 2 ** index),
      `${delays}`,
    );
  }),
);

Deno.test(
  "a grandchild that holds the channel does not hide a worker's end",
  scene(async (scene) => {
    const master = await scene.start({ app: "fork_grandchild.ts" });
    const { body, headers } = await master.request("/?channel");
    const [grandchild, worker] = [Number(body), Number(headers.get("x-pid"))];
    try {
      Deno.kill(worker, "SIGKILL");
      await master.log.expectAlert(new RegExp(`${worker} exited on signal 9`));
      await replaced(master, worker);
      assert(isAlive(grandchild));
    } finally {
      Deno.kill(grandchild, "SIGKILL");
    }
  }),
);

Deno.test(
  "a worker's own children get neither the channel nor the listener",
  scene(async (scene) => {
    const master = await scene.start({ app: "fork_grandchild.ts" });
    const grandchild = Number((await master.request()).body);
    try {
      const fds = await until(() => {
        const fds = fdsOf(grandchild);
        return fds.size >= 3 && fds;
      }, { what: "the grandchild's descriptors" });
      const sockets = [...fds.values()].filter((to) => to.startsWith("socket"));
      assertEquals(sockets, []);
    } finally {
      Deno.kill(grandchild, "SIGKILL");
    }
  }),
);

/** A request that its worker does not survive; answers with its pid. */
async function crash(
  master: Master,
  path: string,
): Promise<number> {
  using connection = await master.holdConnection();
  const pid = Number((await connection.request()).headers.get("x-pid"));
  await connection.send(path);
  await connection.closed();
  return pid;
}

/** The new app may crash before or after the generation is accepted. */
async function reloadOrNot(master: Master): Promise<void> {
  const { code } = await master.tryReload();
  if (code !== 0) await reloadOrNot(master);
}

function starts(master: Master): number {
  return master.log.count(/start worker process \d+/);
}
