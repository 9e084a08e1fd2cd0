/** Sizes and times, good and bad. nginx: src/core/ngx_parse.c. */

import { assertEquals } from "@std/assert";
import { toBytes, toMilliseconds } from "../base/unit.ts";
import { formatSize, formatTime, parseSize, parseTime } from "./quantity.ts";

Deno.test("parseTime() reads every unit and their combinations", () => {
  const times: readonly [string | number, number][] = [
    ["0", 0],
    ["30", 30_000],
    [30, 30_000],
    ["500ms", 500],
    ["10s", 10_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["1m30", 90_000],
    ["24d", 2_073_600_000],
  ];
  for (const [text, wanted] of times) {
    assertEquals(parseTime(text), toMilliseconds(wanted), String(text));
  }
});

Deno.test("parseTime() refuses what is no time", () => {
  const bad = [
    "",
    " ",
    "s",
    "-1",
    "1.5s",
    "1x",
    "30m1h",
    "1s1s",
    "1s ",
    " 1s",
    "1 s",
    "1M",
    "1w",
    "1y",
    "1e3",
    "25d",
    "24d1ms",
    "99999999999999999999d",
    1.5,
    -1,
    NaN,
    Infinity,
    1e21,
  ];
  for (const text of bad) {
    assertEquals(parseTime(text), undefined, String(text));
  }
});

Deno.test("parseSize() reads k, m and g in both cases", () => {
  const sizes: readonly [string | number, number][] = [
    ["0", 0],
    ["512", 512],
    [512, 512],
    ["4k", 4096],
    ["4K", 4096],
    ["2m", 2_097_152],
    ["2M", 2_097_152],
    ["1g", 1_073_741_824],
    ["1G", 1_073_741_824],
  ];
  for (const [text, wanted] of sizes) {
    assertEquals(parseSize(text), toBytes(wanted), String(text));
  }
});

Deno.test("parseSize() refuses what is no size", () => {
  const bad = ["", "k", "-1", "1.5k", "1t", "1kb", "1 k", "9007199254740992"];
  for (const text of [...bad, "9000000000000000g", 1.5, -1, NaN]) {
    assertEquals(parseSize(text), undefined, String(text));
  }
});

Deno.test("formatTime() uses the largest units first", () => {
  assertEquals(formatTime(toMilliseconds(0)), "0s");
  assertEquals(formatTime(toMilliseconds(5_400_000)), "1h30m");
  assertEquals(formatTime(toMilliseconds(1001)), "1s1ms");
});

Deno.test("formatSize() uses the largest unit that divides", () => {
  assertEquals(formatSize(toBytes(0)), "0");
  assertEquals(formatSize(toBytes(1536)), "1536");
  assertEquals(formatSize(toBytes(2_097_152)), "2m");
  assertEquals(formatSize(toBytes(3_221_225_472)), "3g");
});
