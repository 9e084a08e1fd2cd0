/**
 * Rare cases as stories on the simulated machine, each checked by every rule
 * of the simulator at every step. Where a random life found a fault in the
 * master, its shortest form is told here.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Exit } from "../../src/base/exit.ts";
import { toOrdinal } from "../../src/base/id.ts";
import { toMilliseconds } from "../../src/base/unit.ts";
import { systemError } from "./condition.ts";
import type { ChildScript } from "./sim_child.ts";
import { GOOD_SCRIPT } from "./sim_child.ts";
import { configOf, Story } from "./story.ts";

const FATAL: Exit = { kind: "code", code: 2 };
const FAILED: Exit = { kind: "code", code: 1 };
const CRASHED: Exit = { kind: "signal", signal: "SIGSEGV" };

/** Good workers, but for one generation. */
function scriptsOf(
  generation: number,
  script: Partial<ChildScript>,
): { readonly script: (request: { generation: number }) => ChildScript } {
  return {
    script: (request) =>
      request.generation === generation
        ? { ...GOOD_SCRIPT, ...script }
        : GOOD_SCRIPT,
  };
}

function dyingAt(
  at: "spawned" | "booting" | "ready",
  exit: Exit,
): Partial<ChildScript> {
  return { death: { at, afterMs: 1, exit } };
}

Deno.test("a start ends with every worker ready, and QUIT with nothing left", () => {
  const story = Story.running({ workers: 3 });
  assertEquals(story.generation, 1);
  assertEquals(story.phases(), ["serving", "serving", "serving"]);
  story.signal("SIGQUIT");
  story.exits();
  assertEquals(story.exitCode, 0);
});

Deno.test("a reload superseded by a reload ends with the newest", () => {
  const story = Story.running();
  const first = story.ask("reload");
  story.until("generation 2 boots", () => story.processes().length === 4);
  const second = story.ask("reload");
  story.settles();
  assertEquals(story.generation, 3);
  assertEquals([story.answer(first), story.answer(second)], [true, true]);
  assertEquals(story.said("changeoverSuperseded"), 1);
  assertEquals(story.said("generationReady"), 2);
});

Deno.test("a reload whose new workers crash leaves the old ones alone", () => {
  for (const at of ["spawned", "booting", "ready"] as const) {
    const story = Story.running({
      conditions: scriptsOf(2, dyingAt(at, CRASHED)),
    });
    const old = [story.child(0), story.child(1)];
    const token = story.ask("reload");
    story.settles();
    assertEquals(story.generation, 1, at);
    assertEquals(story.answer(token), false, at);
    assertEquals([story.child(0), story.child(1)], old, at);
  }
});

Deno.test("a reload whose new workers never become ready is given up", () => {
  const story = Story.running({
    startupTimeoutMs: 2000,
    conditions: scriptsOf(2, { bootMs: undefined, isObedient: false }),
  });
  const begun = story.now;
  const token = story.ask("reload");
  story.until("an answer", () => story.answer(token) !== undefined);
  assertEquals(story.answer(token), false);
  assertEquals(story.now - begun, 2003);
  // They ignore terminate, too: the ladder ends them.
  story.settles();
  assertEquals(story.generation, 1);
  assertEquals(story.said("terminateIgnored"), 2);
});

Deno.test("quit during a reload drains both generations and ends", () => {
  const story = Story.running();
  const token = story.ask("reload");
  story.until("generation 2 boots", () => story.processes().length === 4);
  story.signal("SIGQUIT");
  story.exits(1000);
  assertEquals(story.exitCode, 0);
  assertEquals(story.answer(token), false);
});

Deno.test("terminate during quit ends those who drain for ever", () => {
  const story = Story.running({
    conditions: { script: () => ({ ...GOOD_SCRIPT, drainMs: undefined }) },
  });
  const token = story.ask("quit");
  story.pass(60_000);
  assertEquals(story.mode, "quitting");
  story.signal("SIGTERM");
  story.exits(100);
  assertEquals(story.answer(token), true);
});

