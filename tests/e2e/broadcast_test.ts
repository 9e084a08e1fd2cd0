/**
 * `info.worker.broadcast(name)`: what one worker posts, every other worker of
 * its pool hears, in order and without loss.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ask } from "../support/http_client.ts";
import { scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { until } from "../support/until.ts";

/** What each worker answers, by pid; asks until `count` have. */
async function eachWorker<Answer extends { readonly pid: number }>(
  master: Master,
  path: string,
  count: number,
): Promise<ReadonlyMap<number, Answer>> {
  const answers = new Map<number, Answer>();
  await until(async () => {
    const { body } = await master.request(path);
    const answer = JSON.parse(body) as Answer;
    answers.set(answer.pid, answer);
    return answers.size >= count;
  }, { what: `answers of ${count} workers`, withinMs: 60_000 });
  return answers;
}

interface Heard {
  readonly pid: number;
  readonly heard: readonly { readonly text: string }[];
}

/** Wait until exactly the workers but `sender` heard the text. */
async function heardBy(
  master: Master,
  text: string,
  { count, sender }: { readonly count: number; readonly sender: number },
): Promise<void> {
  await until(async () => {
    const answers = await eachWorker<Heard>(master, "/heard", count);
    const who = [...answers.values()].filter(({ heard }) =>
      heard.some((one) => one.text === text)
    ).map(({ pid }) => pid);
    assert(!who.includes(sender), "the sender heard itself");
    return who.length === count - 1;
  }, { what: `"${text}" at everybody but ${sender}`, withinMs: 60_000 });
}

async function post(master: Master, text: string): Promise<number> {
  return Number((await master.request(`/post?text=${text}`)).body);
}

Deno.test(
  "a broadcast reaches every worker of the pool but its sender",
  scene(async (scene) => {
    const master = await scene.start({
      app: "broadcast.ts",
      worker_processes: 4,
    });
    const sender = await post(master, "hello");
    await heardBy(master, "hello", { count: 4, sender });
    const refused = await master.request("/bad");
    assertStringIncludes(refused.body, "DataCloneError");
  }),
);

Deno.test(
  "a worker that comes back is reached again, and nobody else is hurt",
  scene(async (scene) => {
    const master = await scene.start({
      app: "broadcast.ts",
      worker_processes: 3,
    });
    const [killed = 0] = await master.settled(3);
    Deno.kill(killed, "SIGKILL");
    await master.log.expectAlert(/exited on signal 9/);
    await master.gone(killed);
    await master.log.expect(/worker process \d+ is ready/, 4);
    const sender = await post(master, "again");
    await heardBy(master, "again", { count: 3, sender });
    assertEquals(master.log.count(/carried garbage/), 0);
  }),
);

Deno.test(
  "a reload's workers are reached, and the master keeps no descriptor",
  scene(async (scene) => {
    const master = await scene.start({
      app: "broadcast.ts",
      worker_processes: 2,
    });
    await master.reload();
    await master.settled(2);
    const sender = await post(master, "new");
    await heardBy(master, "new", { count: 2, sender });
  }),
);

Deno.test(
  "pools do not hear each other",
  scene(async (scene) => {
    const master = await scene.start({
      worker_processes: 2,
      pools: {
        one: { app: "broadcast.ts", listen: "127.0.0.1:0" },
        two: { app: "broadcast.ts", listen: "127.0.0.2:0" },
      },
    });
    const sender = await post(master, "ours");
    await heardBy(master, "ours", { count: 2, sender });
    const other = { hostname: "127.0.0.2", port: master.port(1) };
    const { body } = await ask(other, "/heard");
    assertEquals(JSON.parse(body).heard, []);
  }),
);

Deno.test(
  "16 workers exchange 100,000 messages: none lost, in order",
  scene(async (scene) => {
    const workers = 16;
    const count = 417;
    const master = await scene.start({
      app: "broadcast.ts",
      worker_processes: workers,
    });
    // Everybody is connected when everybody has heard everybody.
    await until(async () => {
      const all = await eachWorker<{ pid: number; present: number }>(
        master,
        "/here",
        workers,
      );
      return [...all.values()].every(({ present }) => present === workers - 1);
    }, { what: "a mesh of all", withinMs: 60_000 });
    const before = performance.now();
    await master.request(`/flood?count=${count}`);
    interface Tally {
      readonly pid: number;
      readonly flooded: number;
      readonly disordered: number;
      readonly dropped: number;
      readonly senders: number;
    }
    const wanted = count * (workers - 1);
    const tallies = await until(async () => {
      const all = await eachWorker<Tally>(master, "/tally", workers);
      return [...all.values()].every(({ flooded }) => flooded >= wanted) && all;
    }, { what: "every message", withinMs: 60_000 });
    const tookMs = performance.now() - before;
    for (const { pid: _, ...tally } of tallies.values()) {
      assertEquals(tally as Omit<Tally, "pid"> & { ordinal?: number }, {
        ...tally,
        flooded: wanted,
        disordered: 0,
        dropped: 0,
        senders: workers - 1,
      });
    }
    assertEquals(tallies.size, workers);
    assert(wanted * workers >= 100_000);
    assert(tookMs < 30_000);
  }),
);
