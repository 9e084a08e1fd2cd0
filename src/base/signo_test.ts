/** signoOf() against the names the shell knows. */

import { assertEquals } from "@std/assert";
import { signalOf, signoOf } from "./signo.ts";

Deno.test("signoOf() knows the signals nginx speaks of", () => {
  assertEquals(
    ["SIGHUP", "SIGKILL", "SIGUSR1", "SIGTERM", "SIGWINCH"].map(signoOf),
    [1, 9, 10, 15, 28],
  );
});

Deno.test("signoOf() answers 0 for an unknown name", () => {
  assertEquals(signoOf("SIGNOTHING"), 0);
});

Deno.test("signalOf() is the way back, and has a name for every number", () => {
  for (const name of ["SIGHUP", "SIGKILL", "SIGSYS"]) {
    assertEquals(signalOf(signoOf(name)), name);
  }
  assertEquals(signalOf(34), "SIG34");
});