Deno.test("a worker that dies between ready and commit fails the reload", () => {
  let spawned = 0;
  const story = Story.running({
    conditions: {
      // The second worker of generation 2 takes its time.
      script: ({ generation, ordinal }) => {
        spawned += 1;
        return generation === 2 && ordinal === 1
          ? { ...GOOD_SCRIPT, bootMs: 1000 }
          : GOOD_SCRIPT;
      },
    },
  });
  const token = story.ask("reload");
  story.until("one is ready", () => story.said("workerReady") === 3);
  story.child(0, 2).die(CRASHED);
  story.settles();
  assertEquals(story.generation, 1);
  assertEquals(story.answer(token), false);
  assertEquals(spawned, 4);
});

Deno.test("a late message of a pid's former owner changes nothing", () => {
  const story = Story.running({ workers: 1, pidsMax: 3 });
  const former = story.child(0).ref;
  for (let reload = 0; reload < 3; reload++) {
    story.signal("SIGHUP");
    story.pass(1000);
  }
  const present = story.child(0).ref;
  assertEquals(present.pid, former.pid);
  const before = story.sim.state;
  for (
    const kind of ["childReady", "childDraining", "childReopened"] as const
  ) {
    story.hear(kind, former);
    story.pass(0);
    assertEquals(story.sim.state, before, kind);
  }
});

Deno.test("a late message of a slot's former worker changes nothing", () => {
  const story = Story.running({ workers: 1 });
  const former = story.child(0).ref;
  story.child(0).die(CRASHED);
  story.settles();
  const present = story.child(0).ref;
  assertEquals(present.slot, former.slot);
  assertEquals(present.generation, former.generation);
  const before = story.sim.state;
  for (const kind of ["childReady", "childDraining"] as const) {
    story.hear(kind, former);
    story.pass(0);
    assertEquals(story.sim.state, before, kind);
  }
});

Deno.test("a respawned worker that never becomes ready is tried again", () => {
  let spawned = 0;
  const story = Story.running({
    workers: 1,
    startupTimeoutMs: 1000,
    conditions: {
      script: () => {
        spawned += 1;
        return spawned === 2
          ? { ...GOOD_SCRIPT, bootMs: undefined }
          : GOOD_SCRIPT;
      },
    },
  });
  story.child(0).die(CRASHED);
  story.settles(2000);
  assertEquals(spawned, 3);
  assertEquals(story.said("startupTimedOut"), 1);
});

Deno.test("a late childReopened does not answer for the pid's new owner", () => {
  const story = Story.running({
    workers: 1,
    pidsMax: 3,
    conditions: scriptsOf(4, { reopens: false }),
  });
  const former = story.child(0).ref;
  for (let reload = 0; reload < 3; reload++) {
    story.signal("SIGHUP");
    story.pass(1000);
  }
  assertEquals(story.child(0).ref.pid, former.pid);
  const token = story.ask("reopen");
  story.pass(10);
  story.hear("childReopened", former);
  story.pass(10);
  assertEquals(story.answer(token), undefined);
  story.pass(5000);
  assertEquals(story.answer(token), false);
});

Deno.test("spawn fails for a while and is tried again until it works", () => {
  let refusedUntil = 0;
  const story = Story.running({
    conditions: {
      spawnError: (now) =>
        now < refusedUntil ? systemError("fork()", "EAGAIN") : undefined,
    },
  });
  refusedUntil = story.now + 10_000;
  story.child(0).die(CRASHED);
  story.pass(10_000);
  assertEquals(story.phases(), ["waiting", "serving"]);
  // 250 ms doubling, times 0.5 to 1: between 6 and 8 attempts in 10 s.
  assertGreater(story.said("spawnFailed"), 4);
  assert(story.said("spawnFailed") < 9);
  story.settles(20_000);
  assertEquals(story.generation, 1);
});

Deno.test("a start during a shortage of processes waits for its end", () => {
  const story = new Story({
    conditions: {
      spawnError: (now) =>
        now < 2000 ? systemError("fork()", "ENOMEM") : undefined,
    },
  });
  story.settles(5000);
  assertEquals(story.generation, 1);
});

