/** Every option of a zone is documented, and its default is one it takes. */

import { assert, assertEquals } from "@std/assert";
import * as v from "valibot";
import { ZONE_DIRECTIVES } from "./cache_schema.ts";
import { CACHE_DEFAULTS } from "./default.ts";
import { aboutOf } from "./directive.ts";

Deno.test("every option of a zone says what it is for and what it may be", () => {
  for (const [name, schema] of Object.entries(ZONE_DIRECTIVES)) {
    const { doc, expected } = aboutOf(schema);
    assert(doc.endsWith("."), name);
    assert(expected !== "something else", name);
  }
});

Deno.test("every default of a zone is one that its option takes", () => {
  const schemas: Readonly<Record<string, v.GenericSchema>> = ZONE_DIRECTIVES;
  for (const [name, value] of Object.entries(CACHE_DEFAULTS)) {
    const schema = schemas[name];
    assert(schema !== undefined, name);
    assertEquals(v.is(schema, value), true, name);
    assertEquals(aboutOf(schema).default, value, name);
  }
});

Deno.test("levels are one to three of 1 and 2, or none", () => {
  for (const levels of ["", "1", "2", "1:2", "2:2:1"]) {
    assert(v.is(ZONE_DIRECTIVES.levels, levels), levels);
  }
  for (const levels of ["0", "3", "1:", ":1", "1:2:1:2", "12", "a", " 1"]) {
    assert(!v.is(ZONE_DIRECTIVES.levels, levels), levels);
  }
});
