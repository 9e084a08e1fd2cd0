/**
 * Whatever a zone has in it and however it was used, what has to go goes, the
 * least recently used first, and nothing else; and whatever is in a file, it
 * is the entry that was stored or none.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { toBytes, toMilliseconds } from "../../src/base/unit.ts";
import {
  addToSum,
  decodeEntry,
  encodeHead,
  encodePrefix,
  type EntryHead,
} from "../../src/cache/entry.ts";
import {
  type Candidate,
  countVictims,
  isInactive,
  isOver,
  LOOK_MS_MAX,
  nextLook,
} from "../../src/cache/evict.ts";
import { checkNotice, NoticeBatch } from "../../src/cache/notice.ts";

const NOW_MS = 1_000_000;

const candidates = fc.array(
  fc.record({
    hash: fc.constant("x"),
    bytes: fc.integer({ min: 0, max: 1000 }),
    usedAtMs: fc.integer({ min: NOW_MS - 2000, max: NOW_MS + 1000 }),
  }),
  { maxLength: 60 },
).map((all): readonly Candidate[] =>
  all.sort((left, right) => left.usedAtMs - right.usedAtMs)
);

const limits = fc.record({
  sizeBytesMax: fc.option(fc.integer({ min: 0, max: 20_000 }).map(toBytes), {
    nil: undefined,
  }),
  freeBytesMin: fc.integer({ min: 0, max: 5000 }).map(toBytes),
  inactiveMs: fc.integer({ min: 1, max: 3000 }).map(toMilliseconds),
});

Deno.test("what goes is the first so many, and no more than has to", () => {
  fc.assert(
    fc.property(candidates, limits, fc.nat(8000), (all, limits, freeBytes) => {
      const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
      const usage = { bytes: total, freeBytes };
      const count = countVictims(all, usage, limits, NOW_MS);
      const gone = all.slice(0, count);
      const freed = gone.reduce((sum, { bytes }) => sum + bytes, 0);
      const after = { bytes: total - freed, freeBytes: freeBytes + freed };
      // Everything is as it should be, or there is nothing left.
      const rest = all.slice(count);
      assert(rest.length === 0 || !isOver(after, limits));
      assert(!rest.some((one) => isInactive(one, limits, NOW_MS)));
      // And it was necessary: without the last victim it would not be so.
      const last = gone.at(-1);
      if (last !== undefined && !isInactive(last, limits, NOW_MS)) {
        assert(isOver({
          bytes: after.bytes + last.bytes,
          freeBytes: after.freeBytes - last.bytes,
        }, limits));
      }
      const nextMs = nextLook(rest[0], limits, NOW_MS);
      assert(nextMs >= 1 && nextMs <= LOOK_MS_MAX);
    }),
  );
});

Deno.test("a zone gets below its limit in passes, and stays there", () => {
  fc.assert(
    fc.property(
      candidates,
      limits,
      fc.integer({ min: 1, max: 10 }),
      (all, limits, filesMax) => {
        let left = all;
        for (let passes = 0; passes <= all.length; passes++) {
          const bytes = left.reduce((sum, one) => sum + one.bytes, 0);
          const usage = { bytes, freeBytes: undefined };
          const some = left.slice(0, filesMax);
          const count = countVictims(some, usage, limits, NOW_MS);
          if (count === 0) break;
          left = left.slice(count);
        }
        const bytes = left.reduce((sum, one) => sum + one.bytes, 0);
        assert(
          left.length === 0 || !isOver({ bytes, freeBytes: undefined }, limits),
        );
      },
    ),
  );
});

const text = fc.string({ unit: "binary", maxLength: 20 })
  .map((value) => value.toWellFormed());
const pairs = fc.array(fc.tuple(text, text), { maxLength: 5 });
const heads: fc.Arbitrary<EntryHead> = fc.record({
  key: text,
  storedAtMs: fc.nat(),
  status: fc.integer({ min: 200, max: 599 }),
  headers: pairs,
  vary: pairs,
  tags: fc.array(text, { maxLength: 3 }),
});

function fileOf(
  head: EntryHead,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = encodeHead(head);
  assert(bytes !== undefined);
  const sums = { bodyBytes: body.length, bodySum: addToSum(body) };
  return new Uint8Array([...encodePrefix(bytes, sums), ...bytes, ...body]);
}

Deno.test("a file is the entry that was stored, or none", () => {
  fc.assert(
    fc.property(
      heads,
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.option(fc.nat()),
      (head, body, changes, cut) => {
        const whole = fileOf(head, body);
        const file = cut === null ? whole : whole.slice(0, cut % whole.length);
        for (const [at, value] of changes) {
          if (file.length > 0) file[at % file.length] = value;
        }
        const decoded = decodeEntry(file, file.length);
        if (decoded.kind !== "entry") return;
        const { entry } = decoded;
        const found = file.subarray(entry.bodyAt);
        assertEquals(entry.head, head);
        assertEquals(file.length, whole.length);
        if (addToSum(found) === entry.bodySum) assertEquals(file, whole);
      },
    ),
  );
});

Deno.test("rubbish is never an entry, and never an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert(decodeEntry(bytes, bytes.length).kind !== "entry");
    }),
  );
});

Deno.test("whatever is told arrives, in frames that are notices", () => {
  const hash = fc.integer({ min: 0, max: 40 })
    .map((number) => number.toString(16).padStart(32, "0"));
  const item = fc.oneof(
    fc.record({ kind: fc.constantFrom("used", "gone"), hash }),
    fc.record({
      kind: fc.constantFrom("stored", "found"),
      entry: fc.record({
        hash,
        bytes: fc.nat(),
        atMs: fc.nat(),
        tags: fc.array(text, { maxLength: 2 }),
      }),
    }),
  );
  fc.assert(
    fc.property(fc.array(item, { maxLength: 50 }), fc.nat(3), (items, skip) => {
      const batch = new NoticeBatch("z");
      for (const one of items) batch.add(one);
      const heard: string[] = [];
      let refused = skip;
      for (let next = batch.take(); next; next = batch.take()) {
        assertEquals(checkNotice(JSON.parse(JSON.stringify(next))), next);
        // Not taken: it comes again, but for what was merely used.
        if (refused-- > 0) batch.putBack(next);
        else {
          heard.push(
            ...next.stored.map((entry) => `stored ${entry.atMs}`),
            ...next.found.map((entry) => `found ${entry.atMs}`),
            ...next.gone.map((hash) => `gone ${hash}`),
          );
        }
      }
      const told = items.flatMap((one) =>
        "entry" in one
          ? [`${one.kind} ${one.entry.atMs}`]
          : one.kind === "gone"
          ? [`gone ${one.hash}`]
          : []
      );
      assertEquals(heard.toSorted(), told.toSorted());
    }),
  );
});
