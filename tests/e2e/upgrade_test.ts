/**
 * A new master takes over, by hand as nginx's operators do it and by one
 * command that waits; and the ways back.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { scene } from "../support/harness.ts";
import { readText } from "../support/log.ts";
import { DONE } from "../support/master.ts";
import { isAlive, statOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

const REFUSED = /\[crit\] .*the changing binary signal is ignored: you should/;

Deno.test(
  "SIGUSR2, SIGWINCH and SIGQUIT replace the master",
  scene(async (scene) => {
    const old = await scene.start();
    const workers = old.workers();
    const pidFile = scene.path("procmgr.pid");
    old.signal("SIGUSR2");
    const young = await scene.successor(old);
    assertEquals(readText(pidFile), `${young.pid}\n`);
    assertEquals(readText(`${pidFile}.oldbin`), `${old.pid}\n`);
    assertEquals(statOf(young.pid)?.parent, old.pid);
    assertEquals((await young.settled(2)).length, 2);
    assertEquals(old.workers(), workers);
    // Neither takes a second one.
    old.signal("SIGUSR2");
    await old.log.expect(REFUSED, 1);
    young.signal("SIGUSR2");
    await old.log.expect(REFUSED, 2);
    old.signal("SIGWINCH");
    await until(() => old.workers().length === 0, { what: "no old workers" });
    assertEquals((await old.request()).status, 200);
    old.signal("SIGQUIT");
    assertEquals(await old.ended(), DONE);
    await old.log.expect(/old binary process is gone/);
    assertEquals(readText(`${pidFile}.oldbin`), "");
    assertEquals(readText(pidFile), `${young.pid}\n`);
    assertEquals((await young.request()).status, 200);
    await young.reload();
    await young.settled(2);
  }),
);

Deno.test(
  "an upgrade that is waited for ends with the new master alone",
  scene(async (scene) => {
    const old = await scene.start();
    const port = old.port();
    const outcome = await old.command("--signal", "upgrade", "--wait");
    assertEquals(outcome.code, 0, outcome.stderr);
    const young = await scene.successor(old);
    assertMatch(
      outcome.stderr,
      new RegExp(`process ${young.pid} is the master now`),
    );
    assertEquals(await old.ended(), DONE);
    assertEquals((await young.request()).status, 200);
    assertEquals(young.port(), port);
    // And once more, from the new one.
    assertEquals(
      (await young.command("--signal", "upgrade", "--wait")).code,
      0,
    );
    const third = await scene.successor(young);
    assertEquals(await young.ended(), DONE);
    assertEquals((await third.request()).status, 200);
    await third.settled(2);
  }),
);

Deno.test(
  "an upgrade lets a running request finish and answers a waiting one",
  scene(async (scene) => {
    const old = await scene.start({
      app: "slow_response.ts",
      worker_processes: 1,
    });
    using held = await old.holdConnection();
    await held.send("/?ms=3000");
    await held.head();
    const upgrade = old.command("--signal", "upgrade", "--wait");
    const body = await held.chunked();
    assertEquals(body.trimEnd().split("\n").length, 10);
    assertEquals((await upgrade).code, 0);
    assertEquals(await old.ended(), DONE);
    const young = await scene.successor(old);
    assertEquals((await young.request("/?ms=1")).status, 200);
  }),
);

Deno.test(
  "HUP after WINCH brings the old workers back without reading anything",
  scene(async (scene) => {
    const old = await scene.start();
    const before = old.workers();
    old.signal("SIGUSR2");
    const young = await scene.successor(old);
    old.signal("SIGWINCH");
    await until(() => old.workers().length === 0, { what: "no old workers" });
    scene.write("procmgr.jsonc", "no configuration");
    old.signal("SIGHUP");
    await old.log.expect(/the configuration is not read during an upgrade/);
    await until(() => old.workers().length === 2, { what: "old workers" });
    assertEquals(old.log.count(/: reconfiguring$/), 0);
    young.signal("SIGQUIT");
    await young.ended();
    await old.log.expect(
      new RegExp(`new binary process ${young.pid} exited with code 0`),
    );
    await old.log.expect(/no upgrade, generation 1 goes on/);
    const pidFile = scene.path("procmgr.pid");
    await until(() => readText(pidFile) === `${old.pid}\n`, {
      what: "the old name of the pid file",
    });
    assertEquals(readText(`${pidFile}.oldbin`), "");
    // All as before: respawn, reload, and another upgrade.
    const workers = await old.settled(2);
    assertNotEquals(workers, before);
    assertEquals((await old.request()).status, 200);
    scene.configure();
    await old.reload();
    assertEquals((await old.command("-s", "upgrade", "--wait")).code, 0);
    await scene.successor(old);
    assertEquals(await old.ended(), DONE);
  }),
);

for (const moment of ["before", "after"] as const) {
  Deno.test(
    `a new master killed ${moment} WINCH is noticed and all is as before`,
    scene(async (scene) => {
      const old = await scene.start();
      old.signal("SIGUSR2");
      const young = await scene.successor(old);
      const orphans = young.workers();
      if (moment === "after") {
        old.signal("SIGWINCH");
        await until(() => old.workers().length === 0, { what: "WINCH" });
      }
      young.signal("SIGKILL");
      await young.ended();
      await old.log.expectAlert(
        new RegExp(`new binary process ${young.pid} exited on signal 9`),
      );
      await until(() => old.workers().length === 2, { what: "old workers" });
      const pidFile = scene.path("procmgr.pid");
      await until(() => readText(pidFile) === `${old.pid}\n`, {
        what: "the old name of the pid file",
      });
      // The new one's workers do not stay (nginx's do: its weakness W16).
      await until(() => !orphans.some(isAlive), { what: "no orphans" });
      for (let count = 0; count < 20; count++) {
        assertEquals((await old.request()).status, 200);
      }
      await old.reload();
      await old.settled(2);
    }),
  );
}

Deno.test(
  "an old master killed in an upgrade leaves everything to the new one",
  scene(async (scene) => {
    const old = await scene.start({ listen: ["127.0.0.1:0", "unix:x.sock"] });
    old.signal("SIGUSR2");
    const young = await scene.successor(old);
    old.signal("SIGKILL");
    await old.ended();
    await old.log.expect(/old binary process is gone/);
    await young.settled(2);
    assertEquals((await young.request()).status, 200);
    // A stale .oldbin is no obstacle.
    assertEquals((await young.command("-s", "upgrade", "--wait")).code, 0);
    const third = await scene.successor(young);
    assertEquals(await young.ended(), DONE);
    assertEquals((await third.request()).status, 200);
    assertEquals(readText(scene.path("procmgr.pid.oldbin")), "");
  }),
);

Deno.test(
  "a Unix socket outlives the old master and a new one that dies",
  scene(async (scene) => {
    const old = await scene.start({ listen: ["127.0.0.1:0", "unix:x.sock"] });
    const path = scene.path("x.sock");
    const { ino } = Deno.lstatSync(path);
    const answers = async (): Promise<boolean> => {
      using client = await Deno.connect({ transport: "unix", path });
      const ask = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      await client.write(new TextEncoder().encode(ask));
      const answer = await new Response(client.readable).text();
      return answer.startsWith("HTTP/1.1 200");
    };
    for (const signal of ["SIGKILL", "SIGQUIT"] as const) {
      old.signal("SIGUSR2");
      const young = await scene.successor(old);
      young.signal(signal);
      await young.ended();
      await old.log.expect(
        new RegExp(`new binary process ${young.pid} exited`),
      );
      assertEquals(Deno.lstatSync(path).ino, ino);
      assert(await answers());
    }
    scene.announce(/new binary process \d+ exited on signal 9/);
    assertEquals((await old.command("-s", "upgrade", "--wait")).code, 0);
    const young = await scene.successor(old);
    assertEquals(await old.ended(), DONE);
    assertEquals(Deno.lstatSync(path).ino, ino);
    assert(await answers());
    await young.stop("SIGQUIT");
    assertEquals(readText(path), "");
  }),
);

Deno.test(
  "a new configuration takes effect with the new master",
  scene(async (scene) => {
    const old = await scene.start({
      worker_processes: 3,
      listen: [
        "127.0.0.1:0",
        "unix:gone.sock",
      ],
    });
    scene.configure({ worker_processes: 1, pid: "other.pid" });
    old.signal("SIGUSR2");
    const line = await old.log.expect(/new binary process \d+ is ready/);
    const pid = Number(/process (\d+) is ready/.exec(line)?.[1]);
    old.signal("SIGQUIT");
    assertEquals(await old.ended(), DONE);
    assertEquals(readText(scene.path("other.pid")), `${pid}\n`);
    assert(isAlive(pid));
    assertEquals(readText(scene.path("procmgr.pid")), "");
    await old.log.expect(/old binary process is gone/);
    await until(() => {
      try {
        Deno.lstatSync(scene.path("gone.sock"));
        return false;
      } catch {
        return true;
      }
    }, { what: "no socket of an address that is not wanted" });
    for (let count = 0; count < 20; count++) {
      assertEquals((await old.request()).status, 200);
    }
    const quit = await scene.run("-p", scene.folder, "-s", "quit", "--wait");
    assertEquals(quit.code, 0, quit.stderr);
  }),
);

Deno.test(
  "more workers come with the new master, and all of them serve",
  scene(async (scene) => {
    const old = await scene.start({ worker_processes: 1 });
    scene.configure({ worker_processes: 3 });
    assertEquals((await old.command("-s", "upgrade", "--wait")).code, 0);
    const young = await scene.successor(old);
    assertEquals(await old.ended(), DONE);
    const workers = await young.settled(3);
    const seen = new Set<string>();
    for (let count = 0; count < 300 && seen.size < 3; count++) {
      seen.add((await young.request()).headers.get("x-pid") ?? "");
    }
    assertEquals([...seen].map(Number).sort(), workers.toSorted());
  }),
);
