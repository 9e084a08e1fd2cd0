/** Trusted proxies: what may be written, and what it becomes. */

import { assertEquals } from "@std/assert";
import { isTrustable, resolveRealIp } from "./real_ip.ts";

const NOTHING = { from: undefined, header: undefined, recursive: undefined };

Deno.test("resolveRealIp() has nginx's defaults", () => {
  assertEquals(resolveRealIp({ ...NOTHING, from: "10.0.0.0/8" }), {
    from: ["10.0.0.0/8"],
    header: "x-real-ip",
    recursive: false,
  });
});

Deno.test("resolveRealIp() takes what is written", () => {
  const from = ["unix:", "::1"];
  assertEquals(
    resolveRealIp({ from, header: "X-Forwarded-For", recursive: true }),
    { from, header: "x-forwarded-for", recursive: true },
  );
});

Deno.test("resolveRealIp() is nothing when nobody is trusted", () => {
  const written = { ...NOTHING, header: "X-Forwarded-For" };
  assertEquals(resolveRealIp(written), undefined);
});

Deno.test("isTrustable() takes networks and Unix sockets", () => {
  for (const text of ["unix:", "10.0.0.0/8", "::1", "2001:db8::/32"]) {
    assertEquals(isTrustable(text), true, text);
  }
  for (const text of ["", "unix:/run/x", "proxy.example", "10.0.0.0/33"]) {
    assertEquals(isTrustable(text), false, text);
  }
});
