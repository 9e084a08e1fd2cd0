/** The start command goes away too early, or when it may. */

import { assertEquals } from "@std/assert";
import {
  booted,
  code,
  doneBy,
  exited,
  fresh,
  planOf,
  prepared,
  saidBy,
  started,
  take,
} from "../../../tests/support/core.ts";

Deno.test("onStarterLost() gives the start up, with exit code 1", () => {
  const booting = booted(prepared(fresh(), planOf(1)));
  const taken = take(booting, { kind: "starterLost" });
  assertEquals(saidBy(taken).map(([level]) => level), ["emerg"]);
  assertEquals(taken.state.mode, "terminating");
  const last = take(taken.state, exited(code(0), taken.state));
  assertEquals(doneBy(last).at(-1), "exit 1");
});

Deno.test("onStarterLost() is no news once the master is up", () => {
  const state = started();
  const taken = take(state, { kind: "starterLost" });
  assertEquals(doneBy(taken), []);
  assertEquals(taken.state, state);
});
