/**
 * A zone in the hands of manager and loader, on a real disk: what goes, what
 * is found, and an index that is right again.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { toBytes, toMilliseconds } from "../../src/base/unit.ts";
import { hashOf, TEMPORARY } from "../../src/cache/key.ts";
import { openLoadedZone } from "../../src/cache/loaded_zone.ts";
import { openManagedZone } from "../../src/cache/managed_zone.ts";
import type { ZoneNotice } from "../../src/cache/notice.ts";
import type { ManagedZone, ZoneHost } from "../../src/cache/zone.ts";
import { INDEX, ZoneIndex } from "../../src/cache/zone_index.ts";
import { bodyOf, headOf, TestZone } from "../support/test_zone.ts";

const WORKER = { pid: 1, role: "worker" } as const;
const LOADER = { pid: 2, role: "cache_loader" } as const;
const NEVER = new AbortController().signal;

/** A manager of a zone, told by hand. */
class TestManager {
  readonly zone: ManagedZone;
  readonly said: string[] = [];
  wanted = 0;

  constructor({ config }: TestZone) {
    this.zone = openManagedZone(config, {
      log: (level, text) => this.said.push(`${level} ${text}`),
      send: () => false,
      wantPass: () => this.wanted += 1,
    });
  }

  /** Everything that a worker told, once. */
  hear(notices: ZoneNotice[]): void {
    for (const notice of notices.splice(0)) this.zone.hear?.(notice, WORKER);
  }

  async passes(times = 1): Promise<number> {
    let nextMs = 0;
    for (; times > 0; times--) nextMs = await this.zone.manage(NEVER);
    return nextMs;
  }
}

/** Store entries of so many bytes, and tell of them; used in that order. */
async function fill(
  zone: TestZone,
  keys: readonly string[],
  bytes = 4000,
): Promise<void> {
  const store = zone.open();
  for (const [storedAtMs, key] of keys.entries()) {
    await store.store(headOf(key, { storedAtMs }), bodyOf(bytes));
  }
  store.close();
}

function keysIn(zone: TestZone): readonly string[] {
  return [...zone.open().list()].map(({ key }) => key).sort();
}

/** What the index has, once nobody has it open. */
function totalsOf(zone: TestZone): { entries: number; bytes: number } {
  const index = new ZoneIndex(zone.folder);
  const totals = index.totals;
  index.close(true);
  return totals;
}

function hostOf(over: Partial<ZoneHost> = {}): ZoneHost {
  const ignore = (): void => {};
  return { log: ignore, send: () => true, wantPass: ignore, ...over };
}

async function load(
  zone: TestZone,
  host: ZoneHost = hostOf(),
): Promise<number> {
  const loaded = openLoadedZone(zone.config, host);
  for (let passes = 1; passes < 100; passes++) {
    if (await loaded.load(NEVER)) return passes;
  }
  throw new Error("it does not come to its end");
}

function keys(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => `k${number}`);
}

Deno.test("the least recently used go, as many as a pass may remove", async () => {
  const pass = {
    filesMax: 30,
    thresholdMs: toMilliseconds(60_000),
    sleepMs: toMilliseconds(7),
  };
  using zone = new TestZone({
    sizeBytesMax: toBytes(1_300_000),
    manager: pass,
  });
  const manager = new TestManager(zone);
  await fill(zone, keys(100), 20_000);
  manager.hear(zone.notices);
  assert(manager.wanted > 0);
  const store = zone.open();
  store.read("k0")?.close();
  store.close();
  manager.hear(zone.notices);
  // 100 of 20 KiB, and the index itself.
  assertEquals(await manager.passes(), 7);
  assertEquals(keysIn(zone).length, 70);
  assert(await manager.passes(4) > 7);
  const left = keysIn(zone);
  assert(
    left.length >= 5 && left.length <= 1_300_000 / 20_480,
    `${left.length}`,
  );
  assert(left.includes("k99") && left.includes("k0"));
  assertMatch(
    manager.said.join("\n"),
    /info .*removed 30 files \(614400 bytes\)/,
  );
  manager.zone.close?.();
  assertEquals(totalsOf(zone).entries, left.length);
});

