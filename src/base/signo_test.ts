/** signoOf() against the names the shell knows. */

import { assertEquals } from "@std/assert";
import { signoOf } from "./signo.ts";

Deno.test("signoOf() knows the signals nginx speaks of", () => {
  assertEquals(
    ["SIGHUP", "SIGKILL", "SIGUSR1", "SIGTERM", "SIGWINCH"].map(signoOf),
    [1, 9, 10, 15, 28],
  );
});

Deno.test("signoOf() answers 0 for an unknown name", () => {
  assertEquals(signoOf("SIGNOTHING"), 0);
});
