/** What the load generator's counters make of outcomes. */

import { assertEquals } from "@std/assert";
import { formatLost, lostTotal } from "./load_report.ts";
import { Tally } from "./load_tally.ts";

function at(openedMs: number, nowMs: number): {
  readonly openedMs: number;
  readonly nowMs: number;
  readonly detail: string;
} {
  return { openedMs, nowMs, detail: "" };
}

Deno.test("report() counts every loss by its kind", () => {
  const tally = new Tally(0);
  tally.lose("reset", at(0, 1));
  tally.lose("reset", at(0, 2));
  tally.lose("refused", at(3, 3));
  const report = tally.report(2000);
  assertEquals(lostTotal(report), 3);
  assertEquals(formatLost(report), "3 (1 refused, 2 reset)");
  assertEquals([report.seconds, report.kill], [2, null]);
});

Deno.test("report() tells losses of before the kill from those after", () => {
  const tally = new Tally(0);
  tally.lose("reset", at(0, 50));
  tally.killed(100);
  tally.lose("reset", at(20, 101));
  tally.lose("refused", at(102, 102));
  tally.lose("closed", at(103, 104));
  assertEquals(tally.report(200).kill, {
    lostOld: 1,
    lostNew: 2,
    refused: 1,
    nextAnswerMs: null,
  });
});

Deno.test("report() takes the next answer of a new connection only", () => {
  const tally = new Tally(0);
  tally.killed(100);
  // Was under way before the kill, or in a buffer: proves nothing.
  tally.answered(50, 101);
  tally.answered(105, 180);
  tally.answered(106, 190);
  assertEquals(tally.report(200).kill?.nextAnswerMs, 80);
});
