/** Signals and requests become intents, in nginx's order, each once. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  asked,
  doneBy,
  labelsOf,
  planOf,
  saidBy,
  signalled,
  started,
  take,
} from "../../../tests/support/core.ts";
import type { ControlRequest } from "./event.ts";
import type { Signal } from "./signal.ts";
import { SIGNALS } from "./signal.ts";
import type { Mode } from "./state.ts";

const ALL = SIGNALS.map(({ signal }) => signal);

const CASES: readonly (readonly [Signal, Mode, readonly string[]])[] = [
  ["SIGTERM", "terminating", ["send terminate 0", "closeListeners"]],
  ["SIGINT", "terminating", ["send terminate 0", "closeListeners"]],
  ["SIGQUIT", "quitting", ["send quit 0", "closeListeners"]],
  ["SIGHUP", "running", ["loadConfig 2"]],
  ["SIGUSR1", "running", ["reopenLogs", "send reopen 0"]],
  ["SIGTTIN", "running", ["spawn 1 gen 1 worker/1"]],
  ["SIGTTOU", "running", []],
  ["SIGUSR2", "running", ["renamePidFile"]],
  ["SIGWINCH", "running", ["send quit 0 linger"]],
  ["SIGALRM", "running", []],
];

Deno.test("step() acts on every signal, and says which", () => {
  assertEquals(CASES.map(([signal]) => signal), ALL);
  for (const [signal, mode, done] of CASES) {
    const after = take(started(), signalled(signal));
    assertEquals(doneBy(after), done, signal);
    assertEquals(after.state.mode, mode, signal);
    const row = SIGNALS.find((entry) => entry.signal === signal);
    assertEquals<unknown>(saidBy(after)[0], ["notice", {
      kind: "signalReceived",
      signal,
      signo: row?.signo,
      saying: row?.saying,
    }]);
  }
});

Deno.test("step() takes coalesced signals in nginx's order", () => {
  const after = take(
    started(),
    signalled("SIGUSR1", "SIGHUP", "SIGTERM", "SIGUSR1"),
  );
  assertEquals(labelsOf(after), [
    "log notice signalReceived",
    "log notice signalReceived",
    "log notice signalReceived",
    "send terminate 0",
    "closeListeners",
    "log notice reopening",
    "reopenLogs",
  ]);
});

Deno.test("step() takes TERM and INT together as one", () => {
  const after = take(started(), signalled("SIGTERM", "SIGINT"));
  assertEquals(doneBy(after), ["send terminate 0", "closeListeners"]);
});

Deno.test("step() does for a request what it does for the signal", () => {
  const pairs: readonly (readonly [ControlRequest, Signal])[] = [
    ["reload", "SIGHUP"],
    ["quit", "SIGQUIT"],
    ["terminate", "SIGTERM"],
    ["reopen", "SIGUSR1"],
  ];
  for (const [request, signal] of pairs) {
    const byRequest = take(started(planOf(2)), asked(request, 4));
    const bySignal = take(started(planOf(2)), signalled(signal));
    assertEquals(doneBy(byRequest), doneBy(bySignal), request);
    const { waiters } = byRequest.state;
    assertEquals(waiters, [{ token: 4, request }]);
    assertEquals({ ...byRequest.state, waiters: [] }, bySignal.state);
  }
});

Deno.test("step() refuses a reload when everything ends", () => {
  for (const signal of ["SIGQUIT", "SIGTERM"] as const) {
    const state = take(started(), signalled(signal)).state;
    const after = take(state, asked("reload", 4));
    assertEquals(doneBy(after), ["reply 4 no: shutting down"]);
    assertStrictEquals(after.state, state);
  }
});

Deno.test("step() takes the other requests while everything ends", () => {
  const state = take(started(), signalled("SIGQUIT")).state;
  const quit = take(state, asked("quit", 1));
  assertEquals(doneBy(quit), []);
  assertEquals(quit.state.waiters.length, 1);
  assertEquals(doneBy(take(state, asked("reopen", 1))), [
    "reopenLogs",
    "send reopen 0",
  ]);
  const terminate = take(state, asked("terminate", 1));
  assertEquals(terminate.state.mode, "terminating");
});

Deno.test("step() refuses everything after the end", () => {
  const state = { ...started(), mode: "exited", slots: [] } as const;
  for (const request of ["reload", "quit", "terminate", "reopen"] as const) {
    const after = take(state, asked(request, 9));
    assertEquals(doneBy(after), ["reply 9 no: shutting down"]);
    assertStrictEquals(after.state, state);
  }
  for (const { signal } of SIGNALS) {
    assertEquals(take(state, signalled(signal)), { state, effects: [] });
  }
});

Deno.test("step() forgets a client that went away, and no other", () => {
  const state = take(started(), [asked("reload", 1), asked("reload", 2)]).state;
  const after = take(state, { kind: "controlClosed", token: 1 });
  assertEquals(after.effects, []);
  assertEquals(after.state.waiters, [{ token: 2, request: "reload" }]);
});