Deno.test("a spawn that fails after QUIT holds nothing up", () => {
  let isShort = false;
  const story = Story.running({
    workers: 1,
    conditions: {
      spawnError: () => isShort ? systemError("fork()", "EAGAIN") : undefined,
    },
  });
  isShort = true;
  story.child(0).die(CRASHED);
  story.until("a spawn", () => story.phases()[0] === "spawning");
  story.signal("SIGQUIT");
  story.exits(10);
});

Deno.test("a clock that jumps kills nobody who was in time", () => {
  const story = Story.running({
    drainTimeoutMs: 5000,
    conditions: scriptsOf(1, { drainMs: 4000 }),
  });
  story.signal("SIGHUP");
  story.until("commit", () => story.generation === 2);
  story.suspend(3_600_000);
  story.settles();
  assertEquals(story.said("timerLate"), 1);
  assertEquals(story.said("drainTimedOut"), 0);
});

Deno.test("a full channel is got round with the signal", () => {
  const story = Story.running();
  story.child(0).hang(undefined);
  for (let times = 0; times < 5; times++) {
    story.signal("SIGUSR1");
    story.pass(10);
  }
  assertEquals(story.said("sendFailed"), 1);
  story.signal("SIGQUIT");
  story.pass(1000);
  assertEquals(story.said("sendFailed"), 2);
  // The signal waits, too, until it wakes up.
  story.child(0).wake();
  story.exits(100);
});

Deno.test("exit code 2 is not respawned and a good reload heals it", () => {
  const story = Story.running();
  story.child(0).die(FATAL);
  story.pass(3_600_000);
  assertEquals(story.phases(), ["failed", "serving"]);
  assertEquals(story.said("workerFatal"), 1);
  story.signal("SIGHUP");
  story.settles();
  assertEquals(story.said("generationReady"), 2);
  assertEquals(story.phases().filter((phase) => phase === "failed"), []);
});

Deno.test("a crash loop backs off and a good reload cures it", () => {
  const story = Story.running({
    conditions: scriptsOf(1, {
      incidents: [{ afterMs: 100, happening: { kind: "dies", exit: FAILED } }],
    }),
  });
  const before = story.sim.os.spawns;
  story.pass(600_000);
  const spawns = story.sim.os.spawns - before;
  // At most one each 15 s and worker once the delay is 30 s, times 0.5 to 1.
  assertGreater(spawns, 2 * 600 / 35);
  assert(spawns < 2 * (600 / 15 + 8), `${spawns} spawns`);
  story.signal("SIGHUP");
  story.settles(1000);
  assertEquals(story.generation, 2);
});

Deno.test("a stable worker is respawned at once, whatever was before", () => {
  const story = Story.running({ workers: 1 });
  for (let times = 0; times < 5; times++) {
    story.pass(10_000);
    story.child(0).die(CRASHED);
    story.settles(100);
  }
  assertEquals(story.said("respawnDelayed"), 0);
});

Deno.test("the ladder ends in time though USR1 comes every 30 ms", () => {
  const story = Story.running({
    workers: 1,
    conditions: scriptsOf(1, { isObedient: false }),
  });
  const begun = story.now;
  story.signal("SIGTERM");
  story.until("terminating", () => story.mode === "terminating");
  const { os } = story.sim;
  for (let ms = 0; ms < 4000; ms += 30) {
    os.later(ms, () => os.raise("SIGUSR1"));
  }
  story.exits();
  assertEquals(story.said("terminateIgnored"), 1);
  // 3150 ms to SIGKILL, 1 ms for the exit to be heard.
  assertEquals(story.now - begun, 3151);
});

Deno.test("TERM does not put off the SIGKILL that is due", () => {
  const story = Story.running({
    workers: 1,
    drainTimeoutMs: 1000,
    conditions: scriptsOf(1, { isObedient: false, drainMs: undefined }),
  });
  story.signal("SIGQUIT");
  story.until("terminate", () => story.phases()[0] === "terminating");
  const begun = story.now;
  story.pass(2000);
  story.signal("SIGTERM");
  story.exits();
  assertEquals(story.now - begun, 3151);
});

