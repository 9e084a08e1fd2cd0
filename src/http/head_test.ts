/** What the server sees of a head in one look. */

import { assertEquals } from "@std/assert";
import { readHead } from "./head.ts";

Deno.test("readHead() finds the host in any case, the first of several", () => {
  for (const name of ["Host", "host", "HOST"]) {
    const raw = ["Accept", "*/*", name, "a:80", "Host", "b", "Date", "x"];
    assertEquals(readHead(raw), { host: "a:80", hasBody: false });
  }
});

Deno.test("readHead() knows a body by either header", () => {
  for (const name of ["Content-Length", "TRANSFER-ENCODING"]) {
    assertEquals(readHead([name, "1"]).hasBody, true);
  }
});

Deno.test("readHead() is not misled by names of the same length", () => {
  const raw = ["Date", "host", "x-abcdefghijkl", "1", "x-abcdefghijklmno", "1"];
  assertEquals(readHead(raw), { host: undefined, hasBody: false });
});
