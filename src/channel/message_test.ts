/** What comes over a channel is checked; garbage is a value, not a throw. */

import { assert, assertEquals } from "@std/assert";
import { checkFromChild, checkToChild, REASON_LENGTH_MAX } from "./message.ts";

const GARBAGE: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1.5,
  "ready",
  [],
  ["ready"],
  {},
  { kind: undefined },
  { kind: null },
  { kind: 1 },
  { kind: "" },
  { kind: "Ready" },
  { kind: ["ready"] },
  { kind: "ready " },
  { kind: "constructor" },
  { kind: "__proto__" },
  { toString: null },
];

Deno.test("checkFromChild() takes every message of a child", () => {
  for (const kind of ["ready", "draining", "reopened"] as const) {
    assertEquals(checkFromChild({ kind }), { ok: true, message: { kind } });
  }
});

Deno.test("checkFromChild() hands on nothing but what it knows", () => {
  const received = checkFromChild({ kind: "ready", pid: 1, extra: {} });
  assertEquals(received, { ok: true, message: { kind: "ready" } });
});

Deno.test("checkToChild() takes every message of the master", () => {
  const messages = [
    { kind: "init", role: "worker" },
    { kind: "quit", lingerMs: 0 },
    { kind: "terminate" },
    { kind: "reopen" },
  ];
  for (const message of messages) {
    assertEquals<unknown>(checkToChild(message), { ok: true, message });
  }
});

Deno.test("checkFromChild() and checkToChild() take no other's message", () => {
  for (const kind of ["init", "quit", "terminate", "reopen"]) {
    assert(!checkFromChild({ kind }).ok, kind);
  }
  for (const kind of ["ready", "draining", "reopened"]) {
    assert(!checkToChild({ kind }).ok, kind);
  }
});

Deno.test("checkFromChild() and checkToChild() make garbage a value", () => {
  for (const garbage of GARBAGE) {
    for (const check of [checkFromChild, checkToChild]) {
      const received = check(garbage);
      assert(!received.ok);
      assertEquals(received.reason, JSON.stringify(garbage) ?? "undefined");
    }
  }
});

Deno.test("checkFromChild() quotes at most 64 characters of garbage", () => {
  const received = checkFromChild("x".repeat(1000));
  assert(!received.ok);
  assertEquals(received.reason, `"${"x".repeat(60)}...`);
  const short = checkFromChild("x".repeat(62));
  assert(!short.ok);
  assertEquals(short.reason.length, 64);
  const longer = checkFromChild("x".repeat(63));
  assert(!longer.ok);
  assertEquals(longer.reason, `"${"x".repeat(60)}...`);
});

Deno.test("checkFromChild() takes a reason, cut to its length", () => {
  const long = "x".repeat(REASON_LENGTH_MAX + 1);
  const received = checkFromChild({ kind: "failed", reason: long });
  assert(received.ok && received.message.kind === "failed");
  assertEquals(received.message.reason.length, REASON_LENGTH_MAX);
});

Deno.test("checkFromChild() takes the name of a loaded zone, and only that", () => {
  const message = { kind: "loaded", zone: "web" } as const;
  assertEquals(checkFromChild({ ...message, more: 1 }), { ok: true, message });
  for (const zone of [undefined, null, 1, ["web"]]) {
    assertEquals(checkFromChild({ kind: "loaded", zone }).ok, false);
  }
});

Deno.test("checkFromChild() refuses a failure without a reason", () => {
  for (const reason of [undefined, 1, null, {}]) {
    assertEquals(checkFromChild({ kind: "failed", reason }).ok, false);
  }
});

Deno.test("checkFromChild() takes a number of connections, and no other", () => {
  const message = { kind: "cut", connections: 3 };
  assertEquals<unknown>(checkFromChild(message), { ok: true, message });
  for (const connections of [undefined, "3", -1, 0.5, NaN, 1e300, null]) {
    assertEquals(checkFromChild({ kind: "cut", connections }).ok, false);
  }
});
