/**
 * The two helpers of a cache, as nginx has them: who starts when, who comes
 * back, on which schedule they work, what they are as processes.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { TestConfig } from "../support/config.ts";
import { fixturePath } from "../support/config.ts";
import type { Scene, StartOptions } from "../support/harness.ts";
import { IS_ROOT, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { fdsOf, titleOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

const MANAGER = "procmgr: cache manager process";
const LOADER = "procmgr: cache loader process";

/** Zones that say what is done to them. */
const SCHEDULED = {
  env: { PROCMGR_TEST_ZONES: fixturePath("zone_schedule.ts") },
};

/** The helpers start after what counts as ready, and bring descriptors. */
async function start(
  scene: Scene,
  config: TestConfig = {},
  options: StartOptions = {},
): Promise<Master> {
  const master = await scene.start(config, options);
  master.expectFds(undefined);
  return master;
}

function titled(master: Master, title: string): number[] {
  return master.children().filter((pid) => titleOf(pid) === title);
}

/** Wait until as many as that have the title; their pids. */
async function helpers(
  master: Master,
  title: string,
  count = 1,
): Promise<number[]> {
  return await until(() => {
    const pids = titled(master, title);
    return pids.length === count && pids;
  }, { what: `${count} of "${title}"` });
}

async function helper(master: Master, title: string): Promise<number> {
  const [pid] = await helpers(master, title);
  assert(pid !== undefined);
  return pid;
}

Deno.test(
  "a cache has a manager and a loader, with a folder for the owner alone",
  scene(async (scene) => {
    const master = await start(scene, { cache: { web: { path: "cache" } } });
    const manager = await helper(master, MANAGER);
    const loader = await helper(master, LOADER);
    await master.log.expect(/start worker processes/);
    await master.log.expect(
      new RegExp(`start cache manager process ${manager} `),
    );
    await master.log.expect(
      new RegExp(`start cache loader process ${loader} `),
    );
    const { mode } = Deno.statSync(scene.path("cache"));
    assertEquals((mode ?? 0) & 0o7777, 0o700);
    // No listening socket, nor any of the workers': only the channel.
    const [worker] = master.workers();
    assert(worker !== undefined);
    const sockets = (pid: number) =>
      [...fdsOf(pid).values()].filter((target) => target.startsWith("socket:"));
    const own = new Set(sockets(worker));
    for (const pid of [manager, loader]) {
      assertEquals(sockets(pid).filter((one) => own.has(one)), []);
    }
    await master.stop("SIGQUIT");
    await master.log.expect(
      new RegExp(`cache manager process ${manager} exited with code 0`),
    );
  }),
);

Deno.test(
  "a killed manager is replaced, a killed loader is not",
  scene(async (scene) => {
    const master = await start(scene, { cache: { web: { path: "cache" } } });
    const manager = await helper(master, MANAGER);
    const loader = await helper(master, LOADER);
    Deno.kill(loader, "SIGKILL");
    await master.log.expectAlert(
      new RegExp(`cache loader process ${loader} exited on signal 9`),
    );
    Deno.kill(manager, "SIGKILL");
    await master.log.expectAlert(
      new RegExp(`cache manager process ${manager} exited on signal 9`),
    );
    const second = await until(() => {
      const [pid] = titled(master, MANAGER);
      return pid !== manager && pid;
    }, { what: "another manager" });
    assert(second !== undefined && second !== manager);
    assertEquals(titled(master, LOADER), []);
    assertEquals(master.log.count(/start cache loader process/), 1);
    assertEquals((await master.request()).status, 200);
  }),
);

Deno.test(
  "a manager ended by hand says so and is replaced",
  scene(async (scene) => {
    const master = await start(scene, { cache: { web: { path: "cache" } } });
    for (const [index, signal] of (["SIGTERM", "SIGQUIT"] as const).entries()) {
      const manager = await helper(master, MANAGER);
      await master.log.expect(new RegExp(`process ${manager} is ready`));
      Deno.kill(manager, signal);
      await master.log.expect(
        new RegExp(`cache manager process ${manager} exited with code 0`),
      );
      await master.log.expect(/start cache manager process/, index + 2);
      await master.gone(manager);
    }
    await master.log.expect(/signal 15 \(SIGTERM\) received, exiting/);
    await master.log.expect(/signal 3 \(SIGQUIT\) received, shutting down/);
  }),
);

