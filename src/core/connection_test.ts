/**
 * Every stage of a drain against every kind of connection, as a table.
 * Source of the rules: the head of connection.ts.
 */

import { assertEquals } from "@std/assert";
import { decideConnection, type Fate, mayKeepAlive } from "./connection.ts";
import type { Stage } from "./connection.ts";
import { toInstant, toMilliseconds } from "../base/unit.ts";

const KEEP_MS = toMilliseconds(5000);
const NOW = toInstant(100_000);

/** Fates of a busy, a fresh idle and a long idle connection, in that order. */
const TABLE: readonly (readonly [Stage, Fate, Fate, Fate])[] = [
  ["accepting", "keep", "keep", "keep"],
  ["draining", "closeAfterResponse", "keep", "keep"],
  ["closingIdle", "closeAfterResponse", "keep", "closeNow"],
  ["closingAll", "closeNow", "closeNow", "closeNow"],
];

for (const [stage, busy, fresh, idle] of TABLE) {
  Deno.test(`decideConnection() decides every connection when ${stage}`, () => {
    const old = toInstant(NOW - 5000);
    const decide = (busy: boolean, idleSince: typeof NOW): Fate =>
      decideConnection({ busy, idleSince }, stage, KEEP_MS, NOW);
    assertEquals(decide(true, old), busy);
    assertEquals(decide(true, NOW), busy);
    assertEquals(decide(false, toInstant(NOW - 4999)), fresh);
    assertEquals(decide(false, old), idle);
  });

  Deno.test(`mayKeepAlive() is only true before the drain: ${stage}`, () => {
    assertEquals(mayKeepAlive(stage), stage === "accepting");
  });
}

Deno.test("decideConnection() closes idle ones at once when told 0", () => {
  const connection = { busy: false, idleSince: NOW };
  assertEquals(
    decideConnection(connection, "closingIdle", toMilliseconds(0), NOW),
    "closeNow",
  );
});