Deno.test("a reload to an address in use for 1.2 s succeeds", () => {
  let freeAt = 0;
  const story = Story.running({
    conditions: {
      bindError: (now) =>
        now < freeAt ? systemError("bind() to b", "EADDRINUSE") : undefined,
    },
  });
  freeAt = story.now + 1200;
  story.edit({ address: "web:b" });
  const token = story.ask("reload");
  story.settles(2000);
  assertEquals(story.answer(token), true);
  assertEquals(story.said("bindRetried"), 3);
});

Deno.test("a reload to an address in use for ever is refused", () => {
  let isTaken = false;
  const story = Story.running({
    conditions: {
      bindError: () =>
        isTaken ? systemError("bind() to b", "EADDRINUSE") : undefined,
    },
  });
  isTaken = true;
  const old = story.child(0);
  story.edit({ address: "web:b", pidPath: "other.pid" });
  const token = story.ask("reload");
  // Terminate would be heard meanwhile: nginx is deaf here for 2 s.
  story.pass(1000);
  story.signal("SIGUSR1");
  story.settles(2000);
  assertEquals(story.answer(token), false);
  assertEquals(story.said("bindRetried"), 4);
  assertEquals(story.said("bindGivenUp"), 1);
  assertEquals(story.child(0), old);
  assertEquals([...story.sim.os.resources.pidFiles.keys()], ["procmgr.pid"]);
});

Deno.test("a pid file that cannot be written refuses the reload", () => {
  let isFull = false;
  const story = Story.running({
    conditions: {
      pidFileError: () => isFull ? systemError("open()", "ENOSPC") : undefined,
    },
  });
  isFull = true;
  story.edit({ address: "web:b" });
  const token = story.ask("reload");
  story.settles(100);
  assertEquals(story.answer(token), false);
  assertEquals(story.generation, 1);
});

Deno.test("fewer workers after a reload lose no connection", () => {
  const story = Story.running({ workers: 4 });
  story.load(2000);
  story.pass(500);
  story.edit({ workers: 1 });
  story.signal("SIGHUP");
  story.pass(2000);
  story.settles();
  assertEquals(story.counts, {
    accepted: 2000,
    lost: 0,
    lostByOrder: 0,
    lostByFault: 0,
  });
  assertEquals(story.sim.os.resources.sockets.all().length, 1);
  assertEquals(story.sim.os.resources.steered.get("web"), [toOrdinal(0)]);
});

Deno.test("reloads and respawns under load lose no connection", () => {
  const story = Story.running({ workers: 3 });
  story.load(5000);
  for (let reload = 0; reload < 10; reload++) {
    story.pass(300);
    story.signal("SIGHUP");
    story.pass(50);
    story.child(reload % 3).die({ kind: "signal", signal: "SIGKILL" });
  }
  story.pass(3000);
  story.settles();
  assertEquals(story.counts.accepted, 5000);
  assertEquals(story.counts.lost, 0);
});

Deno.test("the only worker's death loses no connection", () => {
  const story = Story.running({ workers: 1 });
  story.load(300);
  story.pass(100);
  story.child(0).die({ kind: "signal", signal: "SIGKILL" });
  story.pass(400);
  story.settles();
  assertEquals(story.counts.accepted, 300);
});

Deno.test("too many draining generations: the oldest are terminated", () => {
  const story = Story.running({
    workers: 1,
    generationsMax: 2,
    conditions: { script: () => ({ ...GOOD_SCRIPT, drainMs: undefined }) },
  });
  story.edit({ workers: 1, generationsMax: 2 });
  for (let reload = 0; reload < 5; reload++) {
    story.signal("SIGHUP");
    story.pass(1000);
  }
  assertEquals(story.generation, 6);
  assertEquals(story.said("generationCrowdedOut"), 3);
  const drain = story.sim.state.slots.flatMap((slot) =>
    slot.phase === "draining" ? [slot.generation as number] : []
  );
  assertEquals(drain.sort(), [4, 5]);
});

Deno.test("reloads that fail again and again do not fill the table", () => {
  const story = Story.running({
    workers: 2,
    generationsMax: 2,
    conditions: {
      // One of two is ready and drains for ever, the other crashes.
      script: ({ generation, ordinal }) => ({
        ...GOOD_SCRIPT,
        ...(generation === 1 ? {} : ordinal === 0 ? { drainMs: undefined } : {
          death: { at: "booting", afterMs: 100, exit: CRASHED },
          bootMs: 200,
        }),
      }),
    },
  });
  for (let reload = 0; reload < 10; reload++) {
    story.signal("SIGHUP");
    story.pass(1000);
  }
  assertEquals(story.generation, 1);
  assertEquals(story.processes().length, 4);
  assertEquals(story.said("generationCrowdedOut"), 8);
});

