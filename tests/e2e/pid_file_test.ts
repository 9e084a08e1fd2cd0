/** One master per pid file, and no signal for strangers. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import { isAlive } from "../support/proc.ts";
import { until } from "../support/until.ts";

Deno.test(
  "a second master on one pid file is refused, the first is untouched",
  scene(async (scene) => {
    const first = await scene.start();
    const workers = first.workers();
    scene.announce(/another master runs, process \d+/);
    const second = scene.spawn({ logs: [] });
    assertEquals(await second.ended(), { kind: "code", code: 1 });
    const line = new RegExp(`another master runs, process ${first.pid}`);
    assertMatch(first.log.text + second.log.text, line);
    assertEquals(
      Deno.readTextFileSync(scene.path("procmgr.pid")),
      `${first.pid}\n`,
    );
    assert(Deno.lstatSync(scene.path("procmgr.sock")).isSocket);
    assertEquals(first.workers(), workers);
    assertEquals((await first.request()).status, 200);
    assertEquals((await first.reload()).code, 0);
  }),
);

Deno.test(
  "start goes over the pid file of a dead master",
  scene(async (scene) => {
    scene.write("procmgr.pid", "999999999\n");
    const master = await scene.start();
    assertEquals(
      Deno.readTextFileSync(scene.path("procmgr.pid")),
      `${master.pid}\n`,
    );
  }),
);

Deno.test(
  "-s without a pid file says which file is missing and exits with 1",
  scene(async (scene) => {
    scene.configure();
    const { code, stdout, stderr } = await scene.run(
      "-p",
      scene.folder,
      "-s",
      "quit",
    );
    assertEquals([code, stdout], [1, ""]);
    assertEquals(
      stderr,
      `procmgr: [error] open() "${scene.path("procmgr.pid")}" failed ` +
        `(2: No such file or directory)\n`,
    );
  }),
);

for (
  const [what, text] of [
    ["of a dead process", "999999999\n"],
    ["that holds junk", "master\n"],
    ["that is empty", ""],
    ["that names all processes", "-1\n"],
    ["that names its own group", "0\n"],
  ] as const
) {
  Deno.test(
    `-s signals nobody for a pid file ${what}`,
    scene(async (scene) => {
      scene.write("procmgr.pid", text);
      scene.spare("procmgr.pid");
      await assertRefused(scene);
    }),
  );
}

Deno.test(
  "-s signals no living process that is not our master",
  scene(async (scene) => {
    const stranger = new Deno.Command("sleep", {
      args: ["3600"],
      stdin: "null",
    }).spawn();
    try {
      scene.write("procmgr.pid", `${stranger.pid}\n`);
      scene.spare("procmgr.pid");
      await assertRefused(scene);
      await assertRefused(scene, "--wait");
      assert(isAlive(stranger.pid));
    } finally {
      stranger.kill("SIGKILL");
      await stranger.status;
    }
  }),
);

Deno.test(
  "-s reaches a master whose pid file was removed and put back by no one",
  scene(async (scene) => {
    const master = await scene.start();
    Deno.removeSync(scene.path("procmgr.pid"));
    const { code, stderr } = await master.command("-s", "reload");
    assertEquals(code, 1);
    assertMatch(stderr, /failed \(2: No such file/);
    // A signal by hand still works, and the reload writes the file anew.
    master.signal("SIGHUP");
    await master.ready(2);
    await until(() => exists(scene.path("procmgr.pid")), {
      what: "the pid file, written anew",
    });
    assertEquals((await master.command("-s", "reload", "--wait")).code, 0);
    master.expectFds(undefined);
  }),
);

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function assertRefused(scene: Scene, ...more: string[]): Promise<void> {
  scene.configure();
  const args = ["-p", scene.folder, "-s", "stop", ...more];
  const { code, stdout, stderr } = await scene.run(...args);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /^procmgr: \[error\] .*procmgr\.pid.*\n$/);
}
