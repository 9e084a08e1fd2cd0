/**
 * Upgrades, WINCH and the ways back as stories on the simulated machine, each
 * checked by every rule of the simulator at every step.
 */

import { assertEquals } from "@std/assert";
import { toMilliseconds } from "../../src/base/unit.ts";
import type { Fault } from "./fault.ts";
import { Story } from "./story.ts";

/** A machine on which these faults always happen. */
function machineWith(...faults: readonly Fault[]): {
  readonly hits: (fault: Fault) => boolean;
} {
  return { hits: (fault) => faults.includes(fault) };
}

Deno.test("WINCH and HUP lose nobody who waits, even with fewer workers", () => {
  const story = Story.running({ workers: 3 });
  story.load(50);
  story.pass(20);
  story.signal("SIGWINCH");
  story.settles();
  assertEquals(story.phases(), ["vacant", "vacant", "vacant"]);
  story.load(50);
  story.pass(100);
  story.edit({ workers: 1 });
  story.signal("SIGHUP");
  story.settles();
  assertEquals(story.generation, 2);
  assertEquals([story.counts.accepted, story.counts.lost], [100, 0]);
});

Deno.test("an upgrade that is waited for ends with the old master gone", () => {
  const story = Story.running();
  story.load(200);
  const token = story.ask("upgrade");
  story.exits();
  assertEquals(story.answer(token), true);
  assertEquals(story.exitCode, 0);
  assertEquals(story.sim.os.successor.owner, "new");
  assertEquals(story.counts.lost, 0);
});

Deno.test("a new master that dies at any moment leaves all as before", () => {
  for (let afterMs = 0; afterMs < 40; afterMs++) {
    const story = Story.running();
    const workers = [story.child(0), story.child(1)];
    story.load(60);
    story.signal("SIGUSR2");
    story.pass(afterMs);
    story.sim.os.successor.die({ kind: "signal", signal: "SIGKILL" });
    story.pass(60);
    // It may have been executed after that moment.
    story.sim.os.successor.die({ kind: "code", code: 0 });
    story.settles();
    assertEquals([story.child(0), story.child(1)], workers, `${afterMs}`);
    assertEquals(story.sim.os.successor.owner, "old");
    assertEquals(story.counts.lost, 0);
  }
});

Deno.test("a new master that dies after WINCH brings the workers back", () => {
  for (let afterMs = 0; afterMs < 10; afterMs++) {
    const story = Story.running();
    story.signal("SIGUSR2");
    story.until("it is ready", () => story.said("upgradeReady") === 1);
    story.load(40);
    story.signal("SIGWINCH");
    story.pass(afterMs);
    story.sim.os.successor.die({ kind: "code", code: 1 });
    story.settles();
    assertEquals(story.said("upgradeBackedOut"), 1);
    assertEquals(story.counts.lost, 0);
  }
});

Deno.test("an upgrade with no program, or no room for .oldbin, is refused", () => {
  for (const fault of ["oldbinRefused", "upgradeRefused"] as const) {
    const story = Story.running({ conditions: machineWith(fault) });
    const workers = [story.child(0), story.child(1)];
    const token = story.ask("upgrade");
    story.settles();
    assertEquals(story.answer(token), false, fault);
    assertEquals([story.child(0), story.child(1)], workers, fault);
    assertEquals(story.sim.os.successor.owner, "old");
  }
});

Deno.test("a new master that hangs and ignores TERM is killed", () => {
  const story = Story.running({
    startupTimeoutMs: 2000,
    policy: { upgradeGraceMs: toMilliseconds(1000) },
    conditions: machineWith("upgradeHangs", "terminateIgnored"),
  });
  const begun = story.now;
  const token = story.ask("upgrade");
  story.until("an answer", () => story.answer(token) !== undefined);
  assertEquals(story.answer(token), false);
  // 3 s to be ready, 3150 ms to terminate.
  assertEquals(Math.round((story.now - begun) / 100), 62);
  story.settles();
});

Deno.test("a reload in the middle of an upgrade takes it back", () => {
  const story = Story.running();
  const upgrade = story.ask("upgrade");
  story.until("it is ready", () => story.said("upgradeReady") === 1);
  const reload = story.ask("reload");
  story.until("answers", () => story.answer(reload) !== undefined);
  assertEquals([story.answer(upgrade), story.answer(reload)], [false, false]);
  story.settles();
  assertEquals(story.generation, 1);
  story.signal("SIGQUIT");
  story.exits();
  assertEquals(story.sim.os.successor.owner, "new");
});

Deno.test("quit at any moment of an upgrade leaves one owner of the name", () => {
  for (let afterMs = 0; afterMs < 30; afterMs++) {
    const story = Story.running();
    story.signal("SIGUSR2");
    story.pass(afterMs);
    story.signal("SIGQUIT");
    story.exits();
    const { isAlive, owner } = story.sim.os.successor;
    assertEquals(owner, isAlive ? "new" : "old", `${afterMs}`);
  }
});

Deno.test("PID 1 passes signals on after its upgrade and ends with the new", () => {
  const story = Story.running({ policy: { isInit: true } });
  story.ask("upgrade");
  story.until("relaying", () => story.mode === "relaying");
  assertEquals(story.exitCode, undefined);
  story.signal("SIGHUP");
  story.pass(1000);
  assertEquals(story.mode, "relaying");
  story.signal("SIGQUIT");
  story.exits();
  assertEquals(story.exitCode, 0);
});
