/** What the shape of `tls` takes. */

import { assertEquals } from "@std/assert";
import * as v from "valibot";
import { tlsDirective } from "./tls_directive.ts";

Deno.test("tls takes a pair or a list of pairs, and what it knows", () => {
  const pair = { certificate: "c", key: "k" };
  const good = [
    pair,
    { certificates: [pair] },
    { ...pair, protocols: ["TLSv1.2", "TLSv1.3"], http2: false },
  ];
  const bad = [
    "c",
    { certificates: [] },
    { certificates: [{ certificate: "c" }] },
    { ...pair, protocols: ["SSLv3"] },
    { ...pair, protocols: [] },
    { ...pair, ciphers: "x" },
    { ...pair, key: "" },
  ];
  for (const value of good) {
    assertEquals(v.safeParse(tlsDirective, value).success, true);
  }
  for (const value of bad) {
    assertEquals(v.safeParse(tlsDirective, value).success, false);
  }
});
