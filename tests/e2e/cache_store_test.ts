/**
 * The store under load: its size is kept, whoever is killed leaves every entry
 * whole or gone, and a disk that takes nothing harms nobody who reads.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createPrng } from "../../src/base/prng.ts";
import { TEMPORARY } from "../../src/cache/key.ts";
import { type TestConfig, testLogLevel } from "../support/config.ts";
import type { Scene } from "../support/harness.ts";
import { IS_ROOT, scene } from "../support/harness.ts";
import type { Master } from "../support/master.ts";
import { titleOf } from "../support/proc.ts";
import { until } from "../support/until.ts";

const MANAGER = "procmgr: cache manager process";

/** Asks one master; its connections end with it. */
class Client implements Disposable {
  readonly #http = Deno.createHttpClient({ poolIdleTimeout: 1000 });
  readonly #address: string;

  constructor(master: Master, { index = 0, host = "127.0.0.1" } = {}) {
    this.#address = `${host}:${master.port(index)}`;
  }

  async ask(
    method: string,
    path: string,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<{ readonly status: number; readonly bytes: Uint8Array }> {
    const url = `http://${this.#address}${path}`;
    const init = body === undefined ? { method } : { method, body };
    const response = await fetch(url, { ...init, client: this.#http });
    const bytes = await response.bytes();
    return { status: response.status, bytes };
  }

  [Symbol.dispose](): void {
    this.#http.close();
  }
}

/** A body that says what it is: whose, how long, and every byte of it. */
function bodyOf(
  key: number,
  length: number,
  seed: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, key);
  new DataView(bytes.buffer).setUint32(4, length);
  new DataView(bytes.buffer).setUint32(8, seed);
  for (let at = 12; at < length; at++) bytes[at] = (at * 13 + seed) & 255;
  return bytes;
}

/** Whether bytes are such a body of that key. */
function isWhole(bytes: Uint8Array, key: number): boolean {
  if (bytes.length < 12) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const seed = view.getUint32(8);
  const wanted = bodyOf(key, view.getUint32(4), seed);
  return view.getUint32(0) === key && wanted.length === bytes.length &&
    wanted.every((byte, at) => byte === bytes[at]);
}

/** Start a master that writes into that log, and no other does. */
async function start(
  scene: Scene,
  zone: TestConfig,
  { log = "error.log", ...config }: TestConfig & { readonly log?: string } = {},
): Promise<Master> {
  const master = await scene.start({
    app: "store_app.ts",
    error_log: { path: log, level: testLogLevel() },
    cache: { web: { path: "cache", levels: "1", loader_delay: 0, ...zone } },
    ...config,
  }, { logs: [log] });
  // The helpers start after what counts as ready, and bring descriptors.
  master.expectFds(undefined);
  return master;
}

/** For a second master. */
const SECOND = { log: "second.log" };

/** What a folder takes on the disk, as du says. */
async function diskBytes(folder: string): Promise<number> {
  const { stdout } = await new Deno.Command("du", {
    args: ["-s", "--block-size=1", folder],
    stderr: "null",
  }).output();
  return Number.parseInt(new TextDecoder().decode(stdout));
}

function managerOf(master: Master): number | undefined {
  return master.children().find((pid) => titleOf(pid) === MANAGER);
}

Deno.test(
  "ten times max_size is written, by two pools, and the zone stays below it",
  scene(async (scene) => {
    const sizeBytes = 2 * 1024 * 1024;
    const zone = { "max_size": "2m", fsync: "off", "manager_files": 1000 };
    const poolAt = (host: string): TestConfig => {
      return { app: "store_app.ts", listen: `${host}:0`, worker_processes: 1 };
    };
    const pools = { one: poolAt("127.0.0.1"), two: poolAt("127.0.0.2") };
    const config = { app: undefined, listen: undefined, pools };
    const master = await start(scene, zone, config);
    await master.log.expect(/cache manager process \d+ is ready/);
    using one = new Client(master);
    using two = new Client(master, { index: 1, host: "127.0.0.2" });
    const writes: { readonly at: number; readonly bytes: number }[] = [];
    let [key, most] = [0, 0];
    const write = async (client: Client): Promise<void> => {
      while (key < 210) {
        const number = key++;
        const body = bodyOf(number, 100_000, number);
        const { status } = await client.ask("PUT", `/${number}`, body);
        assertEquals(status, 200);
        writes.push({ at: performance.now(), bytes: 102_400 });
      }
    };
    const watch = async (): Promise<void> => {
      while (key < 210) {
        const since = performance.now() - 1000;
        const bytes = await diskBytes(scene.path("cache"));
        const fresh = writes.filter(({ at }) => at >= since)
          .reduce((sum, one) => sum + one.bytes, 0);
        assert(bytes <= sizeBytes + fresh, `${bytes} with ${fresh} just now`);
        most = Math.max(most, bytes);
      }
    };
    await Promise.all([write(one), write(two), write(one), watch()]);
    assert(most > sizeBytes / 2, `${most}`);
    await until(async () => {
      return await diskBytes(scene.path("cache")) <= sizeBytes;
    }, { what: "less than max_size" });
    await master.log.expect(/cache zone "web": removed \d+ files/);
    // Shared, and there after a restart; the first are gone.
    const newest = await two.ask("GET", "/209");
    assert(isWhole(newest.bytes, 209));
    assertEquals((await two.ask("GET", "/0")).status, 404);
    // What one pool stores the other can purge by its tag.
    await one.ask("PUT", "/tagged?tag=t", bodyOf(1, 100, 1));
    const purged = await two.ask("GET", "/purge?tag=t");
    assertMatch(new TextDecoder().decode(purged.bytes), /"ok":true/);
    await until(async () => {
      return (await one.ask("GET", "/tagged")).status === 404;
    }, { what: "the purge" });
    await master.stop("SIGQUIT");
    const next = await start(scene, zone, { ...config, ...SECOND });
    using again = new Client(next);
    assert(isWhole((await again.ask("GET", "/209")).bytes, 209));
    await next.log.expect(/file cache: .*cache \d+\.\d+M, files: \d+$/);
  }),
);

Deno.test(
  "whoever is killed while entries are written, each is whole or gone",
  scene(async (scene) => {
    const prng = createPrng(5);
    const master = await start(scene, { loader_delay: "300ms" }, {
      worker_processes: 3,
    });
    const manager = await until(() => managerOf(master), { what: "a manager" });
    using client = new Client(master);
    const counts = { stored: 0, read: 0, failed: 0 };
    let isOver = false;
    const ask = async (): Promise<void> => {
      const key = prng.int(20);
      const length = 12 + prng.int(prng.chance(0.5) ? 2000 : 300_000);
      const body = bodyOf(key, length, prng.int(1000));
      const { status } = await client.ask("PUT", `/${key}`, body);
      counts.stored += Number(status === 200);
      const read = await client.ask("GET", `/${prng.int(20)}`);
      counts.read += Number(read.status === 200);
    };
    const load = async (): Promise<void> => {
      // A killed worker's clients are cut off.
      while (!isOver) await ask().catch(() => counts.failed += 1);
    };
    const verify = async (): Promise<void> => {
      while (!isOver) {
        const key = prng.int(20);
        const read = await client.ask("GET", `/${key}`).catch(() => undefined);
        if (read?.status === 200) assert(isWhole(read.bytes, key), `${key}`);
      }
    };
    const kill = async (): Promise<void> => {
      for (let times = 0; times < 6; times++) {
        const before = counts.stored;
        await until(() => counts.stored >= before + 3 + prng.int(10), {
          what: "more stores",
        });
        const victim = times === 3
          ? managerOf(master)
          : prng.pick(master.workers());
        if (victim !== undefined) Deno.kill(victim, "SIGKILL");
      }
      isOver = true;
    };
    scene.announce(/process \d+ exited on signal 9/);
    await Promise.all([load(), load(), load(), load(), verify(), kill()]);
    assert(counts.read > 0);
    const second = await until(() => {
      const pid = managerOf(master);
      return pid !== manager && pid;
    }, { what: "another manager" });
    // It was killed, and makes its index right by itself.
    await master.log.expect(new RegExp(`${second}#\\d+: .*index is complete`));
    // Idle workers tell what they have; then nothing is unknown any more.
    await master.stop("SIGQUIT");
    const damaged = `${scene.path("cache")}/${firstFolder(scene)}`;
    for (const { name } of Deno.readDirSync(damaged)) {
      Deno.truncateSync(`${damaged}/${name}`, 50);
      break;
    }
    const next = await start(scene, {}, SECOND);
    await next.log.expect(/file cache: .*broken and removed: 1/);
    assertMatch(next.log.text, /\[error\].*is broken, removed: its length/);
    using other = new Client(next);
    for (let key = 0; key < 20; key++) {
      const { status, bytes } = await other.ask("GET", `/${key}`);
      assert(status === 404 || isWhole(bytes, key), `${key}: ${status}`);
    }
    const left = Deno.readDirSync(`${scene.path("cache")}/${TEMPORARY}`);
    assertEquals([...left], []);
  }),
);

function firstFolder(scene: Scene): string {
  const [first] = [...Deno.readDirSync(scene.path("cache"))]
    .filter(({ isDirectory, name }) => isDirectory && !name.startsWith("."));
  assert(first !== undefined);
  return first.name;
}

/** Whether it worked; a container may refuse it. */
async function mount(...args: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command("mount", {
    args: [...args],
    stderr: "null",
  }).output();
  return success;
}

async function unmount(path: string): Promise<void> {
  await new Deno.Command("umount", { args: ["-l", path] }).output();
}

Deno.test({
  name: "a full disk, and one that cannot be written, refuse stores alone",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    const folder = scene.path("cache");
    Deno.mkdirSync(folder);
    if (!await mount("-t", "tmpfs", "-o", "size=2m", "none", folder)) {
      // deno-lint-ignore no-console
      console.warn("SKIPPED: mount is refused here");
      return;
    }
    try {
      await fillAndLock(scene, folder);
    } finally {
      await unmount(folder);
    }
  }),
});

