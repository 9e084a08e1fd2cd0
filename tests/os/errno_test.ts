/** errno against the kernel, the runtime's own table and thrown errors. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { getSystemErrorMap } from "node:util";
import { formatSystemError } from "../../src/base/system_error.ts";
import {
  check,
  ERRNO_TABLE,
  errnoError,
  errnoNow,
  fromDenoError,
  namedError,
} from "../../src/os/errno.ts";
import { libc } from "../../src/os/libc.ts";

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("It did not throw");
}

Deno.test("check() reads the errno of a failing call", () => {
  const closed = check(libc.close(-1), "close(-1)");
  assertEquals(closed, {
    ok: false,
    error: {
      call: "close(-1)",
      code: "EBADF",
      errno: 9,
      text: "Bad file descriptor",
    },
  });
  assertEquals(errnoNow(), 9);
});

Deno.test("check() reads the right errno when two kinds alternate", () => {
  for (let round = 0; round < 2000; round++) {
    const bad = check(libc.close(-1), "");
    const invalid = check(libc.fcntl(0, -1, 0), "");
    assert(!bad.ok && bad.error.errno === 9);
    assert(!invalid.ok && invalid.error.errno === 22);
  }
});

Deno.test("check() reads the right errno whatever the runtime does", async () => {
  const junk: Uint8Array[] = [];
  for (let round = 0; round < 5000; round++) {
    const bad = check(libc.close(-1), "");
    assert(!bad.ok && bad.error.errno === 9);
    junk[round % 100] = new Uint8Array(10_000);
    if (round % 500 === 0) await Deno.readTextFile("/proc/self/maps");
  }
});

Deno.test("check() passes a value that is not -1 on", () => {
  assertEquals(check(7n, "read()"), { ok: true, value: 7 });
  assertEquals(check(0, "close(3)"), { ok: true, value: 0 });
});

Deno.test("ERRNO_TABLE has 1 to 133 in order, but for 41 and 58", () => {
  const numbers = ERRNO_TABLE.map(([number]) => number);
  const expected = Array.from({ length: 133 }, (_, index) => index + 1)
    .filter((number) => number !== 41 && number !== 58);
  assertEquals(numbers, expected);
});

Deno.test("ERRNO_TABLE agrees with the runtime's own numbers", () => {
  const known = new Map(ERRNO_TABLE.map(([number, name]) => [name, number]));
  let compared = 0;
  for (const [number, [name]] of getSystemErrorMap()) {
    const ours = known.get(name);
    // libuv has names of its own, such as EAI_AGAIN and EOF.
    if (ours === undefined) continue;
    assertEquals(-number, ours, name);
    compared++;
  }
  assert(compared > 60);
});

Deno.test("errnoError() names what it knows and survives what it does not", () => {
  assertEquals(
    formatSystemError(errnoError(98, "bind() to 127.0.0.1:80")),
    "bind() to 127.0.0.1:80 failed (98: Address already in use)",
  );
  assertEquals(errnoError(4095, "x").text, "Unknown error 4095");
  assertEquals(namedError("EAGAIN", "x").errno, 11);
});

Deno.test("fromDenoError() finds the number in a Deno error", () => {
  const error = thrownBy(() => Deno.openSync("/nonexistent/file"));
  assertEquals(fromDenoError(error, 'open() "/nonexistent/file"'), {
    call: 'open() "/nonexistent/file"',
    code: "ENOENT",
    errno: 2,
    text: "No such file or directory",
  });
  const folder = thrownBy(() => Deno.writeTextFileSync("/tmp", ""));
  assertEquals(fromDenoError(folder, "").code, "EISDIR");
});

Deno.test("fromDenoError() understands node's code and errno", () => {
  const coded = Object.assign(new Error("spawn x EACCES"), { code: "EACCES" });
  assertEquals(fromDenoError(coded, "").errno, 13);
  const numbered = Object.assign(new Error("x"), { errno: -24 });
  assertEquals(fromDenoError(numbered, "").code, "EMFILE");
});

Deno.test("fromDenoError() falls back to the error's class, then its text", () => {
  const byClass = new Deno.errors.AddrInUse("taken");
  assertEquals(fromDenoError(byClass, "").errno, 98);
  assertEquals(fromDenoError(new Error("odd\nstack"), "call()"), {
    call: "call()",
    code: "UNKNOWN",
    errno: 0,
    text: "odd",
  });
  assertMatch(fromDenoError("a string", "").text, /^a string$/);
  assertEquals(fromDenoError(undefined, "").errno, 0);
});
