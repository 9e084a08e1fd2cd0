/** The bench's tables as text. */

import { assertEquals } from "@std/assert";
import { formatMiB, formatMs, formatNumber, formatTable } from "./table.ts";

Deno.test("formatTable() aligns names left and values right", () => {
  assertEquals(
    formatTable(["who", "ms"], [["nginx", "7"], ["pm2", "1234"]]),
    "who      ms\n-----  ----\nnginx     7\npm2    1234\n",
  );
});

Deno.test("formatTable() fills short rows and trims line ends", () => {
  assertEquals(
    formatTable(["who", "a", "b"], [["x"], ["y", "1", "2"]]),
    "who  a  b\n---  -  -\nx\ny    1  2\n",
  );
});

Deno.test("formatNumber() keeps the digits that mean something", () => {
  assertEquals(
    [0, 1, 1.234, 12.34, 123.4, 12345.6].map(formatNumber),
    ["0", "1", "1.23", "12.3", "123", "12346"],
  );
  assertEquals(formatNumber(NaN), "-");
  assertEquals(formatNumber(Infinity), "-");
});

Deno.test("formatMs() turns to seconds where they read better", () => {
  assertEquals(formatMs(12.34), "12.3 ms");
  assertEquals(formatMs(12_345), "12.3 s");
  assertEquals(formatMs(NaN), "-");
});

Deno.test("formatMiB() counts in 1024", () => {
  assertEquals(formatMiB(1024 * 1024 * 1.5), "1.5 MiB");
  assertEquals(formatMiB(NaN), "-");
});
