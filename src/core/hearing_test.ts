/** What children say of what they hear. */

import { assertEquals } from "@std/assert";
import { reopen, saying, signalLine } from "./hearing.ts";

const SIGNAL = { kind: "signal", name: "SIGUSR1", signo: 10 } as const;

Deno.test("saying() answers a signal, and nothing of the master's", () => {
  assertEquals(saying({ kind: "master" }, "exiting"), []);
  assertEquals(saying(SIGNAL, "exiting"), [
    {
      kind: "log",
      level: "notice",
      text: "signal 10 (SIGUSR1) received, exiting",
    },
  ]);
  assertEquals([signalLine(SIGNAL, "exiting")], saying(SIGNAL, "exiting"));
});

Deno.test("reopen() logs first, and answers the master alone", () => {
  const kinds = (asker: Parameters<typeof reopen>[0]) =>
    reopen(asker).map(({ kind }) => kind);
  assertEquals(kinds({ kind: "master" }), ["log", "reopenLog", "send"]);
  assertEquals(kinds(SIGNAL), ["log", "log", "reopenLog"]);
});
