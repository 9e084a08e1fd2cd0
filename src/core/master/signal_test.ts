/** The table of signals: its order, its names and numbers, nginx's words. */

import { assertEquals } from "@std/assert";
import { signoOf } from "../../base/signo.ts";
import type { Signal } from "./signal.ts";
import { inPrecedence, signalNamed, SIGNALS } from "./signal.ts";

Deno.test("SIGNALS is in nginx's order of precedence", () => {
  assertEquals(SIGNALS.map(({ signal, intent }) => `${signal} ${intent}`), [
    "SIGTERM terminate",
    "SIGINT terminate",
    "SIGQUIT quit",
    "SIGHUP reload",
    "SIGUSR1 reopen",
    "SIGTTIN more",
    "SIGTTOU fewer",
    "SIGUSR2 upgrade",
    "SIGWINCH noaccept",
    "SIGALRM ignore",
  ]);
});

Deno.test("SIGNALS has Linux's numbers", () => {
  for (const { signal, signo } of SIGNALS) assertEquals(signo, signoOf(signal));
});

Deno.test("inPrecedence() sorts, and counts a signal once", () => {
  const cases: readonly (readonly [readonly Signal[], readonly Signal[]])[] = [
    [[], []],
    [["SIGHUP", "SIGTERM"], ["SIGTERM", "SIGHUP"]],
    [["SIGUSR1", "SIGHUP", "SIGQUIT"], ["SIGQUIT", "SIGHUP", "SIGUSR1"]],
    [["SIGHUP", "SIGHUP"], ["SIGHUP"]],
    [["SIGTTOU", "SIGTTIN"], ["SIGTTIN", "SIGTTOU"]],
  ];
  for (const [signals, expected] of cases) {
    assertEquals(inPrecedence(signals).map(({ signal }) => signal), expected);
  }
});

Deno.test("signalNamed() knows the names of --signal and no other", () => {
  const named = ["stop", "quit", "reload", "reopen", "SIGHUP", "", "upgrade"]
    .map((name) => signalNamed(name)?.signal);
  assertEquals(named, [
    "SIGTERM",
    "SIGQUIT",
    "SIGHUP",
    "SIGUSR1",
    undefined,
    undefined,
    "SIGUSR2",
  ]);
});
