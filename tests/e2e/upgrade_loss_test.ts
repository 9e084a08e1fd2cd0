/**
 * No request is lost in upgrades, in upgrades that fail, and when the new
 * master is killed in the middle of one. `PROCMGR_TEST_UPGRADES=20` does as
 * many of each.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { scene } from "../support/harness.ts";
import { readText } from "../support/log.ts";
import { assertNothingLost, Load } from "../support/load.ts";
import type { Master } from "../support/master.ts";
import { until } from "../support/until.ts";

const UPGRADES = Number(Deno.env.get("PROCMGR_TEST_UPGRADES") || 3);

for (const mode of ["keepalive", "close"] as const) {
  Deno.test(
    `${UPGRADES} upgrades lose no request, mode ${mode}`,
    scene(async (scene) => {
      let master = await scene.start({ keepalive_drain: "5s" });
      await using load = await Load.start({ port: master.port(), mode });
      for (let count = 0; count < UPGRADES; count++) {
        const outcome = await master.command("-s", "upgrade", "--wait");
        assertEquals(outcome.code, 0, outcome.stderr);
        const next: Master = await scene.successor(master);
        await master.ended();
        master = next;
      }
      const report = await load.stop();
      assertNothingLost(report);
      assertGreater(report.answered, UPGRADES);
      await master.settled(2);
    }),
  );
}

Deno.test(
  `${UPGRADES} failed upgrades lose no request`,
  scene(async (scene) => {
    const master = await scene.start(
      { keepalive_drain: "5s" },
      { link: "program" },
    );
    const workers = master.workers();
    const port = master.port();
    await using load = await Load.start({ port, mode: "keepalive" });
    Deno.removeSync(scene.path("program"));
    const text = "#!/bin/sh\nkill -ABRT $$\n";
    Deno.writeTextFileSync(scene.path("program"), text, { mode: 0o755 });
    scene.announce(/new binary process \d+ exited on signal 6/);
    for (let count = 0; count < UPGRADES; count++) {
      const outcome = await master.command("-s", "upgrade", "--wait");
      assertEquals(outcome.code, 1);
    }
    assertNothingLost(await load.stop());
    assertEquals(await master.settled(2), workers);
  }),
);

for (const moment of ["starts", "serves", "alone serves"] as const) {
  Deno.test(
    `${UPGRADES} new masters killed while one ${moment} lose no request`,
    scene(async (scene) => {
      const master = await scene.start({ keepalive_drain: "5s" });
      const port = master.port();
      await using load = await Load.start({ port, mode: "keepalive" });
      scene.announce(/new binary process \d+ exited on signal 9/);
      for (let nth = 1; nth <= UPGRADES; nth++) {
        master.signal("SIGUSR2");
        const line = await master.log.expect(
          moment === "starts"
            ? /start new binary process \d+/
            : /new binary process \d+ is ready/,
          nth,
        );
        const pid = Number(/process (\d+)/.exec(line)?.[1]);
        if (moment === "alone serves") {
          master.signal("SIGWINCH");
          await until(() => master.workers().length === 0, {
            what: "no old workers",
          });
        }
        Deno.kill(pid, "SIGKILL");
        await master.log.expect(/no upgrade, generation 1 goes on/, nth);
        await until(() => master.workers().length === 2, {
          what: "the old workers",
        });
      }
      assertNothingLost(await load.stop());
      const pidFile = scene.path("procmgr.pid");
      assertEquals(readText(pidFile), `${master.pid}\n`);
      await master.settled(2);
    }),
  );
}
