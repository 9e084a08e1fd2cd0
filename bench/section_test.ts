/** Sections and limits as text and as verdicts. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { compareLimit, formatLimits, formatSection } from "./section.ts";

Deno.test("compareLimit() is broken without ours, open without theirs", () => {
  const less = (ours: number, theirs: number) =>
    compareLimit("x", {
      ours,
      theirs,
      holds: (a, b) => a < b,
      detail: "d",
    }).holds;
  assertEquals(less(1, 2), true);
  assertEquals(less(2, 1), false);
  assertEquals(less(NaN, 1), false);
  assertEquals(less(1, NaN), undefined);
});

Deno.test("formatLimits() says PASS, FAIL and SKIP", () => {
  const text = formatLimits([
    { name: "a", holds: true, detail: "1" },
    { name: "b", holds: false, detail: "2" },
    { name: "c", holds: undefined, detail: "3" },
  ]);
  assertEquals(text, "PASS  a: 1\nFAIL  b: 2\nSKIP  c: 3\n");
});

Deno.test("formatSection() puts notes below the table", () => {
  const text = formatSection({
    title: "start",
    head: ["who"],
    rows: [["nginx"]],
    notes: ["a note"],
    limits: [],
    data: null,
  });
  assertStringIncludes(text, "nginx\n  a note\n");
});