async function fillAndLock(scene: Scene, folder: string): Promise<void> {
  const master = await start(scene, {});
  using client = new Client(master);
  let stored = 0;
  for (;; stored++) {
    const body = bodyOf(stored, 200_000, stored);
    const { status, bytes } = await client.ask("PUT", `/${stored}`, body);
    if (status === 200) continue;
    assertEquals(new TextDecoder().decode(bytes), "ENOSPC");
    break;
  }
  assert(stored >= 3 && stored <= 10, `${stored}`);
  await master.log.expect(/\[error\].*web.*failed \(28: No space left/);
  assertEquals([...Deno.readDirSync(`${folder}/${TEMPORARY}`)], []);
  for (let key = 0; key < stored; key++) {
    assert(isWhole((await client.ask("GET", `/${key}`)).bytes, key));
  }
  assertEquals((await client.ask("DELETE", "/0")).status, 200);
  const body = bodyOf(77, 100_000, 1);
  assertEquals((await client.ask("PUT", "/77", body)).status, 200);
  await master.stop("SIGQUIT");

  assert(await mount("-o", "remount,ro", folder));
  const next = await start(scene, {}, SECOND);
  using reader = new Client(next);
  assert(isWhole((await reader.ask("GET", "/77")).bytes, 77));
  const refused = await reader.ask("PUT", "/78", body);
  assertEquals(refused.status, 507);
  assertEquals(new TextDecoder().decode(refused.bytes), "EROFS");
  await next.log.expect(/\[error\].*cache manager: /);
  await next.stop("SIGQUIT");
}
