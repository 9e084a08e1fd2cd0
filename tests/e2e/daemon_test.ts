/**
 * `daemon: true`: the start command returns 0 when the workers are ready, else
 * it says why not; nothing of it is left in the daemon, and no daemon is left
 * of a start that nobody waits for.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import {
  childrenOf,
  fdsOf,
  isAlive,
  statOf,
  statusOf,
  titleOf,
} from "../support/proc.ts";
import { ask } from "../support/http_client.ts";
import type { Outcome } from "../support/program.ts";
import { until } from "../support/until.ts";

/** A daemon that was started. */
interface Daemon {
  readonly pid: number;
  readonly port: number;
  readonly start: Outcome;
}

function logOf(scene: Scene): string {
  return scene.logAt("error.log").text;
}

async function startDaemon(
  scene: Scene,
  config: Parameters<Scene["configure"]>[0] = {},
): Promise<Daemon> {
  scene.configure({ daemon: true, ...config });
  const start = await scene.run("-p", scene.folder);
  assertEquals(start.code, 0, start.stderr);
  const pid = Number(Deno.readTextFileSync(scene.path("procmgr.pid")));
  const port = Number(/listening on .*:(\d+)/.exec(logOf(scene))?.[1]);
  return { pid, port, start };
}

async function stop(
  { pid }: Daemon,
  signal: Deno.Signal = "SIGTERM",
): Promise<void> {
  Deno.kill(pid, signal);
  await gone(pid);
}

async function gone(pid: number): Promise<void> {
  await until(() => !isAlive(pid), { what: `the end of process ${pid}` });
}

Deno.test(
  "the start command returns when the daemon serves",
  scene(async (scene) => {
    const daemon = await startDaemon(scene);
    assertEquals(daemon.start.stderr, "");
    assertEquals((await ask({ port: daemon.port }, "/")).status, 200);
    const workers = childrenOf(daemon.pid).map(titleOf);
    assertEquals(workers, Array(2).fill("procmgr: worker process"));
    assertEquals(
      titleOf(daemon.pid),
      `procmgr: master process -p ${scene.folder}`,
    );
    await stop(daemon, "SIGQUIT");
  }),
);

Deno.test(
  "a daemon leads a session, and nothing of its start is left in it",
  scene(async (scene) => {
    const daemon = await startDaemon(scene);
    assertEquals(statOf(daemon.pid)?.session, daemon.pid);
    assertEquals(statusOf(daemon.pid, "Umask"), "0022");
    for (const pid of [daemon.pid, ...childrenOf(daemon.pid)]) {
      const fds = fdsOf(pid);
      assertEquals(fds.get(0), "/dev/null");
      assertEquals(fds.get(1), "/dev/null");
      assertEquals(fds.get(2), scene.path("error.log"));
      const pipes = [...fds.values()].filter((to) => to.startsWith("pipe:"));
      assertEquals(pipes, []);
    }
    await stop(daemon);
  }),
);

Deno.test(
  "a daemon keeps no descriptor that a script had open",
  scene(async (scene) => {
    scene.configure({ daemon: true });
    const script = 'exec 9>"$0"; exec "$@"';
    const start = scene.spawn({
      prefix: ["sh", "-c", script, scene.path("script.lock")],
    });
    assertEquals(await start.ended(), { kind: "code", code: 0 });
    const pid = Number(Deno.readTextFileSync(scene.path("procmgr.pid")));
    for (const one of [pid, ...childrenOf(pid)]) {
      const targets = [...fdsOf(one).values()];
      assert(!targets.includes(scene.path("script.lock")));
    }
    Deno.kill(pid, "SIGTERM");
    await gone(pid);
  }),
);

Deno.test(
  "-g takes nginx's form, and the log is a file without error_log",
  scene(async (scene) => {
    scene.configure({ error_log: undefined });
    const start = await scene.run("-p", scene.folder, "-g", "daemon on;");
    assertEquals(start.code, 0, start.stderr);
    assertMatch(logOf(scene), /generation 1 is ready|listening on/);
    const pid = Number(Deno.readTextFileSync(scene.path("procmgr.pid")));
    Deno.kill(pid, "SIGTERM");
    await gone(pid);
  }),
);

