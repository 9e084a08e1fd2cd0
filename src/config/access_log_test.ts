/** `access_log` as written, and what is wrong with it. */

import { assert, assertEquals } from "@std/assert";
import { resolveAccessLog } from "./access_log.ts";
import type { AccessLogConfig } from "./config.ts";

function resolve(
  given: Parameters<typeof resolveAccessLog>[0],
): AccessLogConfig | undefined {
  const resolved = resolveAccessLog(given, "/srv");
  assert(resolved.ok);
  return resolved.log;
}

function wrongOf(given: Parameters<typeof resolveAccessLog>[0]): string {
  const resolved = resolveAccessLog(given, "/srv");
  return resolved.ok ? "" : `${resolved.option} ${resolved.wrong}`;
}

Deno.test("resolveAccessLog() fills in the defaults", () => {
  assertEquals(resolve(undefined), undefined);
  assertEquals(resolve("off"), undefined);
  assertEquals(
    resolve("log/access.log") as unknown,
    {
      path: "/srv/log/access.log",
      format: "combined",
      escape: "default",
      bufferBytes: 32_768,
      flushMs: 1000,
    },
  );
  assertEquals(resolve("stdout")?.path, "stdout");
  assertEquals(resolve("stderr")?.path, "stderr");
});

Deno.test("resolveAccessLog() takes what is given", () => {
  const given = {
    path: "/var/log/a.log",
    format: "$status $request_uri",
    escape: "json",
    buffer: "0",
    flush: "5m",
  } as const;
  const { buffer: _, flush: __, ...rest } = given;
  const expected = { ...rest, bufferBytes: 0, flushMs: 300_000 };
  assertEquals(resolve(given) as unknown, expected);
  assertEquals(resolve({ path: "off", format: "json" }), undefined);
});

Deno.test("resolveAccessLog() names what was meant", () => {
  const path = "a.log";
  assertEquals(
    wrongOf({ path, format: "$remote_adr $status" }),
    'format has an unknown variable, "$remote_adr", ' +
      'did you mean "$remote_addr"?',
  );
  assertEquals(
    wrongOf({ path, format: "$xyz" }),
    'format has an unknown variable, "$xyz"',
  );
  assertEquals(
    wrongOf({ path, format: "combned" }),
    'format has no variable, did you mean "combined"?',
  );
  assertEquals(wrongOf({ path, format: "main" }), "format has no variable");
  assertEquals(
    wrongOf({ path: "off", format: "$" }),
    "format has an invalid variable name, $",
  );
  assertEquals(
    wrongOf({ path, buffer: "1g" }),
    "buffer is larger than 16 MiB",
  );
});
