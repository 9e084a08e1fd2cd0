/** Frames: the same values however bytes are cut, and garbage is the end. */

import { assert, assertEquals } from "@std/assert";
import { createPrng } from "../base/prng.ts";
import { encodeFrame, FRAME_BYTES_MAX, FrameReader } from "./frame.ts";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function whole(values: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const frames = values.map((value) => encodeFrame(value) ?? bytesOf(""));
  return new Uint8Array(frames.flatMap((frame) => [...frame]));
}

const VALUES = [1, "ä\n€", null, { a: [true, "x".repeat(500)] }, [], "", -0.5];

Deno.test("FrameReader reads what encodeFrame() wrote, cut anywhere", () => {
  const bytes = whole(VALUES);
  for (let at = 0; at <= bytes.length; at++) {
    const reader = new FrameReader();
    const first = reader.push(bytes.slice(0, at));
    const second = reader.push(bytes.slice(at));
    assertEquals([...first.values, ...second.values], VALUES);
    assertEquals([first.broken, second.broken], [undefined, undefined]);
  }
});

Deno.test("FrameReader does not care for the sizes of many pieces", () => {
  const random = createPrng(7);
  const bytes = whole(VALUES);
  for (let run = 0; run < 200; run++) {
    const reader = new FrameReader();
    const values: unknown[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + random.int(60);
      const piece = bytes.slice(at, at + length);
      values.push(...reader.push(piece).values);
      piece.fill(0);
      at += length;
    }
    assertEquals(values, VALUES);
  }
});

Deno.test("FrameReader is broken for good by what is no frame", () => {
  const garbage = ["{]\n", "\n", "1 2\n", "\xff\n", "undefined\n"];
  for (const text of garbage) {
    const reader = new FrameReader();
    const bytes = Uint8Array.from([...text], (char) => char.charCodeAt(0));
    const read = reader.push(new Uint8Array([...bytesOf("1\n"), ...bytes]));
    assertEquals(read.values, [1], text);
    assert(read.broken !== undefined, text);
    assertEquals(reader.push(bytesOf("2\n")), {
      values: [],
      broken: read.broken,
    });
  }
});

Deno.test("FrameReader never throws, nor keeps more than a frame", () => {
  const random = createPrng(11);
  for (let run = 0; run < 500; run++) {
    const reader = new FrameReader();
    let isBroken = false;
    for (let piece = 0; piece < 20; piece++) {
      const bytes = Uint8Array.from(
        { length: random.int(4000) },
        () => random.int(4) === 0 ? 10 : random.int(256),
      );
      const { values, broken } = reader.push(bytes);
      assert(!isBroken || values.length === 0);
      isBroken ||= broken !== undefined;
    }
  }
});

Deno.test("a frame has a longest length, with and without its newline", () => {
  const longest = "x".repeat(FRAME_BYTES_MAX - 3);
  const frame = encodeFrame(longest);
  assertEquals(frame?.length, FRAME_BYTES_MAX);
  assertEquals(encodeFrame(`${longest}x`), undefined);
  assertEquals(new FrameReader().push(frame ?? bytesOf("")).values, [longest]);
  const tooLong = bytesOf(`"${longest}x"\n`);
  assert(new FrameReader().push(tooLong).broken !== undefined);
  const endless = new Uint8Array(FRAME_BYTES_MAX).fill(32);
  assert(new FrameReader().push(endless).broken !== undefined);
});
