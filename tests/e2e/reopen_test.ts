/** SIGUSR1: the logs are opened anew, by everybody, and nothing is lost. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { IS_ROOT, scene } from "../support/harness.ts";
import { readText } from "../support/log.ts";
import { fdsOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

Deno.test(
  "SIGUSR1 goes on in a new file; the old one ends with saying so",
  scene(async (scene) => {
    const master = await scene.start();
    const [path, old] = [scene.path("error.log"), scene.path("error.log.1")];
    const workers = master.workers();
    Deno.renameSync(path, old);
    master.signal("SIGUSR1");
    await until(() => !holds([master.pid, ...workers], old), {
      what: "the old log, closed by all",
    });
    const before = readText(old);
    assertEquals(before.match(/reopening logs$/gm)?.length, 2 * 1 + 2);
    await master.reload();
    await master.settled(2);
    assertEquals(readText(old), before);
    assertMatch(readText(path), /generation 2 is ready/);
    assertMatch(readText(path), /gracefully shutting down/);
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o644);
  }),
);

Deno.test(
  "--signal reopen --wait returns when everybody has",
  scene(async (scene) => {
    const master = await scene.start();
    const old = scene.path("error.log.1");
    Deno.renameSync(scene.path("error.log"), old);
    const { code, stderr } = await master.command("-s", "reopen", "--wait");
    assertEquals([code, stderr], [0, "procmgr: [notice] logs are reopened\n"]);
    assertEquals(holds([master.pid, ...master.workers()], old), false);
  }),
);

Deno.test(
  "a reopen that fails keeps the old file and says why",
  scene(async (scene) => {
    const log = scene.logAt("logs.1/error.log");
    Deno.mkdirSync(scene.path("logs"));
    const master = await scene.start(
      { error_log: { path: "logs/error.log", level: "info" } },
      { logs: ["logs/error.log"] },
    );
    Deno.renameSync(scene.path("logs"), scene.path("logs.1"));
    master.signal("SIGUSR1");
    await log.expectAlert(/open\(\) ".*logs\/error\.log" failed \(2: /, 3);
    Deno.renameSync(scene.path("logs.1"), scene.path("logs"));
    await master.reload();
  }),
);

Deno.test({
  name: "SIGUSR1 gives the new file to the workers' user",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    Deno.chmodSync(scene.folder, 0o777);
    const master = await scene.start({
      user: "nobody",
      app: worldReadableApp(scene.folder),
    });
    const path = scene.path("error.log");
    Deno.renameSync(path, scene.path("error.log.1"));
    const { code } = await master.command("-s", "reopen", "--wait");
    assertEquals(code, 0);
    const { uid, mode } = Deno.statSync(path);
    assertEquals(uid, uidOf("nobody"));
    assertEquals((mode ?? 0) & 0o200, 0o200);
    // The workers, who are not root, write into it.
    await master.reload();
    await master.settled(2);
    assertMatch(readText(path), /gracefully shutting down/);
    assert(!/failed/.test(readText(path)));
  }),
});

/** Whether one of these has that file open. */
function holds(pids: readonly number[], path: string): boolean {
  return pids.some((pid) => [...fdsOf(pid).values()].includes(path));
}

/** An app where everybody may read it. */
function worldReadableApp(folder: string): string {
  const path = `${folder}/app.ts`;
  Deno.writeTextFileSync(
    path,
    'export default { fetch: () => new Response("ok\\n") };\n',
  );
  return path;
}

function uidOf(name: string): number {
  const line = Deno.readTextFileSync("/etc/passwd").split("\n")
    .find((one) => one.startsWith(`${name}:`));
  return Number(line?.split(":")[2]);
}
