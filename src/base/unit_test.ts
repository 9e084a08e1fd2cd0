/** Arithmetic on instants: adding, distance, the earliest of several. */

import { assertEquals } from "@std/assert";
import {
  after,
  between,
  earliest,
  toBytes,
  toInstant,
  toMilliseconds,
} from "./unit.ts";

Deno.test("after() adds a span to an instant", () => {
  assertEquals(after(toInstant(100), toMilliseconds(50)), toInstant(150));
  assertEquals(after(toInstant(100), toMilliseconds(0)), toInstant(100));
});

Deno.test("between() is never negative", () => {
  assertEquals(between(toInstant(10), toInstant(25)), toMilliseconds(15));
  assertEquals(between(toInstant(25), toInstant(10)), toMilliseconds(0));
});

Deno.test("between() undoes after()", () => {
  for (let from = 0; from < 100; from += 7) {
    for (let span = 0; span < 100; span += 11) {
      const to = after(toInstant(from), toMilliseconds(span));
      assertEquals(between(toInstant(from), to), toMilliseconds(span));
    }
  }
});

Deno.test("earliest() skips what is not there", () => {
  const instants = [undefined, toInstant(7), undefined, toInstant(3)];
  assertEquals(earliest(instants), toInstant(3));
  assertEquals(earliest(instants.toReversed()), toInstant(3));
});

Deno.test("earliest() knows instant 0 from none", () => {
  assertEquals(earliest([toInstant(5), toInstant(0)]), toInstant(0));
  assertEquals(earliest([undefined]), undefined);
  assertEquals(earliest([]), undefined);
});

Deno.test("toBytes() keeps the number", () => {
  assertEquals(Number(toBytes(1 << 20)), 1048576);
});
