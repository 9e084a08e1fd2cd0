/** The store of a zone on a real disk: whole entries, or none. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { hashOf, TEMPORARY } from "../../src/cache/key.ts";
import type { Entry } from "../../src/cache/stored_entry.ts";
import { until } from "../support/until.ts";
import { bodyOf, headOf, TestZone } from "../support/test_zone.ts";

async function readBody(
  entry: Entry | undefined,
  ...range: Parameters<Entry["body"]>
): Promise<Uint8Array> {
  assert(entry !== undefined);
  return await new Response(entry.body(...range)).bytes();
}

const SIZES = [0, 1, 1024, 64 * 1024 - 40, 64 * 1024, 64 * 1024 + 1, 1 << 20];

for (const fsync of ["off", "data", "full"] as const) {
  Deno.test(`what is stored is read, of every size, with fsync ${fsync}`, async () => {
    using zone = new TestZone({ fsync });
    const store = zone.open();
    for (const size of SIZES) {
      const key = `of ${size}`;
      assertEquals(store.read(key), undefined);
      const writer = store.begin(headOf(key));
      const body = bodyOf(size);
      for (let at = 0; at < size; at += 30_000) {
        assert((await writer.append(body.subarray(at, at + 30_000))).ok);
      }
      assertEquals(store.read(key), undefined);
      const committed = await writer.commit();
      assert(committed.ok);
      assertEquals(Deno.statSync(zone.fileOf(key)).size, committed.value);
      assertEquals(Deno.statSync(zone.fileOf(key)).mode! & 0o777, 0o600);
      const entry = store.read(key);
      assertEquals(entry?.head, headOf(key));
      assertEquals(entry?.bodyBytes, size);
      assertEquals(await readBody(entry), body);
      const range = { start: Math.min(3, size), end: size };
      const part = await readBody(store.read(key), range);
      assertEquals(part, body.slice(range.start));
    }
    assertEquals(zone.temporary(), []);
    assertEquals(zone.said, []);
    store.close();
    const { hits, misses, stores } = store.counters;
    assertEquals([hits, misses, stores], [14, 14, 7]);
    const filed = zone.notices.flatMap(({ stored }) => stored);
    assertEquals(filed.length, 7);
    assertEquals(filed[0]?.hash, hashOf("of 0"));
    assertEquals(zone.notices.at(-1)?.isLast, true);
  });
}

Deno.test("an entry that is read stays whole while another takes its place", async () => {
  using zone = new TestZone();
  const store = zone.open();
  const [old, young] = [bodyOf(1 << 20, 1), bodyOf(1 << 20, 2)];
  await store.store(headOf("k"), old);
  const entry = store.read("k");
  await store.store(headOf("k"), young);
  const other = store.read("k");
  await store.delete("k");
  assertEquals(await readBody(entry), old);
  assertEquals(await readBody(other), young);
  assertEquals(store.read("k"), undefined);
  assertEquals(await store.delete("k"), { ok: true, value: false });
});

Deno.test("of several who write the same one is the winner, whole", async () => {
  using zone = new TestZone();
  const store = zone.open();
  const bodies = [1, 2, 3, 4, 5, 6].map((seed) => bodyOf(300_000, seed));
  for (let round = 0; round < 5; round++) {
    await Promise.all(bodies.map(async (body) => {
      const writer = store.begin(headOf("k"));
      for (let at = 0; at < body.length; at += 50_000) {
        await writer.append(body.subarray(at, at + 50_000));
      }
      assert((await writer.commit()).ok);
    }));
    const read = await readBody(store.read("k"));
    assert(bodies.some((body) => read.every((byte, at) => byte === body[at])));
  }
  assertEquals([...store.list()].length, 1);
  assertEquals(zone.temporary(), []);
});

Deno.test("a new head for the same body, and none for what is gone", async () => {
  using zone = new TestZone();
  const store = zone.open();
  for (const size of [10, 200_000]) {
    await store.store(headOf("k"), bodyOf(size));
    const head = headOf("k", { storedAtMs: 2, status: 203, tags: ["t"] });
    assertEquals(await store.refresh(head), { ok: true, value: true });
    const entry = store.read("k");
    assertEquals(entry?.head, head);
    assertEquals(await readBody(entry), bodyOf(size));
  }
  assertEquals(await store.refresh(headOf("x")), { ok: true, value: false });
});

Deno.test("what is given up leaves nothing", async () => {
  using zone = new TestZone();
  const store = zone.open();
  const writer = store.begin(headOf("k"));
  await writer.append(bodyOf(200_000));
  assertEquals(zone.temporary().length, 1);
  writer.abort();
  assertEquals(zone.temporary(), []);
  assertEquals((await writer.append(bodyOf(1))).ok, false);
  assertEquals((await writer.commit()).ok, false);
  const long = store.begin(headOf("k".repeat(70_000)));
  const refused = await long.commit();
  assertEquals(!refused.ok && refused.error.code, "E2BIG");
  assertEquals(store.read("k"), undefined);
  assertEquals(store.counters.failures, 1);
});

Deno.test("the folder of an entry may be removed at any moment", async () => {
  using zone = new TestZone();
  const store = zone.open();
  await store.store(headOf("k"), bodyOf(10));
  Deno.removeSync(zone.fileOf("k").slice(0, -33), { recursive: true });
  Deno.removeSync(`${zone.folder}/${TEMPORARY}`, { recursive: true });
  assert((await store.store(headOf("k"), bodyOf(10))).ok);
  assert(store.read("k") !== undefined);
});

/** Every kind of damage; each leaves a file in the place of "k". */
const DAMAGES: Readonly<{ [what: string]: (file: string) => void }> = {
  "is empty": (file) => Deno.truncateSync(file, 0),
  "is short": (file) => Deno.truncateSync(file, 20),
  "has no body": (file) => Deno.truncateSync(file, 90),
  "lost its last byte": (file) =>
    Deno.truncateSync(file, Deno.statSync(file).size - 1),
  "has one byte more": (file) =>
    Deno.writeFileSync(file, new Uint8Array(1), { append: true }),
  "is rubbish": (file) => Deno.writeFileSync(file, bodyOf(5000, 3)),
  "is all zeros": (file) => Deno.writeFileSync(file, new Uint8Array(500)),
  "has another version": (file) => change(file, 4),
  "has a changed head": (file) => change(file, 60),
  "has a changed body": (file) => change(file, Deno.statSync(file).size - 2),
};