Deno.test(
  "the loader walks once after its delay, and a reload starts only a manager",
  scene(async (scene) => {
    const cache = { web: { path: "cache", loader_delay: "300ms" } };
    Deno.mkdirSync(scene.path("cache/a/bc"), { recursive: true });
    scene.write("cache/a/bc/one", "x".repeat(1024 * 1024));
    scene.write("cache/a/two", "x");
    const master = await start(scene, { cache });
    const loader = await helper(master, LOADER);
    const manager = await helper(master, MANAGER);
    await master.log.expect(
      /file cache: .*cache 0\.000M, files: 0, not ours and left alone: 2/,
    );
    await master.log.expect(
      new RegExp(`cache loader process ${loader} exited with code 0`),
    );
    await master.reload();
    await until(() => {
      const [pid] = titled(master, MANAGER);
      return titled(master, MANAGER).length === 1 && pid !== manager;
    }, { what: "the manager of the new generation alone" });
    assertEquals(master.log.count(/start cache manager process/), 2);
    assertEquals(master.log.count(/start cache loader process/), 1);
  }),
);

Deno.test(
  "a reload before the walk is over starts both anew, and the old ones leave",
  scene(async (scene) => {
    const master = await start(scene, { cache: { web: { path: "cache" } } });
    const manager = await helper(master, MANAGER);
    const loader = await helper(master, LOADER);
    await master.reload();
    for (const pid of [manager, loader]) await master.gone(pid);
    await helpers(master, MANAGER);
    await helpers(master, LOADER);
    assertEquals(master.log.count(/start cache loader process/), 2);
  }),
);

Deno.test(
  "helpers come and go with the directive",
  scene(async (scene) => {
    const master = await start(scene);
    assertEquals(titled(master, MANAGER), []);
    scene.configure({ cache: { web: { path: "cache" } } });
    await master.reload();
    await helper(master, MANAGER);
    await helper(master, LOADER);
    scene.configure();
    await master.reload();
    await master.settled(2);
  }),
);

Deno.test(
  "the manager sleeps for the smallest answer, the loader as it was told",
  scene(async (scene) => {
    const master = await start(scene, {
      cache: {
        "every-150": {
          path: "one",
          loader_delay: "200ms",
          loader_sleep: "40ms",
        },
        "every-9000": { path: "two", loader_delay: 0, loader_sleep: 0 },
      },
    }, SCHEDULED);
    // Both zones are in every round, the lazy one too.
    await master.log.expect(/zone every-9000 managed 4 at/);
    const times = (pattern: RegExp) =>
      master.log.lines(pattern).map((line) =>
        Number(/at (\d+)ms/.exec(line)?.[1])
      );
    const [first = 0, second = 0, third = 0, fourth = 0] = times(
      /zone every-150 managed/,
    );
    // Its first answer was 0: the next round comes at once.
    assert(second - first < 140, `${second} after ${first}`);
    assert(third - second >= 149, `${third} after ${second}`);
    assert(fourth - third >= 149, `${fourth} after ${third}`);
    await master.log.expect(/cache loader process \d+ exited with code 0/);
    const [one = 0, two = 0, three = 0] = times(/zone every-150 walked/);
    assert(one >= 199, `${one}`);
    assert(two - one >= 39, `${two} after ${one}`);
    assert(three - two >= 39, `${three} after ${two}`);
    assertEquals(times(/zone every-9000 walked/).length, 3);
  }),
);

Deno.test(
  "quit cuts a pass short and waits for its end",
  scene(async (scene) => {
    Deno.mkdirSync(scene.path("one"));
    scene.write("one/hold", "");
    const master = await start(
      scene,
      { cache: { web: { path: "one" } } },
      SCHEDULED,
    );
    await master.log.expect(/zone web managed 1/);
    await master.stop("SIGQUIT");
    await master.log.expect(/zone web came to its end/);
  }),
);

