/**
 * The harness finds what it promises to find: each test leaves one thing
 * behind on purpose and expects the failure that names it.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import { isAlive } from "../support/proc.ts";
import { until } from "../support/until.ts";

/** What a scene says of its test; the folder it keeps is removed here. */
async function failureOf(body: (scene: Scene) => Promise<void>): Promise<
  string
> {
  let folder = "";
  const run = scene(async (scene) => {
    folder = scene.folder;
    await body(scene);
  });
  try {
    await run();
    return "";
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    assertStringIncludes(text, `kept: ${folder}`);
    Deno.removeSync(folder, { recursive: true });
    return text;
  }
}

Deno.test("scene() passes a good test and removes its folder", async () => {
  let folder = "";
  assertEquals(
    await failureOf(async (scene) => {
      folder = scene.folder;
      await scene.start();
    }),
    "",
  );
  assert(!Deno.readDirSync("/tmp").some(({ name }) => folder.endsWith(name)));
});

Deno.test("scene() finds and ends a process left behind", async () => {
  let pid = 0;
  const failure = await failureOf(async (scene) => {
    const master = await scene.start({ app: "fork_grandchild.ts" });
    pid = Number((await master.request()).body);
  });
  assertStringIncludes(failure, `still running: ${pid} `);
  await until(() => !isAlive(pid), { what: "the end of the sleep" });
});

Deno.test("scene() ends what runs when a test fails", async () => {
  let pid = 0;
  const failure = await failureOf(async (scene) => {
    pid = (await scene.start()).pid;
    throw new Error("the test's own failure");
  });
  assertStringIncludes(failure, "the test's own failure");
  assertStringIncludes(failure, "generation 1 is ready");
  await until(() => !isAlive(pid), { what: "the end of the master" });
});

Deno.test("scene() finds an alert that nobody announced", async () => {
  const failure = await failureOf(async (scene) => {
    const master = await scene.start();
    const [worker = 0] = master.workers();
    Deno.kill(worker, "SIGKILL");
    await master.log.expect(/exited on signal 9/);
  });
  assertStringIncludes(failure, "nobody announced:");
});

Deno.test("scene() misses an alert that was announced", async () => {
  const failure = await failureOf(async (scene) => {
    scene.announce(/exited on signal 9/);
    await scene.start();
  });
  assertStringIncludes(failure, "announced and not logged:");
});

Deno.test("scene() finds words that betray a bug", async () => {
  const failure = await failureOf((scene) => {
    scene.logAt("some.log");
    scene.write("some.log", "thread 'main' panicked at src/main.rs\n");
    return Promise.resolve();
  });
  assertStringIncludes(failure, "a bug shows:");
});

Deno.test("scene() finds sockets and pid files left behind", async () => {
  const sockets: Deno.UnixListener[] = [];
  const failure = await failureOf((scene) => {
    // Deno removes the file when it closes one; one that is never closed stays.
    sockets.push(
      Deno.listen({ transport: "unix", path: scene.path("left.sock") }),
    );
    scene.write("left.pid", "1\n");
    return Promise.resolve();
  });
  for (const socket of sockets) socket.unref();
  assertStringIncludes(failure, "pid file left behind: left.pid");
  assertStringIncludes(failure, "socket left behind: left.sock");
});

Deno.test("scene() finds a wrong exit code", async () => {
  const failure = await failureOf(async (scene) => {
    scene.announce(/exited on signal 9|master process is gone/);
    scene.spare("procmgr.pid", "procmgr.sock");
    const master = await scene.start();
    master.signal("SIGKILL");
  });
  assertStringIncludes(failure, "SIGKILL");
});

Deno.test("scene() finds descriptors the master did not have", async () => {
  const failure = await failureOf(async (scene) => {
    const master = await scene.start({ worker_processes: 1 });
    master.signal("SIGTTIN");
    await master.settled(2);
  });
  assertStringIncludes(failure, "descriptors, there are:");
});