Deno.test("HUP while starting is done once started", () => {
  const story = new Story();
  story.until("boot", () => story.processes().length === 2);
  const token = story.ask("reload");
  story.until("an answer", () => story.answer(token) !== undefined);
  assertEquals(story.answer(token), true);
  assertEquals(story.generation, 2);
});

Deno.test("a start that fails exits with 1 and leaves nothing", () => {
  const failures: readonly ConstructorParameters<typeof Story>[0][] = [
    { wrong: "procmgr.jsonc:1:1: app: is missing" },
    { conditions: { bindError: () => systemError("bind()", "EACCES") } },
    { conditions: { bindError: () => systemError("bind()", "EADDRINUSE") } },
    { conditions: { pidFileError: () => systemError("flock()", "EAGAIN") } },
    { conditions: scriptsOf(1, dyingAt("booting", FATAL)) },
    { conditions: scriptsOf(1, { bootMs: undefined, isObedient: false }) },
    { conditions: scriptsOf(1, dyingAt("spawned", FAILED)) },
  ];
  for (const circumstances of failures) {
    const story = new Story(circumstances);
    story.exits(20_000);
    assertEquals(story.exitCode, 1);
    assertEquals(story.said("changeoverFailed"), 1);
  }
});

Deno.test("a bad configuration changes nothing but the log", () => {
  const story = Story.running();
  const { slots } = story.sim.state;
  story.edit({ wrong: "procmgr.jsonc:2:3: listen: not an address" });
  const token = story.ask("reload");
  story.pass(1000);
  assertEquals(story.answer(token), false);
  assertEquals(story.sim.state.slots, slots);
  assertEquals(story.said("configWrong"), 1);
});

Deno.test("TTIN and TTOU add and take workers until the next reload", () => {
  const story = Story.running({ workers: 2 });
  story.signal("SIGTTIN");
  story.pass(1000);
  story.signal("SIGTTIN");
  story.settles();
  assertEquals(story.processes().length, 4);
  story.load(1000);
  for (let times = 0; times < 5; times++) {
    story.signal("SIGTTOU");
    story.pass(10);
  }
  story.pass(2000);
  story.settles();
  assertEquals(story.processes().length, 1);
  assertEquals(story.said("scaleRefused"), 2);
  assertEquals(story.counts.accepted, 1000);
  story.signal("SIGHUP");
  story.settles();
  assertEquals(story.processes().length, 2);
});

Deno.test("TTOU takes a worker that waits, and closes its socket", () => {
  let isBad = false;
  const story = Story.running({
    workers: 2,
    conditions: {
      script: () =>
        isBad ? { ...GOOD_SCRIPT, ...dyingAt("booting", FAILED) } : GOOD_SCRIPT,
    },
  });
  isBad = true;
  story.child(1).die(FAILED);
  story.until("a wait", () => story.phases()[1] === "waiting");
  story.signal("SIGTTOU");
  story.settles(100);
  assertEquals(story.sim.os.resources.sockets.all().length, 1);
});

Deno.test("reopen --wait is over when a worker dies instead of answering", () => {
  const story = Story.running({
    conditions: { script: () => ({ ...GOOD_SCRIPT, reopens: false }) },
  });
  story.child(0).hang(undefined);
  const token = story.ask("reopen");
  story.pass(100);
  assertEquals(story.answer(token), undefined);
  story.child(0).die(CRASHED);
  story.child(1).die(CRASHED);
  story.until("an answer", () => story.answer(token) !== undefined, 10);
  assertEquals(story.answer(token), true);
});

Deno.test("reopen works while a slow drain holds the end up", () => {
  const story = Story.running({
    conditions: { script: () => ({ ...GOOD_SCRIPT, drainMs: 10_000 }) },
  });
  story.signal("SIGQUIT");
  story.pass(100);
  const token = story.ask("reopen");
  story.pass(10);
  assertEquals(story.answer(token), true);
  story.exits();
});

