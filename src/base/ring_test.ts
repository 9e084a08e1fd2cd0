/** The ring against the plain model: an array's last N members. */

import { assertEquals, assertThrows } from "@std/assert";
import { InvariantError } from "./invariant.ts";
import { createPrng } from "./prng.ts";
import { Ring } from "./ring.ts";

Deno.test("Ring keeps the last members and counts the rest", () => {
  for (let capacity = 1; capacity <= 9; capacity++) {
    const ring = new Ring<number>(capacity);
    const pushed: number[] = [];
    for (let i = 0; i < 40; i++) {
      assertEquals(ring.toArray(), pushed.slice(-capacity));
      assertEquals(ring.length, Math.min(i, capacity));
      assertEquals(ring.dropped, Math.max(0, i - capacity));
      ring.push(i);
      pushed.push(i);
    }
  }
});

Deno.test("Ring holds undefined like any other member", () => {
  const ring = new Ring<number | undefined>(2);
  for (const member of [1, undefined, undefined]) ring.push(member);
  assertEquals(ring.toArray(), [undefined, undefined]);
  assertEquals(ring.dropped, 1);
});

Deno.test("Ring.toArray() is a copy", () => {
  const ring = new Ring<number>(2);
  ring.push(1);
  ring.toArray().push(99);
  assertEquals(ring.toArray(), [1]);
});

Deno.test("Ring never holds more than its capacity", () => {
  const prng = createPrng(11);
  for (let run = 0; run < 50; run++) {
    const ring = new Ring<number>(1 + prng.int(20));
    const count = prng.int(100);
    for (let i = 0; i < count; i++) ring.push(i);
    assertEquals(ring.length + ring.dropped, count);
    assertEquals(ring.toArray().length, Math.min(count, ring.capacity));
    assertEquals(ring.toArray().at(-1), count === 0 ? undefined : count - 1);
  }
});

Deno.test("Ring refuses a capacity that is no whole number from 1", () => {
  for (const capacity of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => new Ring(capacity), InvariantError, "capacity");
  }
});
