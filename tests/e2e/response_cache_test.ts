/** A cache in front of an app, with real workers and real deaths. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { fixturePath } from "../support/config.ts";
import { type Scene, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { titleOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

async function start(
  scene: Scene,
  more = {},
  log = "error.log",
): Promise<Master> {
  const master = await scene.start({
    app: fixturePath("cached_app.ts"),
    worker_processes: 2,
    env: { PROCMGR_TEST_CALLS: scene.path("calls") },
    cache: { web: { path: "cache", loader_delay: 0 } },
    response_cache: "web",
    error_log: log,
    ...more,
  }, { logs: [log] });
  // The helpers start after what counts as ready, and bring descriptors.
  master.expectFds(undefined);
  return master;
}

function callsOf(scene: Scene, path: string): number {
  const lines = Deno.readTextFileSync(scene.path("calls")).split("\n");
  return lines.filter((line) => line === path).length;
}

/** By any of the workers: a connection of its own. */
async function said(master: Master, path: string): Promise<string> {
  const { headers } = await master.request(path);
  return headers.get("cache-status") ?? "";
}

Deno.test(
  "fifty who miss at once on two workers ask the app once, a restart never",
  scene(async (scene) => {
    const master = await start(scene);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => master.request("/slow")),
    );
    assertEquals(new Set(answers.map(({ body }) => body)).size, 1);
    assertEquals(callsOf(scene, "/slow"), 1);
    await until(async () => /hit/.test(await said(master, "/slow")), {
      what: "a hit",
    });
    const port = master.port();
    await master.stop("SIGQUIT");
    const listen = `127.0.0.1:${port}`;
    const again = await start(scene, { listen }, "again.log");
    const { body, headers } = await again.request("/slow");
    assertMatch(headers.get("cache-status") ?? "", /^procmgr; hit; ttl=\d+$/);
    assertEquals(body, answers[0]?.body);
    assertEquals(callsOf(scene, "/slow"), 1);
  }),
);

Deno.test(
  "a purge holds in all workers: by the hook and by the command line",
  scene(async (scene) => {
    const master = await start(scene);
    // As the test's client names the host.
    const base = "http://localhost";
    const stored = async (): Promise<void> => {
      await until(async () => /hit/.test(await said(master, "/tagged")), {
        what: "a hit",
      });
    };
    const purges = [
      () => master.request("/purge-tag"),
      () =>
        master.request(`/purge-url?${encodeURIComponent(`${base}/tagged`)}`),
      () => master.command("--purge-tag", "news"),
      () => master.command("--purge-url", `${base}/tagged`),
    ];
    for (const [index, purge] of purges.entries()) {
      await stored();
      const done = await purge();
      if ("code" in done) assertEquals(done.code, 0, done.stderr);
      assertMatch(await said(master, "/tagged"), /fwd=miss/, `purge ${index}`);
    }
    const wrong = await master.command("--purge-tag", "a,b");
    assertEquals(wrong.code, 1);
  }),
);

Deno.test(
  "info.cache() is one cache for all workers, also after a reload",
  scene(async (scene) => {
    const master = await start(scene, { response_cache: "off" });
    const { body } = await master.request("/keep");
    const seen = async (): Promise<string> =>
      (await master.request("/kept")).body;
    for (let count = 0; count < 8; count++) assertEquals(await seen(), body);
    await master.reload();
    assertEquals(await seen(), body);
  }),
);

const CLIENTS = 8;
const KILLS = 4;

Deno.test(
  "killed workers, manager and loader: no wrong byte, and the rest goes on",
  scene(async (scene) => {
    const exits = "exited on signal 9";
    scene.announce(new RegExp(`worker process \\d+ ${exits}`));
    scene.announce(new RegExp(`cache \\w+ process \\d+ ${exits}`));
    const master = await start(scene);
    const url = `http://127.0.0.1:${master.port()}/hashed`;
    const load = { isOver: false, wrong: 0, failed: 0, hits: 0, all: 0 };
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let turn = client; !load.isOver; turn++) {
        await askHashed(`${url}/${40_000 + 7919 * (turn % 40)}`, load);
      }
    });
    for (let count = 0; count < KILLS; count++) {
      const before = load.all;
      await until(() => load.all > before + 100, { what: "answers" });
      const [worker] = master.workers();
      const helpers = master.children().filter((pid) =>
        titleOf(pid)?.startsWith("procmgr: cache ")
      );
      for (const pid of [worker, ...helpers]) {
        if (pid !== undefined) Deno.kill(pid, "SIGKILL");
      }
      await until(() => {
        const workers = master.workers();
        return workers.length === 2 && !workers.includes(worker ?? 0);
      }, { what: "two workers" });
    }
    load.isOver = true;
    await Promise.all(clients);
    assertEquals(load.wrong, 0);
    assert(load.failed <= CLIENTS * KILLS, `${load.failed} failed`);
    assert(load.hits > load.all / 4, `${load.hits} hits of ${load.all}`);
  }),
);

async function askHashed(
  url: string,
  load: { wrong: number; failed: number; hits: number; all: number },
): Promise<void> {
  try {
    const response = await fetch(url);
    const bytes = await response.bytes();
    const hash = new TextDecoder().decode(bytes.subarray(0, 64));
    const sum = createHash("sha256").update(bytes.subarray(64)).digest("hex");
    if (hash !== sum || response.status !== 200) load.wrong += 1;
    if (/hit/.test(response.headers.get("cache-status") ?? "")) load.hits += 1;
  } catch {
    load.failed += 1;
  }
  load.all += 1;
}