Deno.test(
  "a loader that fails says why, exits with 1, and the next reload tries again",
  scene(async (scene) => {
    Deno.mkdirSync(scene.path("one"));
    scene.write("one/fail", "");
    const cache = { web: { path: "one", loader_delay: 0 } };
    const master = await start(scene, { cache }, SCHEDULED);
    await master.log.expect(/\[error\].*cache loader: Error: no such disk/);
    await master.log.expect(
      /\[error\].*cache loader process \d+ exited with code 1/,
    );
    Deno.removeSync(scene.path("one/fail"));
    await master.reload();
    await master.log.expect(/zone web walked 3/);
    await master.log.expect(/cache loader process \d+ exited with code 0/);
  }),
);

Deno.test(
  "helpers reopen the log when the master does",
  scene(async (scene) => {
    const master = await start(scene, { cache: { web: { path: "cache" } } });
    await helper(master, MANAGER);
    await master.log.expect(/cache manager process \d+ is ready/);
    await master.log.expect(/cache loader process \d+ is ready/);
    const before = master.log.count(/reopening logs$/);
    const outcome = await master.command("--signal", "reopen", "--wait");
    assertEquals(outcome.code, 0);
    // The master, two workers, two helpers.
    assertEquals(master.log.count(/\d: reopening logs$/) - before, 5);
  }),
);

Deno.test(
  "helpers do not outlive a killed master",
  scene(async (scene) => {
    const master = await start(scene, { cache: { web: { path: "cache" } } });
    const manager = await helper(master, MANAGER);
    await master.log.expect(/cache manager process \d+ is ready/);
    await master.log.expect(/cache loader process \d+ is ready/);
    scene.spare("procmgr.pid", "procmgr.sock");
    master.signal("SIGKILL");
    await master.ended();
    await until(() => titleOf(manager) === "", { what: "the manager's end" });
  }),
);

Deno.test({
  name: "helpers are the workers' user, in its folder, and own the zone's",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    Deno.mkdirSync(scene.path("run"));
    Deno.chmodSync(scene.path("run"), 0o777);
    const master = await start(scene, {
      user: "nobody",
      working_directory: "run",
      worker_rlimit_nofile: 1234,
      worker_priority: 5,
      cache: { web: { path: "cache" } },
    });
    const manager = await helper(master, MANAGER);
    await master.log.expect(/cache manager process \d+ is ready/);
    const status = Deno.readTextFileSync(`/proc/${manager}/status`);
    assertMatch(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
    assertEquals(
      Deno.readLinkSync(`/proc/${manager}/cwd`),
      Deno.realPathSync(scene.path("run")),
    );
    const limits = Deno.readTextFileSync(`/proc/${manager}/limits`);
    assertMatch(limits, /^Max open files +1234 +1234 /m);
    // nginx: no nice value for the helpers.
    const stat = Deno.readTextFileSync(`/proc/${manager}/stat`);
    assertEquals(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16], "0");
    assertEquals(Deno.statSync(scene.path("cache")).uid, 65534);
  }),
});

Deno.test(
  "a zone's folder that cannot be made refuses start and reload",
  scene(async (scene) => {
    const cache = { web: { path: "no/such/folder" } };
    scene.configure({ cache });
    const outcome = await scene.run("-p", scene.folder);
    assertEquals(outcome.code, 1);
    assertMatch(outcome.stderr, /mkdir\(\) ".*no\/such\/folder" failed \(2: /);
    const master = await start(scene);
    scene.write("file", "");
    scene.configure({ cache: { web: { path: "file" } } });
    const reload = await master.tryReload();
    assertEquals(reload.code, 1);
    assertMatch(reload.stderr, /mkdir\(\) ".*file" failed \(20: /);
    scene.announce(/mkdir\(\) ".*" failed/);
    assertEquals((await master.request()).status, 200);
  }),
);
