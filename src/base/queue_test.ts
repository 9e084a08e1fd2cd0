/** The queue against the plain model: an array with shift and a limit. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvariantError } from "./invariant.ts";
import { createPrng } from "./prng.ts";
import { Queue } from "./queue.ts";

Deno.test("Queue gives its members back in order", () => {
  const queue = new Queue<string>(3);
  assertEquals(queue.take(), undefined);
  for (const member of ["a", "b", "c"]) assert(queue.push(member));
  assertEquals([queue.take(), queue.take(), queue.take()], ["a", "b", "c"]);
  assertEquals(queue.take(), undefined);
});

Deno.test("Queue.push() refuses and counts what does not fit", () => {
  const queue = new Queue<number>(2);
  assertEquals([1, 2, 3, 4].map((n) => queue.push(n)), [
    true,
    true,
    false,
    false,
  ]);
  assertEquals(queue.refused, 2);
  assertEquals(queue.take(), 1);
  assert(queue.push(5));
  assertEquals(queue.takeAll(), [2, 5]);
});

Deno.test("Queue behaves like an array with a limit", () => {
  for (let seed = 0; seed < 50; seed++) {
    const prng = createPrng(seed);
    const capacity = 1 + prng.int(200);
    const queue = new Queue<number>(capacity);
    const model: number[] = [];
    const pushing = 0.3 + prng.random() / 2;
    for (let i = 0; i < 2000; i++) {
      if (prng.chance(pushing)) {
        const fits = model.length < capacity;
        if (fits) model.push(i);
        assertEquals(queue.push(i), fits);
      } else if (prng.chance(0.01)) {
        assertEquals(queue.takeAll(), model.splice(0));
      } else {
        assertEquals(queue.take(), model.shift());
      }
      assertEquals(queue.length, model.length);
    }
  }
});

Deno.test("Queue keeps a million members in order, in no time", () => {
  const queue = new Queue<number>(1_000_000);
  for (let i = 0; i < 1_000_000; i++) queue.push(i);
  // A quadratic take() would need minutes for this, not a blink.
  for (let i = 0; i < 1_000_000; i++) {
    if (queue.take() !== i) assertEquals("another member", `${i}`);
  }
  assertEquals(queue.length, 0);
});

Deno.test("Queue refuses a capacity that is no whole number from 1", () => {
  for (const capacity of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => new Queue(capacity), InvariantError, "capacity");
  }
});
