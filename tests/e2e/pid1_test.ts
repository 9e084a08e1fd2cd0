/**
 * The master as somebody's last resort: as PID 1 of a PID namespace, as a
 * subreaper, or with children that it inherited from a shell, it reaps who is
 * not its own, and its own children's exits stay right.
 */

import { assert, assertEquals } from "@std/assert";
import { IS_ROOT, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { allPids, childrenOf, statOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

const UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc"];

const SUBREAPER = [
  Deno.execPath(),
  "run",
  "--allow-all",
  "--quiet",
  new URL("../fixture/subreaper.ts", import.meta.url).pathname,
];

const DONE = { kind: "code", code: 0 } as const;

/** The master as the test's own namespace sees it. */
function insideOf(master: Master): number {
  const [pid] = childrenOf(master.pid);
  assert(pid !== undefined, "nobody is in the namespace");
  return pid;
}

function zombiesOf(parent: number): number[] {
  return allPids().filter((pid) => {
    const stat = statOf(pid);
    return stat?.parent === parent && stat.state === "Z";
  });
}

async function noZombies(parent: number): Promise<void> {
  await until(() => zombiesOf(parent).length === 0, {
    what: () => `the end of zombies ${zombiesOf(parent)}`,
  });
}

const asRoot = { ignore: !IS_ROOT };

Deno.test({
  name: "as PID 1 the master reaps orphans (needs root)",
  ...asRoot,
  fn: scene(async (scene) => {
    scene.configure({ app: "make_orphan.ts" });
    const master = scene.spawn({ prefix: UNSHARE });
    await master.ready();
    for (const code of [0, 3, 7]) await master.request(`/?code=${code}`);
    for (const code of [0, 3, 7]) {
      const line = new RegExp(
        `\\[notice\\] 1#0: unknown process \\d+ exited with code ${code}`,
      );
      await master.log.expect(line);
    }
    const inside = insideOf(master);
    await noZombies(inside);
    Deno.kill(inside, "SIGTERM");
    assertEquals(await master.ended(), DONE);
  }),
});

Deno.test({
  name: "as PID 1 the master's own children end as they do (needs root)",
  ...asRoot,
  fn: scene(async (scene) => {
    scene.configure({ app: "make_orphan.ts", worker_processes: 2 });
    const master = scene.spawn({ prefix: UNSHARE });
    await master.ready();
    const inside = insideOf(master);
    const [first = 0] = childrenOf(inside);
    // Orphans end before, while and after one of its own does.
    const left = Array.from({ length: 10 }, () => master.request("/?code=3"));
    await Promise.all(left);
    Deno.kill(first, "SIGKILL");
    await master.log.expectAlert(/worker process \d+ exited on signal 9/);
    await until(() => childrenOf(inside).length === 2, {
      what: "two workers again",
    });
    await master.log.expect(/unknown process \d+ exited with code 3/, 10);
    await noZombies(inside);
    assertEquals(master.log.count(/unknown process \d+ exited on/), 0);
    Deno.kill(inside, "SIGQUIT");
    assertEquals(await master.ended(), DONE);
    assertEquals(master.log.count(/worker process \d+ exited with code 0/), 2);
  }),
});

for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
  Deno.test({
    name: `as PID 1 the master ends on ${signal} (needs root)`,
    ...asRoot,
    fn: scene(async (scene) => {
      scene.configure({});
      const master = scene.spawn({ prefix: UNSHARE });
      await master.ready();
      const begun = performance.now();
      Deno.kill(insideOf(master), signal);
      assertEquals(await master.ended(), DONE);
      assert(performance.now() - begun < 3000, "too slow");
    }),
  });
}

Deno.test({
  name: "as PID 1 a start that fails ends with its code (needs root)",
  ...asRoot,
  fn: scene(async (scene) => {
    scene.configure({ app: "throw_at_boot.ts" });
    const master = scene.spawn({ prefix: UNSHARE });
    assertEquals(await master.ended(), { kind: "code", code: 1 });
    await master.log.expectAlert(/\[emerg\] .*failed to start/);
    await master.log.expectAlert(/\[emerg\] .*could not start/);
  }),
});

Deno.test({
  name: "as PID 1 the master reloads and reopens, and forwards no signal " +
    "(needs root)",
  ...asRoot,
  fn: scene(async (scene) => {
    scene.configure({});
    const master = scene.spawn({ prefix: UNSHARE });
    await master.ready();
    const inside = insideOf(master);
    Deno.kill(inside, "SIGHUP");
    await master.log.expect(/generation 2 is ready/);
    Deno.kill(inside, "SIGUSR1");
    // The master, and each of its two workers by its channel.
    await master.log.expect(/reopening logs$/, 4);
    assertEquals(master.log.count(/\] (?!1#)\d+#0: signal \d+/), 0);
    assertEquals((await master.request()).status, 200);
    Deno.kill(inside, "SIGTERM");
    assertEquals(await master.ended(), DONE);
  }),
});

Deno.test(
  "a subreaper master reaps what its workers' children leave behind",
  scene(async (scene) => {
    scene.configure({ app: "make_orphan.ts" });
    const master = scene.spawn({ prefix: SUBREAPER });
    await master.ready();
    await master.request("/?code=9");
    await master.log.expect(/unknown process \d+ exited with code 9/);
    await noZombies(master.pid);
  }),
);

Deno.test(
  "a master that inherited a child from a shell reaps it",
  scene(async (scene) => {
    scene.configure({});
    const script = '(sleep 0.2; exit 5) & exec "$@"';
    const master = scene.spawn({ prefix: ["sh", "-c", script, "sh"] });
    await master.ready();
    await master.log.expect(/unknown process \d+ exited with code 5/);
    await noZombies(master.pid);
  }),
);
