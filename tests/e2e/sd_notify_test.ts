/** What a real notify socket hears of a real master. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { monotonicUsec } from "../../src/os/sd_notify.ts";
import { scene } from "../support/harness.ts";
import { DONE } from "../support/master.ts";
import { NotifySocket } from "../support/notify_socket.ts";

const APP = `export default {
  fetch: () => new Response(String(Deno.env.get("NOTIFY_SOCKET"))),
};\n`;

Deno.test(
  "a service manager hears of the start, reloads, life and the end",
  scene(async (scene) => {
    using socket = new NotifySocket(scene.path("notify"));
    scene.spare("notify");
    const app = scene.write("app.ts", APP);
    scene.configure({ app });
    const master = scene.spawn({
      env: { NOTIFY_SOCKET: socket.address, WATCHDOG_USEC: "200000" },
    });
    const ready = await socket.expect(/^READY=1\n/);
    assertEquals(master.log.count(/generation 1 is ready/), 1);
    assertMatch(
      socket.messages[ready] ?? "",
      new RegExp(`MAINPID=${master.pid}\nSTATUS=generation 1, workers: 2 of 2`),
    );
    await master.ready();
    // A worker is not the service manager's business, nor the other way round.
    assertEquals((await master.request()).body, "undefined");
    const watched = await socket.expect(/^WATCHDOG=1$/);
    await socket.expect(/^WATCHDOG=1$/, watched + 1);

    const askedUsec = monotonicUsec();
    master.signal("SIGHUP");
    const begun = await socket.expect(/^RELOADING=1\n/);
    const text = socket.messages[begun] ?? "";
    const usec = Number(/MONOTONIC_USEC=([0-9]+)/.exec(text)?.[1]);
    assert(usec >= askedUsec && usec <= monotonicUsec(), text);
    const done = await socket.expect(/^READY=1\nSTATUS=generation 2/, begun);

    scene.announce(/\[emerg\].*procmgr\.jsonc:1:\d+: syntax error/);
    scene.write("procmgr.jsonc", "{ nonsense");
    master.signal("SIGHUP");
    await socket.expect(/^RELOADING=1\n/, done);
    await socket.expect(/^READY=1\n.*reload failed: .*procmgr\.jsonc:1/, done);

    master.signal("SIGQUIT");
    assertEquals(await master.ended(), DONE);
    await socket.expect(/^STOPPING=1\n/);
    await socket.expect(/STATUS=stopped/);
  }),
);

Deno.test(
  "after an upgrade the service manager hears the new master",
  scene(async (scene) => {
    using socket = new NotifySocket(`@procmgr/${crypto.randomUUID()}`);
    const env = {
      NOTIFY_SOCKET: socket.address,
      WATCHDOG_USEC: "200000",
    };
    const old = await scene.start({}, { env });
    const upgraded = old.command("--signal", "upgrade", "--wait");
    const young = await scene.successor(old);
    assertEquals((await upgraded).code, 0);
    assertEquals(await old.ended(), DONE);
    const named = await socket.expect(new RegExp(`MAINPID=${young.pid}`));
    const heir = await socket.expect(
      new RegExp(`^READY=1\nMAINPID=${young.pid}\nSTATUS=generation 1,`),
      named,
    );
    // The old one never stopped, and the new one said nothing too early.
    assertEquals(socket.messages.filter((one) => /STOPPING/.test(one)), []);
    await socket.expect(/^WATCHDOG=1$/, heir);
    await young.stop();
    await socket.expect(/^STOPPING=1\n/);
  }),
);

Deno.test(
  "a notify socket that is not there is a warning, and no more",
  scene(async (scene) => {
    const env = { NOTIFY_SOCKET: scene.path("nobody") };
    const master = await scene.start({ worker_processes: 1 }, { env });
    await master.log.expect(/\[warn\].*NOTIFY_SOCKET ".*" failed \(2: No such/);
    await master.reload();
    assertEquals(master.log.count(/#0: .*NOTIFY_SOCKET/), 1);
  }),
);