Deno.test("what nobody used for long goes", async () => {
  using zone = new TestZone({ inactiveMs: toMilliseconds(300) });
  const manager = new TestManager(zone);
  await fill(zone, keys(5));
  manager.hear(zone.notices);
  const nextMs = await manager.passes();
  assert(nextMs > 0 && nextMs <= 300, `${nextMs}`);
  assertEquals(keysIn(zone).length, 5);
  const end = Date.now() + 320;
  while (Date.now() < end) await zone.open().store(headOf("x"), bodyOf(1));
  await manager.passes();
  assertEquals(keysIn(zone), ["x"]);
  manager.zone.close?.();
});

Deno.test("under min_free everything goes", async () => {
  using zone = new TestZone({ freeBytesMin: toBytes(2 ** 50) });
  const manager = new TestManager(zone);
  await fill(zone, keys(30));
  manager.hear(zone.notices);
  await manager.passes(2);
  assertEquals(keysIn(zone), []);
  manager.zone.close?.();
});

Deno.test("the loader tells what is there, removes what is broken", async () => {
  using zone = new TestZone();
  await fill(zone, keys(250));
  zone.notices.length = 0;
  Deno.truncateSync(zone.fileOf("k3"), 10);
  Deno.writeFileSync(zone.fileOf("k4"), bodyOf(4000));
  Deno.renameSync(zone.fileOf("k5"), `${zone.folder}/${hashOf("k5")}`);
  Deno.copyFileSync(zone.fileOf("k6"), `${zone.folder}/copy`);
  Deno.writeTextFileSync(`${zone.folder}/README`, "not ours");
  Deno.mkdirSync(`${zone.folder}/.lock`);
  Deno.writeTextFileSync(`${zone.folder}/.lock/x`, "not an entry");
  const temporary = `${zone.folder}/${TEMPORARY}`;
  Deno.writeTextFileSync(`${temporary}/dead`, "x");
  Deno.utimeSync(`${temporary}/dead`, 1, 1);
  Deno.writeTextFileSync(`${temporary}/young`, "x");
  using locked = Deno.openSync(`${temporary}/alive`, {
    createNew: true,
    write: true,
  });
  locked.lockSync(true);
  Deno.utimeSync(`${temporary}/alive`, 1, 1);

  const told: ZoneNotice[] = [];
  const said: string[] = [];
  const passes = await load(
    zone,
    hostOf({
      send: (notice) => told.push(notice) > 0,
      log: (_, text) => said.push(text),
    }),
  );
  // 253 files, 100 in each pass.
  assertEquals(passes, 3);
  const found = told.flatMap(({ found }) => found.map(({ hash }) => hash));
  assertEquals(new Set(found).size, 247);
  assertEquals([found.length, told.at(-1)?.isLast], [247, true]);
  assertMatch(
    said.at(-1) ?? "",
    /0\.96\dM, files: 247, broken and removed: 4, temporary and removed: 1, not ours and left alone: 1$/,
  );
  assertEquals(keysIn(zone).length, 247);
  assertEquals([...zone.temporary()].sort(), ["alive", "young"]);
  assert(Deno.statSync(`${zone.folder}/README`).isFile);
  assert(Deno.statSync(`${zone.folder}/.lock/x`).isFile);
});

Deno.test("a loader waits for a manager that does not listen, but not for ever", async () => {
  using zone = new TestZone();
  await fill(zone, keys(150));
  let refusals = 3;
  const told: ZoneNotice[] = [];
  const passes = await load(
    zone,
    hostOf({
      send: (notice) => refusals-- <= 0 && told.push(notice) > 0,
    }),
  );
  assert(passes > 3);
  assertEquals(told.flatMap(({ found }) => found).length, 150);
});

Deno.test("an index that nobody closed is right again after a walk", async () => {
  using zone = new TestZone();
  const killed = new TestManager(zone);
  await fill(zone, keys(100));
  killed.hear(zone.notices);
  await killed.passes();
  // What the manager never heard of: k100 to k109 are there, k0 is not.
  await fill(zone, keys(110).slice(100));
  zone.notices.length = 0;
  Deno.removeSync(zone.fileOf("k0"));

  const manager = new TestManager(zone);
  await manager.passes(30);
  assertMatch(manager.said.join("\n"), /the index is complete, 109 entries/);
  manager.zone.close?.();
  assertEquals(totalsOf(zone).entries, 109);

  // Closed as it should be: there is nothing to repair.
  const next = new TestManager(zone);
  await next.passes(30);
  assertEquals(next.said, []);
  next.zone.close?.();
});

