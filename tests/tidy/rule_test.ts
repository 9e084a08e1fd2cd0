/** The list of rules is complete: a rule that is not run is no rule. */

import { assert, assertEquals } from "@std/assert";
import * as ban from "./ban_rule.ts";
import * as comment from "./comment_rule.ts";
import * as imports from "./import_rule.ts";
import * as name from "./name_rule.ts";
import { RULES } from "./rule.ts";
import * as size from "./size_rule.ts";

Deno.test("RULES has every rule once", () => {
  const checks = [ban, comment, imports, name, size]
    .flatMap((module) => Object.entries(module))
    .filter(([key]) => key.startsWith("check"))
    .map(([, check]) => check);
  assertEquals(checks.length, RULES.length);
  for (const check of checks) {
    assert(RULES.some((rule) => rule.check === check));
  }
});
