/**
 * An upgrade of PID 1: it cannot leave without ending the whole namespace, so
 * it passes signals on to the new master, follows that one's successor, and
 * ends with the last of them.
 */

import { assert, assertEquals } from "@std/assert";
import { IS_ROOT, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { childrenOf, titleOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

const UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc"];

/** PID 1 as the test's own namespace sees it. */
function initOf(master: Master): number {
  const [pid] = childrenOf(master.pid);
  assert(pid !== undefined, "nobody is in the namespace");
  return pid;
}

/** The masters below PID 1. */
function mastersOf(init: number): number[] {
  return childrenOf(init).filter((pid) =>
    titleOf(pid).startsWith("procmgr: master process")
  );
}

Deno.test({
  name: "PID 1 is upgraded twice and ends with the last master (needs root)",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    scene.configure();
    const master = scene.spawn({ prefix: UNSHARE });
    await master.ready();
    master.expectFds(undefined);
    const init = initOf(master);
    for (const nth of [1, 2]) {
      const outcome = await master.command("-s", "upgrade", "--wait");
      assertEquals(outcome.code, 0, outcome.stderr);
      await master.log.expect(
        /1#0: process \d+ is the master now, it gets all signals/,
        nth,
      );
      await until(() => mastersOf(init).length === 1, {
        what: "one master below PID 1",
      });
      assertEquals((await master.request()).status, 200);
    }
    // HUP to PID 1 reloads the service.
    Deno.kill(init, "SIGHUP");
    await master.log.expect(/generation 2 is ready/);
    assertEquals((await master.request()).status, 200);
    Deno.kill(init, "SIGTERM");
    assertEquals(await master.ended(), { kind: "code", code: 0 });
  }),
});

Deno.test({
  name: "PID 1 backs an upgrade out when the new master dies (needs root)",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    scene.configure();
    const master = scene.spawn({ prefix: UNSHARE });
    await master.ready();
    const init = initOf(master);
    Deno.kill(init, "SIGUSR2");
    await master.log.expect(/new binary process \d+ is ready/);
    const [young] = mastersOf(init);
    assert(young !== undefined, "no new master");
    Deno.kill(young, "SIGKILL");
    await master.log.expectAlert(/new binary process \d+ exited on signal 9/);
    await master.log.expect(/no upgrade, generation 1 goes on/);
    assertEquals((await master.request()).status, 200);
    Deno.kill(init, "SIGTERM");
    assertEquals(await master.ended(), { kind: "code", code: 0 });
  }),
});

Deno.test({
  name: "PID 1 ends with the exit code of the new master (needs root)",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    scene.configure();
    const master = scene.spawn({ prefix: UNSHARE });
    await master.ready();
    const init = initOf(master);
    assertEquals((await master.command("-s", "upgrade", "--wait")).code, 0);
    await master.log.expect(/1#0: process \d+ is the master now/);
    const [young] = mastersOf(init);
    assert(young !== undefined, "no new master");
    // The kernel ends whoever is left when PID 1 has left.
    scene.spare("procmgr.pid", "procmgr.sock");
    Deno.kill(young, "SIGKILL");
    assertEquals(await master.ended(), { kind: "code", code: 137 });
  }),
});
