/**
 * Listening sockets from a service manager, given by the program that systemd
 * has for trying that. Skipped aloud where it is not installed.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { scene } from "../support/harness.ts";
import { ask } from "../support/http_client.ts";
import { DONE } from "../support/master.ts";
import { until } from "../support/until.ts";

const ACTIVATOR = "/usr/bin/systemd-socket-activate";

function isInstalled(): boolean {
  try {
    return Deno.statSync(ACTIVATOR).isFile;
  } catch {
    // Aloud: a suite that is green must not mean that nothing ran.
    // deno-lint-ignore no-console
    console.log(`skipped: ${ACTIVATOR} is not installed`);
    return false;
  }
}

/** A port nobody listens on. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Its environment is not passed on but for these. */
const PASSED = ["PROCMGR_TEST_MARK", "NO_COLOR", "DENO_DIR"];

Deno.test({
  name: "sockets of a service manager are used, through reload and upgrade",
  ignore: !isInstalled(),
  fn: scene(async (scene) => {
    const [port, other] = [freePort(), freePort()];
    const unix = scene.path("given.sock");
    scene.spare("given.sock");
    scene.configure({
      listen: [`127.0.0.1:${port}`, `unix:${unix}`],
      worker_processes: 2,
    });
    const sockets = [`127.0.0.1:${port}`, unix, `127.0.0.1:${other}`];
    const prefix = [
      ACTIVATOR,
      ...sockets.flatMap((address) => ["-l", address]),
      "--fdname=web:local:stray",
      ...PASSED.flatMap((name) => ["-E", name]),
    ];
    const master = scene.spawn({ prefix });
    // This one waits in the queue of the socket while everything starts.
    const first = await until(
      () => ask({ port }, "/").catch(() => undefined),
      { what: "an answer" },
    );
    assertEquals(first.status, 200);
    await master.ready();
    const { log } = master;
    assertEquals(log.count(/using socket 3 "web" .* for 127\.0\.0\.1:/), 1);
    assertEquals(log.count(/using socket 4 "local" .* for unix:/), 1);
    assertMatch(
      log.lines(/"stray"/)[0] ?? "",
      new RegExp(`\\[warn\\].* bound to 127\\.0\\.0\\.1:${other}, which no`),
    );
    assertEquals(log.count(/the workers share it/), 0);
    assertEquals((await ask({ path: unix }, "/")).status, 200);

    scene.configure({
      listen: [`127.0.0.1:${port}`, `unix:${unix}`],
      worker_processes: 1,
    });
    await master.reload();
    await master.settled(1);
    assertEquals((await ask({ port }, "/")).status, 200);

    const outcome = await master.command("--signal", "upgrade", "--wait");
    assertEquals(outcome.code, 0, outcome.stderr);
    const young = await scene.successor(master);
    assertEquals(await master.ended(), DONE);
    assertEquals((await ask({ port }, "/")).status, 200);
    assertEquals((await ask({ path: unix }, "/")).status, 200);
    await young.reload();
    await young.stop();
    // The service manager's file, not ours.
    assertEquals(Deno.lstatSync(unix).isSocket, true);
  }),
});
