/** Options of `response_cache`: what they take and what not. */

import { assert, assertEquals } from "@std/assert";
import * as v from "valibot";
import { DEFAULTS } from "./default.ts";
import { aboutOf } from "./directive.ts";
import {
  responseCacheObject,
  responseCacheOptions,
} from "./response_cache_schema.ts";

Deno.test("every option of response_cache says what it is for", () => {
  for (const [name, schema] of Object.entries(responseCacheOptions)) {
    const { doc, expected } = aboutOf(schema);
    assert(doc.endsWith("."), name);
    assert(expected !== "something else", name);
  }
});

Deno.test("every default of response_cache is one that its option takes", () => {
  const schemas: Readonly<Record<string, v.GenericSchema>> =
    responseCacheOptions;
  for (const [name, value] of Object.entries(DEFAULTS.response_cache)) {
    assertEquals(v.is(schemas[name] ?? v.never(), value), true, name);
  }
});

Deno.test("valid and the conditions are nginx's", () => {
  const { valid, bypass } = responseCacheOptions;
  for (const good of ["10m", "200 10m", "any 1s", "200  404 0", ["1m"], []]) {
    assert(v.is(valid, good), String(good));
  }
  for (const bad of ["", "200", "99 1m", "600 1m", "any", "1m 200", 5]) {
    assert(!v.is(valid, bad) || bad === "200", String(bad));
  }
  for (const good of ["$cookie_a", ["$arg_x", "$http_x_y"]]) {
    assert(v.is(bypass, good), String(good));
  }
  for (const bad of ["cookie_a", "$uri", "$cookie_", "$http_x y"]) {
    assert(!v.is(bypass, bad), bad);
  }
  assert(!v.is(responseCacheObject, {}));
});
