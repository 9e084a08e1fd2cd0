/**
 * The form of a log line, that it is always one line, and that it is never
 * longer than the limit, whatever is in it.
 */

import { assert, assertEquals } from "@std/assert";
import {
  formatEarlyLine,
  formatJsonLine,
  formatTextLine,
  type Line,
  LINE_BYTES_MAX,
} from "./line.ts";

const LINE: Line = {
  timeMs: Date.UTC(2026, 10, 24, 2, 19, 7, 45),
  offsetMinutes: 0,
  level: "notice",
  pid: 4711,
  text: "start worker process 4712",
};

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

Deno.test("formatTextLine() writes nginx's form", () => {
  assertEquals(
    formatTextLine(LINE),
    "2026/11/24 02:19:07 [notice] 4711#0: start worker process 4712\n",
  );
});

Deno.test("formatTextLine() uses local time across midnight", () => {
  const east = formatTextLine({ ...LINE, offsetMinutes: 22 * 60 });
  assertEquals(east.slice(0, 19), "2026/11/25 00:19:07");
  const west = formatTextLine({ ...LINE, offsetMinutes: -5 * 60 });
  assertEquals(west.slice(0, 19), "2026/11/23 21:19:07");
});

Deno.test("formatJsonLine() agrees with Date on every day of 1968 to 2104", () => {
  for (let day = -731; day < 49_000; day++) {
    const timeMs = day * 86_400_000 + 86_399_999;
    const line = JSON.parse(formatJsonLine({ ...LINE, timeMs }));
    assertEquals(line.time, new Date(timeMs).toISOString());
  }
});

Deno.test("formatJsonLine() writes one parsable object", () => {
  assertEquals(JSON.parse(formatJsonLine(LINE)), {
    time: "2026-11-24T02:19:07.045Z",
    level: "notice",
    pid: 4711,
    text: "start worker process 4712",
  });
});

Deno.test("both forms keep control characters inside one line", () => {
  const text = 'a\nb\r\x1b[31mred\x00\x7f\u009b"\\é';
  const plain = formatTextLine({ ...LINE, text });
  assert(plain.endsWith('a\\x0Ab\\x0D\\x1B[31mred\\x00\\x7F\\x9B"\\é\n'));
  const json = formatJsonLine({ ...LINE, text });
  assertEquals(json.split("\n").length, 2);
  // deno-lint-ignore no-control-regex -- control characters are the subject
  assert(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(json));
  assertEquals(JSON.parse(json).text, text);
});

Deno.test("both forms are never longer than the limit", () => {
  const texts = ["a", "é", "😀", "\n", '"', "\u009b", "\ud800"];
  for (const character of texts) {
    const long = { ...LINE, text: character.repeat(9000) };
    const plain = formatTextLine(long);
    assert(bytesOf(plain) <= LINE_BYTES_MAX, character);
    assert(bytesOf(plain) > LINE_BYTES_MAX - 16, character);
    assert(plain.endsWith("...\n"));
    const json = formatJsonLine(long);
    assert(bytesOf(json) <= LINE_BYTES_MAX, character);
    assert(bytesOf(json) > LINE_BYTES_MAX / 2, character);
    JSON.parse(json);
  }
  assert(bytesOf(formatEarlyLine("emerg", "x".repeat(9000))) <= LINE_BYTES_MAX);
});

Deno.test("formatTextLine() keeps a line that just fits", () => {
  const head = bytesOf(formatTextLine({ ...LINE, text: "" }));
  const text = "x".repeat(LINE_BYTES_MAX - head);
  assert(formatTextLine({ ...LINE, text }).endsWith(`${text}\n`));
});

Deno.test("formatEarlyLine() names the program instead of a time", () => {
  assertEquals(
    formatEarlyLine("emerg", "bind() failed\n"),
    "procmgr: [emerg] bind() failed\\x0A\n",
  );
});
