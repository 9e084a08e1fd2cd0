/** Range headers, good and bad, and the frame of several parts. */

import { assertEquals } from "@std/assert";
import type { Selection } from "./range.ts";
import { contentRange, frameMultipart, selectRanges } from "./range.ts";

function select(header: string | null, size = 100, rangesMax = 8): Selection {
  return selectRanges(header, { size, rangesMax });
}

/** `offset+length` of each slice, or the kind. */
function told(header: string | null, size = 100, rangesMax = 8): string {
  const selection = select(header, size, rangesMax);
  if (selection.kind !== "slices") return selection.kind;
  return selection.slices.map(({ offset, length }) => `${offset}+${length}`)
    .join(" ");
}

Deno.test("selectRanges() finds the bytes", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["bytes=0-9", "0+10"],
    ["bytes=0-0", "0+1"],
    ["bytes=99-99", "99+1"],
    ["bytes=90-", "90+10"],
    ["bytes=-10", "90+10"],
    ["bytes=-1000", "0+100"],
    ["bytes=0-1000", "0+100"],
    ["bytes=0-99999999999999999999999999", "0+100"],
    ["Bytes=0-9", "0+10"],
    ["bytes=0-9,20-29", "0+10 20+10"],
    ["bytes= 0-9 ,\t20-29,,", "0+10 20+10"],
    ["bytes=20-29,0-9", "20+10 0+10"],
    ["bytes=0-9,200-300", "0+10"],
    ["bytes=-0,5-5", "5+1"],
    ["bytes=0-49,0-49", "0+50 0+50"],
  ];
  for (const [header, slices] of cases) {
    assertEquals(told(header), slices, header);
  }
});

Deno.test("selectRanges() says when nothing of it exists", () => {
  for (
    const header of [
      "bytes=100-",
      "bytes=100-200",
      "bytes=-0",
      "bytes=100-,200-",
      "bytes=99999999999999999999-99999999999999999999",
    ]
  ) assertEquals(told(header), "unsatisfiable", header);
});

Deno.test("selectRanges() has no part of an empty file", () => {
  for (const header of ["bytes=0-", "bytes=-5", "bytes=-0", "bytes=7-9"]) {
    assertEquals(told(header, 0), "whole", header);
  }
});

Deno.test("selectRanges() passes over what is no range", () => {
  for (
    const header of [
      null,
      "",
      "bytes",
      "bytes=",
      "bytes=,",
      "bytes=-",
      "bytes=abc",
      "bytes=1",
      "bytes=5-1",
      "bytes=99999999999999999999-99999999999999999998",
      "bytes=0-9,x",
      "bytes=0 - 9",
      "bytes=+1-2",
      "bytes=0x1-0x2",
      "bytes 0-9",
      "lines=0-9",
      " bytes=0-9",
    ]
  ) assertEquals(told(header), "whole", String(header));
});

Deno.test("selectRanges() refuses to do more work than the whole", () => {
  assertEquals(told("bytes=0-49,0-49,0-0"), "whole");
  assertEquals(told("bytes=0-,0-"), "whole");
  const many = `bytes=${Array.from({ length: 9 }, () => "1-1").join()}`;
  assertEquals(told(many), "whole");
  assertEquals(told(many, 100, 9), Array(9).fill("1+1").join(" "));
  assertEquals(told("bytes=0-9", 100, 0), "whole");
  assertEquals(told(`bytes=${"0-0,".repeat(100_000)}`), "whole");
});

Deno.test("contentRange() counts the last byte in", () => {
  assertEquals(contentRange({ offset: 10, length: 5 }, 100), "bytes 10-14/100");
});

Deno.test("frameMultipart() is as long as it says", () => {
  const slices = [{ offset: 0, length: 2 }, { offset: 5, length: 1 }];
  const { contentType, heads, tail, length } = frameMultipart(slices, {
    size: 9,
    type: "text/plain",
    boundary: "B",
  });
  assertEquals(contentType, "multipart/byteranges; boundary=B");
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const whole = `${decode(heads[0]!)}ab${decode(heads[1]!)}f${decode(tail)}`;
  assertEquals(
    whole,
    "\r\n--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/9\r\n" +
      "\r\nab\r\n--B\r\nContent-Type: text/plain\r\n" +
      "Content-Range: bytes 5-5/9\r\n\r\nf\r\n--B--\r\n",
  );
  assertEquals(length, whole.length);
});
