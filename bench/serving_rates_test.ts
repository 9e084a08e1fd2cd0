/** The verdicts on hello. */

import { assertEquals } from "@std/assert";
import { limitsOf } from "./serving_rates.ts";
import { RAW } from "./driver_raw.ts";

function verdicts(
  rates: Readonly<Record<string, readonly number[]>>,
  wrk = true,
): (boolean | undefined)[] {
  const running = Object.entries(rates).map(([name, rates]) => ({
    driver: { ...RAW, name },
    rates: [...rates],
  }));
  return limitsOf(running, wrk).map(({ holds }) => holds);
}

Deno.test("limitsOf() asks for 0.95 × raw and more than node:cluster", () => {
  const theirs = { "raw node:http": [100], "node:cluster": [90] };
  assertEquals(verdicts({ procmgr: [95], ...theirs }), [true, true]);
  assertEquals(verdicts({ procmgr: [94], ...theirs }), [false, true]);
  assertEquals(verdicts({ procmgr: [90], ...theirs }), [false, false]);
});

Deno.test("limitsOf() is broken without ours, open without the others", () => {
  assertEquals(verdicts({ procmgr: [95] }), [undefined, undefined]);
  assertEquals(verdicts({ "raw node:http": [1], "node:cluster": [1] }), [
    false,
    false,
  ]);
  assertEquals(verdicts({}, false), [undefined, undefined]);
});
