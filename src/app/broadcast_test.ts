/** The channels of one worker, and what may be posted on them. */

import { assertEquals, assertThrows } from "@std/assert";
import type { Broadcast } from "./broadcast.ts";
import { Broadcasts, NOBODY } from "./broadcast.ts";

function carried(): {
  readonly all: Broadcasts;
  readonly sent: Broadcast[];
} {
  const sent: Broadcast[] = [];
  const send = (message: Broadcast): boolean => {
    sent.push(message);
    return true;
  };
  return { all: new Broadcasts({ ...NOBODY, send }), sent };
}

Deno.test("postMessage() reaches others of that name, here and elsewhere", async () => {
  const { all, sent } = carried();
  const heard: string[] = [];
  const [one, two, other] = ["a", "a", "b"].map((name, index) => {
    const channel = all.open(name);
    channel.onmessage = ({ data }) => heard.push(`${index}: ${data}`);
    return channel;
  });
  one?.postMessage("x");
  await Promise.resolve();
  assertEquals(heard, ["1: x"]);
  assertEquals(sent, [{ kind: "broadcast", name: "a", data: "x" }]);
  other?.postMessage("y");
  two?.close();
  one?.postMessage("z");
  await Promise.resolve();
  assertEquals(heard, ["1: x"]);
});

Deno.test("receive() gives a sibling's message to every channel", () => {
  const { all } = carried();
  const heard: unknown[] = [];
  const channel = all.open("a");
  channel.addEventListener("message", (event) => {
    heard.push((event as MessageEvent).data);
  });
  assertEquals(all.receive({ kind: "broadcast", name: "a", data: 1 }), true);
  for (const garbage of [null, 1, {}, { kind: "broadcast", name: 1 }]) {
    assertEquals(all.receive(garbage), false);
  }
  assertEquals(heard, [1]);
});

Deno.test("postMessage() takes JSON and refuses what JSON would change", () => {
  const { all, sent } = carried();
  const channel = all.open("a");
  const good = [null, 1, "x", true, [1, [2]], { a: { b: undefined } }];
  for (const value of good) channel.postMessage(value);
  assertEquals(sent.length, good.length);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const bad = [
    undefined,
    NaN,
    1n,
    Symbol("x"),
    () => {},
    new Date(),
    new Map(),
    new Uint8Array(1),
    cycle,
    [undefined],
    { a: new Set() },
  ];
  for (const value of bad) {
    const error = assertThrows(() => channel.postMessage(value), DOMException);
    assertEquals(error.name, "DataCloneError");
  }
  channel.close();
  const error = assertThrows(() => channel.postMessage(1), DOMException);
  assertEquals(error.name, "InvalidStateError");
});

Deno.test("postMessage() says when a message is too long", () => {
  const all = new Broadcasts({ ...NOBODY, send: () => false });
  assertThrows(() => all.open("a").postMessage("x"), DOMException, "32 KiB");
});
