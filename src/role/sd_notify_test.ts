/** The variables of sd_notify's protocol: whose they are, what is passed on. */

import { assertEquals } from "@std/assert";
import { notifyEnv, successorEnv } from "./sd_notify.ts";

Deno.test("notifyEnv() takes a watchdog that is ours, and a number", () => {
  const socket = "/run/systemd/notify";
  const of = (usec?: string, pid?: string): number | undefined =>
    notifyEnv({
      NOTIFY_SOCKET: socket,
      WATCHDOG_USEC: usec,
      WATCHDOG_PID: pid,
    }, 42).watchdogUsec;
  assertEquals(of("5000000"), 5_000_000);
  assertEquals(of("5000000", "42"), 5_000_000);
  assertEquals(of("5000000", "43"), undefined);
  for (const wrong of [undefined, "", "0", "-1", "5s", "1e9"]) {
    assertEquals(of(wrong), undefined);
  }
});

Deno.test("notifyEnv() is nothing without a socket", () => {
  const nothing = { socket: undefined, watchdogUsec: undefined };
  assertEquals(notifyEnv({}, 42), nothing);
  assertEquals(notifyEnv({ NOTIFY_SOCKET: "" }, 42), nothing);
  assertEquals(successorEnv(nothing), {});
});

Deno.test("successorEnv() leaves the pid out, for the new one has its own", () => {
  const env = {
    NOTIFY_SOCKET: "@notify",
    WATCHDOG_USEC: "9000000",
    WATCHDOG_PID: "42",
  };
  const passed = successorEnv(notifyEnv(env, 42));
  assertEquals(passed, { NOTIFY_SOCKET: "@notify", WATCHDOG_USEC: "9000000" });
  assertEquals(notifyEnv(passed, 43), notifyEnv(env, 42));
});
