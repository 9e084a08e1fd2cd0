/**
 * Upgrades that cannot be: each leaves the running service untouched and says
 * what happened, in the log and to whoever waits.
 */

import { assertEquals, assertMatch } from "@std/assert";
import type { Scene } from "../support/harness.ts";
import { IS_ROOT, scene } from "../support/harness.ts";
import { readText } from "../support/log.ts";
import type { Master } from "../support/master.ts";
import { titleOf } from "../support/proc.ts";
import { programCommand } from "../support/program.ts";
import { until } from "../support/until.ts";

const LINK = "program";

/** An ELF header of a machine that nobody has: EM_68K. <elf.h> */
const FOREIGN_ELF = new Uint8Array([
  ...[0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[2, 0, 4, 0, 1, 0, 0, 0],
]);

/** What the path becomes, and what is said then. */
const PROGRAMS: readonly {
  readonly what: string;
  readonly make: (path: string) => void;
  readonly said: RegExp;
  readonly alert?: true;
}[] = [
  {
    what: "missing",
    make: () => {},
    said: /execve\(\) of new binary process ".*program" failed \(2: No such/,
  },
  {
    what: "not executable",
    make: (path) => Deno.writeTextFileSync(path, "#!/bin/sh\n"),
    said: /execve\(\) of new binary .* failed \(13: Permission denied\)/,
  },
  {
    what: "a folder",
    make: (path) => Deno.mkdirSync(path),
    said: /execve\(\) of new binary .* failed \(13: Permission denied\)/,
  },
  {
    what: "of another machine",
    make: (path) => Deno.writeFileSync(path, FOREIGN_ELF, { mode: 0o755 }),
    said: /execve\(\) of new binary .* failed \(8: Exec format error\)/,
  },
  {
    what: "no program at all",
    make: (path) => Deno.writeTextFileSync(path, "hello\n", { mode: 0o755 }),
    said: /execve\(\) of new binary .* failed \(8: Exec format error\)/,
  },
  {
    what: "a script without its interpreter",
    make: (path) => script(path, "#!/nowhere/sh\n"),
    said: /execve\(\) of new binary .* failed \(2: No such file/,
  },
  {
    what: "ending at once with 3",
    make: (path) => script(path, "#!/bin/sh\nexit 3\n"),
    said: /new binary process \d+ exited with code 3 before it was ready/,
  },
  {
    what: "ending with 0",
    make: (path) => script(path, "#!/bin/sh\nexit 0\n"),
    said: /new binary process \d+ exited with code 0 before it was ready/,
  },
  {
    what: "crashing",
    make: (path) => script(path, "#!/bin/sh\nkill -ABRT $$\n"),
    said: /new binary process \d+ exited on signal 6 before it was ready/,
    alert: true,
  },
];

function script(path: string, text: string): void {
  Deno.writeTextFileSync(path, text, { mode: 0o755 });
}

/** Make room at a path, whatever is there. */
function replace(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // Nothing was.
  }
}

/** The service is as it was. */
async function assertUntouched(
  scene: Scene,
  master: Master,
  workers: readonly number[],
): Promise<void> {
  assertEquals(await master.settled(workers.length), workers);
  assertEquals((await master.request()).status, 200);
  const pidFile = scene.path("procmgr.pid");
  assertEquals(readText(pidFile), `${master.pid}\n`);
  const others = [...Deno.readDirSync(scene.folder)]
    .filter(({ name }) => /^procmgr\.pid./.test(name));
  assertEquals(others, []);
}

for (const { what, make, said, alert } of PROGRAMS) {
  Deno.test(
    `an upgrade to a program that is ${what} is backed out`,
    scene(async (scene) => {
      const master = await scene.start({ worker_processes: 1 }, { link: LINK });
      const workers = master.workers();
      Deno.removeSync(scene.path(LINK));
      make(scene.path(LINK));
      if (alert) scene.announce(/new binary process \d+ exited on signal/);
      const outcome = await master.command("-s", "upgrade", "--wait");
      assertEquals(outcome.code, 1, outcome.stderr);
      assertMatch(outcome.stderr, said);
      await master.log.expect(/no upgrade, generation 1 goes on/);
      await assertUntouched(scene, master, workers);
      // What is repaired is tried again.
      replace(scene.path(LINK));
      const [program = ""] = programCommand();
      Deno.symlinkSync(program, scene.path(LINK));
      assertEquals((await master.command("-s", "upgrade", "--wait")).code, 0);
      await scene.successor(master);
      await master.ended();
    }),
  );
}

Deno.test(
  "an upgrade to a program that hangs is ended and backed out",
  scene(async (scene) => {
    const master = await scene.start(
      { worker_processes: 1, worker_startup_timeout: "4s" },
      { link: LINK },
    );
    const workers = master.workers();
    Deno.removeSync(scene.path(LINK));
    const text = "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n";
    script(scene.path(LINK), text);
    const outcome = await master.command("-s", "upgrade", "--wait");
    assertEquals(outcome.code, 1);
    assertMatch(outcome.stderr, /exited on signal 9 .*not ready in time/);
    await master.log.expect(/\[error\] .*was not ready in time, terminating/);
    await assertUntouched(scene, master, workers);
  }),
);

Deno.test(
  "an upgrade with a wrong configuration says what is wrong",
  scene(async (scene) => {
    const master = await scene.start();
    const workers = master.workers();
    scene.announce(/unknown directive "bogus"/);
    scene.configure({ bogus: 1 });
    master.signal("SIGUSR2");
    await master.log.expect(
      /no upgrade, .* exited with code 1 before it was ready: .*"bogus"/,
    );
    await assertUntouched(scene, master, workers);
  }),
);

Deno.test(
  "an upgrade whose app does not start says why",
  scene(async (scene) => {
    scene.useApp("app.ts", "hello.ts");
    const master = await scene.start({ app: "./app.ts" });
    const workers = master.workers();
    scene.useApp("app.ts", "throw_at_boot.ts");
    scene.announce(/broken on purpose|could not start/);
    const outcome = await master.command("-s", "upgrade", "--wait");
    assertEquals(outcome.code, 1);
    assertMatch(outcome.stderr, /exited with code 1 .*RangeError: broken/);
    await assertUntouched(scene, master, workers);
  }),
);

Deno.test(
  "an upgrade over somebody's .oldbin is refused, over a stale one it is not",
  scene(async (scene) => {
    const master = await scene.start();
    const workers = master.workers();
    const oldbin = scene.path("procmgr.pid.oldbin");
    Deno.mkdirSync(oldbin);
    const folder = await master.command("-s", "upgrade", "--wait");
    assertEquals(folder.code, 1);
    assertMatch(folder.stderr, /rename\(\) ".*\.oldbin" failed \(21: Is a dir/);
    Deno.removeSync(oldbin);
    // A master of its own has that name.
    const locker = new Deno.Command("flock", {
      args: ["-x", oldbin, "sleep", "100"],
    }).spawn();
    try {
      await until(() => locked(oldbin), { what: "the lock" });
      const held = await master.command("-s", "upgrade", "--wait");
      assertEquals(held.code, 1);
      assertMatch(held.stderr, /\.oldbin" failed \(11: another master runs/);
      Deno.removeSync(oldbin);
    } finally {
      locker.kill("SIGKILL");
      await locker.status;
    }
    await assertUntouched(scene, master, workers);
    scene.write("procmgr.pid.oldbin", "4711\n");
    assertEquals((await master.command("-s", "upgrade", "--wait")).code, 0);
    await scene.successor(master);
    await master.ended();
  }),
);

function locked(path: string): boolean {
  try {
    const { ino } = Deno.statSync(path);
    return readText("/proc/locks").includes(`:${ino} `);
  } catch {
    return false;
  }
}

Deno.test({
  name: "an upgrade in a folder that is read-only is refused (needs root)",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    Deno.mkdirSync(scene.path("run"));
    const master = await scene.start({ pid: "run/procmgr.pid" });
    const workers = master.workers();
    const run = scene.path("run");
    const mount = (...args: readonly string[]): void => {
      const { success, stderr } = new Deno.Command("mount", {
        args: [...args],
      }).outputSync();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
    };
    mount("--bind", run, run);
    try {
      mount("-o", "remount,bind,ro", run);
      master.signal("SIGUSR2");
      await master.log.expect(
        /\[error\] .*rename\(\) ".*" failed \(30: Read-only file system\)/,
      );
      await master.log.expect(/no upgrade, generation 1 goes on/);
    } finally {
      new Deno.Command("umount", { args: [run] }).outputSync();
    }
    assertEquals(await master.settled(2), workers);
    assertEquals(readText(`${run}/procmgr.pid`), `${master.pid}\n`);
  }),
});

const INHERITANCES: readonly (readonly [string, string, RegExp])[] = [
  ["no inheritance", "4;5;", /invalid PROCMGR_INHERITANCE .*not a JSON object/],
  [
    "a number of no socket",
    JSON.stringify({
      master: 1,
      pidFile: null,
      groups: [{
        address: "127.0.0.1:0",
        bound: "127.0.0.1:1",
        ipv6Only: false,
        accepting: null,
        sockets: [{ fd: 2, ordinal: 0 }, { fd: 999, ordinal: 1 }],
      }],
    }),
    /\[error\] .*invalid socket number "2" in PROCMGR_INHERITANCE/,
  ],
];

for (const [what, value, said] of INHERITANCES) {
  Deno.test(
    `a start with ${what} in the environment says so and opens its own`,
    scene(async (scene) => {
      const master = await scene.start({}, {
        env: { PROCMGR_INHERITANCE: value },
      });
      await master.log.expect(said);
      assertEquals((await master.request()).status, 200);
      for (const pid of master.workers()) {
        const environ = readText(`/proc/${pid}/environ`);
        assertEquals(environ.includes("PROCMGR_INHERITANCE"), false);
        assertMatch(titleOf(pid), /worker process/);
      }
    }),
  );
}
