/** Workers that do not end when they are told to: the ladder to SIGKILL. */

import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { scene } from "../support/harness.ts";
import { DONE } from "../support/master.ts";
import { until } from "../support/until.ts";

/** The last rung of nginx's ladder, and what a busy machine may add. */
const LADDER_MS = 3150;
const SLACK_MS = 2500;

Deno.test(
  "a stopped worker meets SIGKILL, however often the logs are reopened",
  scene(async (scene) => {
    const master = await scene.start();
    const [stopped = 0] = master.workers();
    Deno.kill(stopped, "SIGSTOP");
    const started = performance.now();
    master.signal("SIGTERM");
    // In nginx every one of these would start the ladder anew.
    await until(() => {
      if (master.exit === undefined) sendQuietly(master.pid, "SIGUSR1");
      return master.exit;
    }, { what: "the end of the master" });
    const tookMs = performance.now() - started;
    assertEquals(await master.ended(), DONE);
    assertGreater(tookMs, LADDER_MS - 200);
    assertLess(tookMs, LADDER_MS + SLACK_MS);
    await master.log.expectAlert(
      new RegExp(`\\[alert\\] .* ${stopped} exited on signal 9`),
    );
    const line = new RegExp(`${stopped} does not terminate, sending SIGKILL`);
    assertEquals(master.log.count(line), 1);
  }),
);

Deno.test(
  "a worker whose event loop hangs meets SIGKILL",
  scene(async (scene) => {
    const master = await scene.start({ app: "hang_event_loop.ts" });
    using held = await master.holdConnection();
    await held.send("/hang");
    await master.log.expect(/hangs from here on/);
    master.signal("SIGTERM");
    await master.log.expectAlert(/exited on signal 9/);
    assertEquals(await master.ended(), DONE);
    await held.closed();
  }),
);

Deno.test(
  "an app that is deaf to the master's commands meets SIGKILL",
  scene(async (scene) => {
    const master = await scene.start({
      app: "ignore_term.ts",
      worker_processes: 1,
    });
    master.signal("SIGTERM");
    await master.log.expectAlert(/exited on signal 9/);
    assertEquals(await master.ended(), DONE);
  }),
);

Deno.test(
  "a hanging worker does not hold a reload up, and is ended after its time",
  scene(async (scene) => {
    const master = await scene.start({
      app: "hang_event_loop.ts",
      worker_processes: 1,
      worker_shutdown_timeout: "500ms",
    });
    const [hanging = 0] = master.workers();
    using held = await master.holdConnection();
    await held.send("/hang");
    await master.log.expect(/hangs from here on/);
    await master.reload();
    assertEquals((await master.request()).body, "awake\n");
    await master.log.expect(
      new RegExp(`${hanging} did not drain in time, terminating it`),
    );
    await master.log.expectAlert(
      new RegExp(`${hanging} exited on signal 9`),
    );
    await master.settled(1);
    await held.closed();
  }),
);

function sendQuietly(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It ended a moment ago.
  }
}
