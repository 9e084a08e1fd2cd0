/** What is told to the cache manager. */

import { assert, assertEquals } from "@std/assert";
import type { FiledEntry, ZoneNotice } from "./notice.ts";
import { checkNotice, NoticeBatch, TAGS_LENGTH_MAX } from "./notice.ts";

/** src/channel/frame.ts */
const FRAME_BYTES_MAX = 32 * 1024;

function hashAt(number: number): string {
  return number.toString(16).padStart(32, "0");
}

function entryAt(number: number, tags: readonly string[] = []): FiledEntry {
  return { hash: hashAt(number), bytes: 100, atMs: number, tags };
}

function allOf(batch: NoticeBatch): readonly ZoneNotice[] {
  const notices: ZoneNotice[] = [];
  for (let next = batch.take(); next !== undefined; next = batch.take()) {
    notices.push(next);
  }
  return notices;
}

Deno.test("everything is told once, in order, in frames that fit", () => {
  const batch = new NoticeBatch("web");
  const tags = ["x".repeat(TAGS_LENGTH_MAX - 10)];
  for (let number = 0; number < 3000; number++) {
    batch.add({
      kind: "stored",
      entry: entryAt(number, number % 100 === 0 ? tags : []),
    });
    batch.add({ kind: "used", hash: hashAt(number % 1000) });
  }
  const notices = allOf(batch);
  for (const notice of notices) {
    assert(JSON.stringify(notice).length < FRAME_BYTES_MAX);
    assertEquals(checkNotice(JSON.parse(JSON.stringify(notice))), notice);
  }
  assertEquals(
    notices.flatMap(({ stored }) => stored.map(({ atMs }) => atMs)),
    Array.from({ length: 3000 }, (_, number) => number),
  );
  assertEquals(
    notices.flatMap(({ used }) => used).length,
    1000,
  );
  assert(batch.isEmpty);
});

Deno.test("what could not be sent comes first the next time", () => {
  const batch = new NoticeBatch("web");
  batch.add({ kind: "stored", entry: entryAt(1) });
  batch.add({ kind: "gone", hash: hashAt(2) });
  batch.add({ kind: "used", hash: hashAt(3) });
  const first = batch.take();
  assert(first !== undefined);
  batch.add({ kind: "stored", entry: entryAt(4) });
  batch.putBack(first);
  const [again] = allOf(batch);
  assertEquals(again?.stored.map(({ atMs }) => atMs), [1, 4]);
  assertEquals([again?.gone, again?.used], [[hashAt(2)], []]);
});

Deno.test("more than can wait is counted as lost", () => {
  const batch = new NoticeBatch("web");
  for (let number = 0; number < 10_007; number++) {
    batch.add({ kind: "gone", hash: hashAt(number) });
  }
  const notices = allOf(batch);
  assertEquals(notices.reduce((sum, { lost }) => sum + lost, 0), 7);
});

Deno.test("the last frame says that it is", () => {
  const batch = new NoticeBatch("web");
  assertEquals(batch.take(true)?.isLast, true);
  for (let number = 0; number < 1000; number++) {
    batch.add({ kind: "gone", hash: hashAt(number) });
  }
  assertEquals(batch.take(true)?.isLast, false);
});

Deno.test("what is no notice is none", () => {
  const good = new NoticeBatch("web").take(true);
  assert(good !== undefined);
  assertEquals(checkNotice(good), good);
  const wrong: readonly unknown[] = [
    null,
    1,
    { ...good, kind: "broadcast" },
    { ...good, zone: 1 },
    { ...good, stored: [{ hash: "../../etc/passwd" }] },
    { ...good, stored: [{ ...entryAt(1), bytes: -1 }] },
    { ...good, stored: [{ ...entryAt(1), tags: [1] }] },
    { ...good, used: ["x"] },
    { ...good, gone: {} },
    { ...good, purged: [{ tag: "t" }] },
    { ...good, lost: 0.5 },
    { ...good, isLast: 1 },
  ];
  for (const value of wrong) assertEquals(checkNotice(value), undefined);
});
