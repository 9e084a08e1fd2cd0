/** What a stored response answers, condition by condition. */

import { assertEquals } from "@std/assert";
import { answerFrom, isSent, type Stored } from "./entry_answer.ts";

const STORED: Stored = {
  status: 200,
  headers: [
    ["etag", '"a"'],
    ["last-modified", "Tue, 14 Nov 2023 22:13:20 GMT"],
  ],
  bodyBytes: 10,
};

function answer(
  asked: Readonly<Record<string, string>>,
  stored: Partial<Stored> = {},
): readonly unknown[] {
  const { status, headers, more, length, slice } = answerFrom(
    { ...STORED, ...stored },
    (name) => asked[name] ?? null,
  );
  return [status, headers, [...more], length, slice?.offset, slice?.length];
}

Deno.test("answerFrom() gives all of it, a part, or less", () => {
  const whole = [200, "stored", [], 10, 0, 10];
  const range = ["content-range", "bytes 2-4/10"];
  const cases: readonly (readonly [Record<string, string>, unknown])[] = [
    [{}, whole],
    [{ range: "bytes=2-4" }, [206, "stored", range, 3, 2, 3]],
    [{ range: "bytes=2-4", "if-range": '"a"' }, [
      206,
      "stored",
      range,
      3,
      2,
      3,
    ]],
    [{ range: "bytes=2-4", "if-range": '"b"' }, whole],
    [{ range: "bytes=0-1,4-5" }, whole],
    [{ range: "bytes=10-" }, [
      ...[416, "none", ["content-range", "bytes */10"], 0],
      ...[undefined, undefined],
    ]],
    [{ "if-none-match": '"a"' }, [
      ...[304, "described", [], undefined, undefined, undefined],
    ]],
    [{ "if-none-match": '"b"' }, whole],
    [{ "if-match": '"b"' }, [412, "none", [], 0, undefined, undefined]],
  ];
  for (const [asked, expected] of cases) {
    assertEquals(answer(asked), expected, JSON.stringify(asked));
  }
});

Deno.test("answerFrom() knows no versions of what is no 200", () => {
  const asked = { "if-none-match": '"a"', range: "bytes=0-1" };
  assertEquals(answer(asked, { status: 404 }), [404, "stored", [], 10, 0, 10]);
  assertEquals(answer({}, { status: 204, bodyBytes: 0 }), [
    ...[204, "stored", [], undefined, 0, 0],
  ]);
});

Deno.test("isSent() is what a 304 repeats", () => {
  assertEquals(isSent("etag", "described"), true);
  assertEquals(isSent("content-type", "described"), false);
  assertEquals(isSent("content-type", "stored"), true);
  assertEquals(isSent("etag", "none"), false);
});