Deno.test(
  "the start command says why the workers are not ready",
  scene(async (scene) => {
    scene.configure({ daemon: true, app: "throw_at_boot.ts" });
    const start = await scene.run("-p", scene.folder);
    assertEquals(start.code, 1);
    assertMatch(start.stderr, /\[emerg\] could not start: worker process \d+/);
    assertMatch(start.stderr, /throw_at_boot\.ts" failed to start/);
    scene.logAt("error.log");
    scene.announce(/failed to start/, /could not start/);
  }),
);

Deno.test(
  "a configuration that is wrong starts nothing",
  scene(async (scene) => {
    scene.configure({ daemon: true, error_log: "stderr" });
    const start = await scene.run("-p", scene.folder);
    assertEquals(start.code, 1);
    assertStringIncludes(
      start.stderr,
      'error_log: "stderr" is not there when "daemon" is true',
    );
  }),
);

Deno.test(
  "Ctrl-C ends a start that is waiting, and the daemon with it",
  scene(async (scene) => {
    scene.configure({ daemon: true, app: "never_ready.ts" });
    const start = scene.spawn();
    await start.log.expect(/start worker process \d+/, 2);
    start.signal("SIGINT");
    assertEquals(await start.ended(), { kind: "code", code: 1 });
    await start.log.expect(
      /signal 2 \(SIGINT\) received, ending master process/,
    );
    await start.log.expectAlert(/exited with code 0 before it was ready/);
  }),
);

Deno.test(
  "a start command that is killed leaves no daemon behind",
  scene(async (scene) => {
    scene.configure({ daemon: true, app: "never_ready.ts" });
    const start = scene.spawn();
    await start.log.expect(/start worker process \d+/, 2);
    const [daemon = 0] = childrenOf(start.pid);
    start.signal("SIGKILL");
    await start.ended();
    await gone(daemon);
    await start.log.expectAlert(
      /could not start: the start command went away/,
    );
  }),
);

Deno.test(
  "a daemon that is killed before it is ready is a failed start",
  scene(async (scene) => {
    scene.configure({ daemon: true, app: "never_ready.ts" });
    const start = scene.spawn();
    await start.log.expect(/start worker process \d+/, 2);
    const [daemon = 0] = childrenOf(start.pid);
    Deno.kill(daemon, "SIGKILL");
    assertEquals(await start.ended(), { kind: "code", code: 1 });
    await start.log.expectAlert(/exited on signal 9 before it was ready/);
    // It could not remove its pid file; the lock is what counts.
    scene.spare("procmgr.pid");
  }),
);

Deno.test(
  "of two starts at once on one pid file the second refuses",
  scene(async (scene) => {
    scene.configure({ daemon: true });
    const starts = await Promise.all(
      [1, 2].map(() => scene.run("-p", scene.folder)),
    );
    const codes = starts.map(({ code }) => code).sort();
    assertEquals(codes, [0, 1], JSON.stringify(starts));
    const refused = starts.find(({ code }) => code === 1);
    assertMatch(refused?.stderr ?? "", /another master runs/);
    scene.logAt("error.log");
    scene.announce(/another master runs/);
    const pid = Number(Deno.readTextFileSync(scene.path("procmgr.pid")));
    assertEquals(childrenOf(pid).length, 2);
    Deno.kill(pid, "SIGTERM");
    await gone(pid);
  }),
);

Deno.test(
  "a daemon's stderr is its log, and follows a reopen",
  scene(async (scene) => {
    const daemon = await startDaemon(scene, { app: "exit_handlers.ts" });
    const all = [daemon.pid, ...childrenOf(daemon.pid)];
    Deno.renameSync(scene.path("error.log"), scene.path("error.log.1"));
    Deno.kill(daemon.pid, "SIGUSR1");
    await until(
      () =>
        all.every((pid) => {
          const targets = [...fdsOf(pid).values()];
          return fdsOf(pid).get(2) === scene.path("error.log") &&
            !targets.includes(scene.path("error.log.1"));
        }),
      { what: "everybody's stderr in the new log" },
    );
    await stop(daemon, "SIGQUIT");
    // What the app itself writes to stderr, too.
    assertMatch(logOf(scene), /^handler unload$/m);
  }),
);

Deno.test(
  "a daemon reloads, and a reload to the foreground changes nothing",
  scene(async (scene) => {
    const daemon = await startDaemon(scene);
    scene.configure({ daemon: false });
    const reload = await scene.run(
      "-p",
      scene.folder,
      "-s",
      "reload",
      "--wait",
    );
    assertEquals(reload.code, 0, reload.stderr);
    assertEquals(statOf(daemon.pid)?.session, daemon.pid);
    await stop(daemon);
  }),
);
