/**
 * Every stage of a drain against every kind of connection, as a table.
 * Source of the rules: the head of connection.ts.
 */

import { assertEquals } from "@std/assert";
import {
  type Activity,
  decideConnection,
  decideOverdue,
  type Fate,
  lookEveryMs,
  mayKeepAlive,
  mayLingerOn,
  type Overdue,
} from "./connection.ts";
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

const TIMEOUTS = {
  clientHeaderTimeoutMs: toMilliseconds(1000),
  clientBodyTimeoutMs: toMilliseconds(2000),
  sendTimeoutMs: toMilliseconds(3000),
  keepaliveTimeoutMs: toMilliseconds(4000),
};

/** How long each activity may go on, and what then. */
const LIMITS: { readonly [Name in Activity]: readonly [number, Overdue] } = {
  fresh: [1000, "closeNow"],
  receivingHead: [1000, "answerTimeout"],
  receivingBody: [2000, "answerTimeout"],
  sending: [3000, "closeNow"],
  idle: [4000, "closeNow"],
  lingering: [5000, "closeNow"],
  working: [Infinity, "keep"],
};

for (const [name, [limitMs, then]] of Object.entries(LIMITS)) {
  Deno.test(`decideOverdue() gives ${name} its time`, () => {
    const activity = name as Activity;
    const decide = (forMs: number): Overdue =>
      decideOverdue(activity, toInstant(NOW - forMs), TIMEOUTS, NOW);
    assertEquals(decide(Math.min(limitMs, 50_000) - 1), "keep");
    assertEquals(decide(Math.min(limitMs, 50_000)), then);
  });
}

Deno.test("mayLingerOn() ends what lingers for half a minute", () => {
  assertEquals(mayLingerOn(toInstant(NOW - 24_999), NOW), true);
  assertEquals(mayLingerOn(toInstant(NOW - 25_000), NOW), false);
});

Deno.test("lookEveryMs() is a quarter of the least limit, within reason", () => {
  assertEquals<number>(lookEveryMs(TIMEOUTS), 250);
  const keepaliveTimeoutMs = toMilliseconds(0);
  assertEquals<number>(lookEveryMs({ ...TIMEOUTS, keepaliveTimeoutMs }), 250);
  const short = { ...TIMEOUTS, sendTimeoutMs: toMilliseconds(1) };
  assertEquals<number>(lookEveryMs(short), 50);
  const long = toMilliseconds(60_000);
  assertEquals<number>(
    lookEveryMs({
      clientHeaderTimeoutMs: long,
      clientBodyTimeoutMs: long,
      sendTimeoutMs: long,
      keepaliveTimeoutMs: long,
    }),
    1000,
  );
});
