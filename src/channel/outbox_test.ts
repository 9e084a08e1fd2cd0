/** What waits for a sibling: in order, whole, and no more than the backlog. */

import { assert, assertEquals } from "@std/assert";
import { createPrng } from "../base/prng.ts";
import { FRAME_BYTES_MAX } from "./frame.ts";
import { BACKLOG_BYTES_MAX, Outbox } from "./outbox.ts";

function frameOf(length: number, mark = 0): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(mark);
}

Deno.test("an outbox gives one piece at a time, as much as fits a frame", () => {
  const outbox = new Outbox();
  assertEquals([outbox.isEmpty, outbox.take()], [true, undefined]);
  for (const mark of [1, 2, 3]) {
    outbox.offer(frameOf(FRAME_BYTES_MAX / 2, mark));
  }
  const first = outbox.take();
  assertEquals([first?.length, first?.[0], first?.at(-1)], [
    FRAME_BYTES_MAX,
    1,
    2,
  ]);
  assertEquals(outbox.take(), undefined);
  outbox.written();
  assertEquals(outbox.take()?.[0], 3);
  assertEquals(outbox.isEmpty, false);
  outbox.written();
  assertEquals(outbox.isEmpty, true);
});

Deno.test("what is beyond the backlog is dropped and counted", () => {
  const outbox = new Outbox();
  assert(outbox.offer(frameOf(FRAME_BYTES_MAX)));
  assert(outbox.offer(frameOf(BACKLOG_BYTES_MAX - FRAME_BYTES_MAX)));
  assertEquals(outbox.offer(frameOf(1)), false);
  // What is being written counts until it is.
  assert(outbox.take());
  assertEquals(outbox.offer(frameOf(1)), false);
  outbox.written();
  assert(outbox.offer(frameOf(1)));
  assertEquals(outbox.dropped, 2);
});

Deno.test("an outbox gives everything it kept, in order, under any load", () => {
  const random = createPrng(3);
  for (let run = 0; run < 50; run++) {
    const outbox = new Outbox();
    const kept: number[] = [];
    const given: number[] = [];
    for (let step = 0; step < 300; step++) {
      const frame = frameOf(1 + random.int(9000), step % 251);
      if (random.chance(0.6)) {
        if (outbox.offer(frame)) kept.push(...frame.slice(0, 1));
      } else {
        const taken = outbox.take();
        assert((taken?.length ?? 0) <= FRAME_BYTES_MAX);
        for (const [index, byte] of (taken ?? []).entries()) {
          if (index === 0 || byte !== taken?.[index - 1]) given.push(byte);
        }
        outbox.written();
      }
    }
    for (let taken = outbox.take(); taken; taken = outbox.take()) {
      for (const [index, byte] of taken.entries()) {
        if (index === 0 || byte !== taken[index - 1]) given.push(byte);
      }
      outbox.written();
    }
    assertEquals(given, kept);
  }
});
