/** The verdicts on memory, and how long a load has to be. */

import { assertEquals } from "@std/assert";
import { limitOf, secondsFor, type Weight } from "./serving_leaks.ts";

const MIB = 1024 * 1024;
const before: Weight = {
  after: "warming up",
  requests: 1,
  heap: 6 * MIB,
  own: 40 * MIB,
  rss: 90 * MIB,
  fds: 20,
};

function verdict(after: Partial<Weight>, broken = 0): boolean | undefined {
  const pair = { before, after: { ...before, ...after }, broken, wrk: true };
  return limitOf("flat", pair).holds;
}

Deno.test("limitOf() allows less, and a little more", () => {
  assertEquals(verdict({}), true);
  assertEquals(verdict({ heap: 5 * MIB, own: 30 * MIB, fds: 19 }), true);
  assertEquals(verdict({ heap: 7 * MIB, own: 50 * MIB }), true);
});

Deno.test("limitOf() refuses a heap, pages or descriptors that grow", () => {
  assertEquals(verdict({ heap: 9 * MIB }), false);
  assertEquals(verdict({ own: 60 * MIB }), false);
  assertEquals(verdict({ fds: 21 }), false);
  assertEquals(verdict({}, 1), false);
});

Deno.test("limitOf() is broken without a worker, open without wrk", () => {
  const none = { before: undefined, after: undefined, broken: undefined };
  assertEquals(limitOf("flat", { ...none, wrk: true }).holds, false);
  assertEquals(limitOf("flat", { ...none, wrk: false }).holds, undefined);
});

Deno.test("secondsFor() is a second at least, and ten at most", () => {
  assertEquals(secondsFor(10, 1000), 1);
  assertEquals(secondsFor(2600, 1000), 3);
  assertEquals(secondsFor(1_000_000, 1000), 10);
});
