/** Operating errors: nginx's one-line form, and results told apart by `ok`. */

import { assert, assertEquals, assertFalse } from "@std/assert";
import type { Result, SystemError } from "./system_error.ts";
import { failure, formatSystemError, success } from "./system_error.ts";

const IN_USE: SystemError = {
  call: "bind() to 127.0.0.1:80",
  code: "EADDRINUSE",
  errno: 98,
  text: "Address already in use",
};

Deno.test("formatSystemError() has nginx's form", () => {
  assertEquals(
    formatSystemError(IN_USE),
    "bind() to 127.0.0.1:80 failed (98: Address already in use)",
  );
});

Deno.test("success() carries the value, even a falsy one", () => {
  for (const value of [0, "", false, null, undefined, { a: 1 }]) {
    const result: Result<unknown> = success(value);
    assert(result.ok);
    assertEquals(result.value, value);
  }
});

Deno.test("failure() carries the error", () => {
  const result: Result<number> = failure(IN_USE);
  assertFalse(result.ok);
  assertEquals(result, { ok: false, error: IN_USE });
});
