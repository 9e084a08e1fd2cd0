/** The names of variables. */

import { assertEquals } from "@std/assert";
import { readerOf, VARIABLES } from "./access_variable.ts";

Deno.test("readerOf() knows names and families, and nothing else", () => {
  for (const name of Object.keys(VARIABLES)) {
    const isFamily = name.endsWith("_");
    assertEquals(readerOf(name) === undefined, isFamily, name);
    if (isFamily) assertEquals(typeof readerOf(`${name}a`), "function");
  }
  for (const name of ["", "toString", "http", "sent_http_", "arg_"]) {
    assertEquals(readerOf(name), undefined, name);
  }
});