Deno.test("a worker that drains by itself is replaced before its end", () => {
  const story = Story.running({
    workers: 1,
    conditions: {
      script: () => ({ ...GOOD_SCRIPT, drainMs: 60_000 }),
    },
  });
  const old = story.child(0);
  old.signal("SIGQUIT");
  story.until("a replacement", () => story.phases().includes("booting"), 100);
  assertEquals(old.phase, "draining");
  story.settles(100_000);
  assertEquals(story.processes().length, 1);
});

Deno.test("the end of a worker that drained is not its replacement's", () => {
  // It drains for ever, is terminated and ignores that; meanwhile its
  // replacement exits with 2, which must stand.
  let spawned = 0;
  const story = Story.running({
    workers: 1,
    drainTimeoutMs: 500,
    conditions: {
      script: () => {
        spawned += 1;
        return spawned === 1
          ? { ...GOOD_SCRIPT, drainMs: undefined, isObedient: false }
          : GOOD_SCRIPT;
      },
    },
  });
  story.child(0).signal("SIGQUIT");
  story.until("terminate", () => story.phases().includes("terminating"));
  story.processes()[1]?.child.die(FATAL);
  story.pass(20_000);
  assertEquals(spawned, 2);
  assertEquals(story.phases().includes("failed"), true);
  assertEquals(story.processes().length, 0);
});

Deno.test("a replacement that found the table full comes when there is room", () => {
  const story = Story.running({
    workers: 2,
    policy: { slotsMax: 2 },
    conditions: { script: () => ({ ...GOOD_SCRIPT, drainMs: 3000 }) },
  });
  story.child(0).signal("SIGQUIT");
  story.until("a full table", () => story.said("tableFull") === 1, 100);
  story.settles(5000);
});

Deno.test("a row left by a reload that failed is for who found none", () => {
  const story = Story.running({
    workers: 2,
    startupTimeoutMs: 2000,
    policy: { slotsMax: 4 },
    conditions: {
      script: ({ generation }) =>
        generation === 1
          ? { ...GOOD_SCRIPT, drainMs: undefined }
          : { ...GOOD_SCRIPT, bootMs: undefined },
    },
  });
  story.signal("SIGHUP");
  story.pass(100);
  // It never ends: only the newcomers can make room.
  story.child(0, 1).signal("SIGQUIT");
  story.until("a full table", () => story.said("tableFull") === 1, 100);
  story.until("it is over", () => story.said("changeoverFailed") === 1, 5000);
  story.until("a replacement", () => story.said("workerReady") === 3, 1000);
});

Deno.test("a worker that sends garbage is ended and respawned", () => {
  const story = Story.running({
    conditions: scriptsOf(1, {
      incidents: [{ afterMs: 20_000, happening: { kind: "babbles" } }],
    }),
  });
  story.pass(20_000);
  story.until("a replacement", () => story.said("workerReady") === 4, 1000);
  story.settles();
});

Deno.test("the address moves with a reload, and back", () => {
  const story = Story.running();
  for (const address of ["web:b", "web:a"]) {
    story.edit({ address, pidPath: `${address}.pid` });
    story.signal("SIGHUP");
    story.settles();
    const addresses = story.sim.os.resources.sockets.all().map((one) =>
      one.address
    );
    assertEquals(addresses, [address, address]);
    assertEquals([...story.sim.os.resources.pidFiles.keys()], [
      `${address}.pid`,
    ]);
  }
});

Deno.test("a pool that is gone drains with the old generation", () => {
  const story = Story.running();
  const { plan } = configOf({});
  story.sim.os.config = {
    plan: {
      ...plan,
      pools: plan.pools.map((pool) => ({
        ...pool,
        name: "api",
        limits: { ...pool.limits, drainTimeoutMs: toMilliseconds(100) },
      })),
    },
    addresses: { api: "api:a" },
    pidPath: "procmgr.pid",
  };
  story.signal("SIGHUP");
  story.settles();
  assertEquals(story.sim.os.resources.sockets.all().map((one) => one.address), [
    "api:a",
    "api:a",
  ]);
});
