/** Every directive is documented, and says what it expects. */

import { assert, assertEquals } from "@std/assert";
import { aboutOf } from "./directive.ts";
import { LISTEN, MAIN, OBJECTS, POOL } from "./schema.ts";

Deno.test("every directive has one line of documentation", () => {
  for (const context of [MAIN, POOL, ...Object.values(OBJECTS)]) {
    for (const [name, schema] of Object.entries(context.known)) {
      const { doc, expected } = aboutOf(schema);
      assert(/^[^\n]{10,79}\.$/.test(doc), `${name}: ${doc}`);
      assert(expected !== "something else", name);
    }
  }
});

Deno.test("a directive is known or refused in a context, not both", () => {
  for (const { known, refused } of [MAIN, POOL, LISTEN]) {
    const both = Object.keys(known).filter((name) => name in refused);
    assertEquals(both, []);
  }
});

Deno.test("pools have every directive of the top but its own", () => {
  const missing = Object.keys(MAIN.known).filter((name) =>
    !(name in POOL.known)
  );
  assertEquals(missing, [
    "$schema",
    "pid",
    "worker_generations",
    "pools",
    "cache",
    "daemon",
    "master_process",
    "debug_points",
  ]);
});