Deno.test("the loader's walk makes it right as well", async () => {
  using zone = new TestZone({ loaderDelayMs: toMilliseconds(3_600_000) });
  await fill(zone, keys(100));
  zone.notices.length = 0;
  const manager = new TestManager(zone);
  await manager.passes();
  await load(
    zone,
    hostOf({
      send: (notice) => {
        manager.zone.hear?.(notice, LOADER);
        return true;
      },
    }),
  );
  await manager.passes(10);
  assertMatch(manager.said.join("\n"), /the index is complete, 100 entries/);
  manager.zone.close?.();
});

Deno.test("who was cut off, or lost something, is looked after", async () => {
  for (const isLost of [true, false]) {
    using zone = new TestZone();
    const first = new TestManager(zone);
    await first.passes(3);
    first.zone.close?.();
    const manager = new TestManager(zone);
    await fill(zone, keys(20));
    const [notice] = zone.notices;
    assert(notice !== undefined);
    const short = { ...notice, stored: [], isLast: false };
    manager.zone.hear?.({ ...short, lost: isLost ? 20 : 0 }, WORKER);
    if (!isLost) manager.zone.part?.(WORKER);
    await manager.passes(10);
    assertMatch(manager.said.join("\n"), /the index is complete, 20 entries/);
    manager.zone.close?.();
  }
});

Deno.test("an entry that is used, and unknown, is known", async () => {
  using zone = new TestZone({ loaderDelayMs: toMilliseconds(3_600_000) });
  await fill(zone, ["k"]);
  zone.notices.length = 0;
  const store = zone.open();
  store.read("k")?.close();
  store.close();
  const manager = new TestManager(zone);
  manager.hear(zone.notices);
  manager.zone.close?.();
  assertEquals(totalsOf(zone).entries, 1);
});

Deno.test("an index that is rubbish is made anew", async () => {
  using zone = new TestZone();
  await fill(zone, keys(10));
  zone.notices.length = 0;
  Deno.writeFileSync(`${zone.folder}/${INDEX}`, bodyOf(10_000));
  const manager = new TestManager(zone);
  await manager.passes(10);
  assertMatch(manager.said.join("\n"), /the index is broken/);
  assertMatch(manager.said.join("\n"), /the index is complete, 10 entries/);
  manager.zone.close?.();
  assertEquals(totalsOf(zone).entries, 10);
});

Deno.test("two managers of a reload count everything once", async () => {
  using zone = new TestZone();
  const [old, young] = [new TestManager(zone), new TestManager(zone)];
  await fill(zone, keys(50));
  for (const notice of zone.notices) {
    old.zone.hear?.(notice, WORKER);
    young.zone.hear?.(notice, WORKER);
  }
  await Promise.all([old.passes(), young.passes()]);
  old.zone.close?.();
  young.zone.close?.();
  assertEquals(totalsOf(zone), { entries: 50, bytes: 50 * 4096 });
});

Deno.test("what has a tag is purged, with the index and without", async () => {
  using zone = new TestZone();
  const manager = new TestManager(zone);
  const store = zone.open();
  for (const key of keys(40)) {
    const tags = Number(key.slice(1)) % 2 === 0 ? ["even", key] : [key];
    await store.store(headOf(key, { tags }), bodyOf(10));
  }
  // The manager was told of nothing: the files are asked.
  assertEquals(await store.purge("k1"), { ok: true, value: 1 });
  manager.hear(zone.notices);
  await manager.passes(10);
  assertEquals(await store.purge("even"), { ok: true, value: 20 });
  assertEquals(await store.purge("even"), { ok: true, value: 0 });
  assertEquals(keysIn(zone).length, 19);
  // Made before the purge, told of after it.
  await store.store(headOf("late", { tags: ["even"] }), bodyOf(10));
  const young = { tags: ["even"], storedAtMs: Date.now() + 60_000 };
  await store.store(headOf("young", young), bodyOf(10));
  store.close();
  manager.hear(zone.notices);
  assertEquals([store.read("late"), store.read("young")?.bodyBytes], [
    undefined,
    10,
  ]);
  manager.zone.close?.();
  assertEquals(totalsOf(zone).entries, 20);
});
