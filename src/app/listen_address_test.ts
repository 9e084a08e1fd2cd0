/** Addresses as `onListen` is told them. */

import { assertEquals } from "@std/assert";
import { toListenAddress } from "./listen_address.ts";

Deno.test("toListenAddress() knows TCP, IPv6 and Unix sockets", () => {
  assertEquals(toListenAddress("127.0.0.1:8080"), {
    transport: "tcp",
    hostname: "127.0.0.1",
    port: 8080,
  });
  assertEquals(toListenAddress("[::1]:443"), {
    transport: "tcp",
    hostname: "::1",
    port: 443,
  });
  assertEquals(toListenAddress("unix:/run/a:1.sock"), {
    transport: "unix",
    path: "/run/a:1.sock",
  });
});