function change(file: string, at: number): void {
  const bytes = Deno.readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  Deno.writeFileSync(file, bytes);
}

for (const [what, damage] of Object.entries(DAMAGES)) {
  Deno.test(`a file that ${what} is counted, removed, and no entry`, async () => {
    using zone = new TestZone();
    const store = zone.open();
    await store.store(headOf("k"), bodyOf(1000));
    damage(zone.fileOf("k"));
    assertEquals(store.read("k"), undefined);
    assertEquals(store.counters.rejected, 1);
    assertEquals(zone.said.length, 1);
    await assertRejects(() => Deno.stat(zone.fileOf("k")));
    store.close();
    assertEquals(zone.notices.flatMap(({ gone }) => gone), [hashOf("k")]);
    await store.store(headOf("k"), bodyOf(1000));
    assertEquals(await readBody(store.read("k")), bodyOf(1000));
  });
}

Deno.test("another's file in its place is no entry", async () => {
  using zone = new TestZone();
  const store = zone.open();
  await store.store(headOf("k"), bodyOf(10));
  await store.store(headOf("other"), bodyOf(10));
  Deno.renameSync(zone.fileOf("other"), zone.fileOf("k"));
  assertEquals(store.read("k"), undefined);
  assertEquals(store.counters.rejected, 1);
});

Deno.test("a long body that is wrong never comes to its end", async () => {
  using zone = new TestZone();
  const store = zone.open();
  await store.store(headOf("k"), bodyOf(300_000));
  change(zone.fileOf("k"), 100_000);
  const entry = store.read("k");
  await assertRejects(() => readBody(entry), Error, "checksum");
  assertEquals(store.counters.rejected, 1);
  assertEquals(store.read("k"), undefined);
});

Deno.test("the manager is told soon, and of a use once a second", async () => {
  using zone = new TestZone();
  const store = zone.open();
  await store.store(headOf("k", { tags: ["t"] }), bodyOf(10));
  for (let times = 0; times < 5; times++) store.read("k")?.close();
  await until(() => zone.notices.length > 0, { what: "a notice" });
  const [notice] = zone.notices;
  assertEquals(notice?.stored.map(({ tags }) => tags), [["t"]]);
  assertEquals(notice?.used, [hashOf("k")]);
  for (let times = 0; times < 5; times++) store.read("k")?.close();
  store.close();
  assertEquals(zone.notices.flatMap(({ used }) => used).length, 1);
});
