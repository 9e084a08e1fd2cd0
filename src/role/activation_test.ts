/** Whose the given descriptors are, and which. */

import { assertEquals } from "@std/assert";
import { givenFds } from "./activation.ts";

Deno.test("givenFds() begins at 3 and knows the names", () => {
  const env = { LISTEN_FDS: "2", LISTEN_PID: "42", LISTEN_FDNAMES: "http:" };
  assertEquals(givenFds(env, 42), [
    { fd: 3, name: "http" },
    { fd: 4, name: "" },
  ]);
});

Deno.test("givenFds() is nothing for another process, or no number", () => {
  const env = { LISTEN_FDS: "1", LISTEN_PID: "42" };
  assertEquals(givenFds(env, 42).length, 1);
  assertEquals(givenFds(env, 43), []);
  assertEquals(givenFds({ LISTEN_FDS: "1" }, 42), []);
  for (const count of ["", "0", "-1", "x", "1025", "99999"]) {
    assertEquals(givenFds({ ...env, LISTEN_FDS: count }, 42), []);
  }
});
