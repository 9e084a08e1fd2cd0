/** One line for whatever an app throws, and the place it came from. */

import { assert, assertEquals } from "@std/assert";
import { describeFailure, firstPlace } from "./failure.ts";

const STACK = `TypeError: x
    at Object.apply (ext:core/01_core.js:1:2)
    at handle (${new URL("../http/server.ts", import.meta.url).href}:5:6)
    at fetch (file:///srv/my%20app/server.ts:3:9)
    at async file:///srv/other.ts:7:1`;

Deno.test("firstPlace() is the first that is neither ours nor Deno's", () => {
  assertEquals(firstPlace(STACK), "/srv/my app/server.ts:3:9");
  assertEquals(firstPlace("Error: none\n    at <anonymous>"), undefined);
});

Deno.test("describeFailure() names class, message and place", () => {
  const error = new TypeError("x");
  error.stack = STACK;
  assertEquals(
    describeFailure(error),
    "TypeError: x at /srv/my app/server.ts:3:9",
  );
});

Deno.test("describeFailure() takes whatever was thrown", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const hostile = new Proxy({}, {
    get(): never {
      throw new Error("no");
    },
  });
  const evil = new Error("evil");
  Object.defineProperty(evil, "message", {
    get(): never {
      throw new Error("no");
    },
  });
  const thrown = [
    undefined,
    null,
    0,
    "text",
    Symbol("s"),
    circular,
    hostile,
    evil,
    Object.create(null),
    () => {},
  ];
  for (const value of thrown) assert(describeFailure(value).length > 0);
  assertEquals(describeFailure("text"), 'non-error "text"');
  assertEquals(describeFailure(undefined), "non-error undefined");
});

Deno.test("describeFailure() is not longer than a line can be", () => {
  assert(describeFailure("x".repeat(100_000)).length < 1100);
  assert(describeFailure(new Error("x".repeat(100_000))).length < 1100);
});
