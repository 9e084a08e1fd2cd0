/** The timer against the clock: never early, never twice. */

import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { after, type Instant, toMilliseconds } from "../../src/base/unit.ts";
import { createTimer, monotonicNow } from "../../src/os/clock.ts";
import { until } from "../support/until.ts";

function inMs(delayMs: number): Instant {
  return after(monotonicNow(), toMilliseconds(delayMs));
}

Deno.test("createTimer() fires once, and never before the instant", async () => {
  const fired: number[] = [];
  const timer = createTimer(() => fired.push(monotonicNow()));
  for (let round = 1; round <= 20; round++) {
    const at = inMs(round % 4 + 0.3);
    timer.arm(at);
    await until(() => fired.length >= round, { what: "the timer" });
    assertGreaterOrEqual(fired.at(-1) ?? 0, at);
  }
  assertEquals(fired.length, 20);
  timer.close();
});

Deno.test("createTimer() never fires within arm(), even when late", async () => {
  let fired = 0;
  const timer = createTimer(() => fired++);
  timer.arm(inMs(-1000));
  assertEquals(fired, 0);
  await until(() => fired === 1, { what: "the late timer" });
  timer.close();
});

Deno.test("createTimer() forgets the earlier instant when armed again", async () => {
  let fired = 0;
  const timer = createTimer(() => fired++);
  timer.arm(inMs(1));
  timer.arm(inMs(60_000));
  const other = createTimer(() => fired += 100);
  other.arm(inMs(20));
  await until(() => fired >= 100, { what: "the other timer" });
  assertEquals(fired, 100);
  timer.close();
  other.close();
});

Deno.test("createTimer() is disarmed by undefined and by close()", async () => {
  let fired = 0;
  const first = createTimer(() => fired++);
  first.arm(inMs(1));
  first.arm(undefined);
  const second = createTimer(() => fired++);
  second.arm(inMs(1));
  second.close();
  second.arm(inMs(1));
  let waited = false;
  const other = createTimer(() => waited = true);
  other.arm(inMs(20));
  await until(() => waited, { what: "the other timer" });
  assertEquals(fired, 0);
});

Deno.test("createTimer() takes an instant beyond setTimeout's range", async () => {
  let fired = 0;
  const timer = createTimer(() => fired++);
  // setTimeout alone would fire this one at once.
  timer.arm(inMs(2 ** 31 + 1000));
  let waited = false;
  const other = createTimer(() => waited = true);
  other.arm(inMs(20));
  await until(() => waited, { what: "the other timer" });
  assertEquals(fired, 0);
  timer.close();
});

Deno.test("monotonicNow() does not go back", () => {
  const first = monotonicNow();
  assert(monotonicNow() >= first);
});
