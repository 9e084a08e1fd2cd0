/** Requests that choose the same variant, and those that do not. */

import { assert, assertEquals } from "@std/assert";
import type { ReadHeader } from "./storing.ts";
import {
  hasSameNames,
  isChosen,
  variantKey,
  variantOf,
  varyNames,
} from "./vary.ts";

function reader(headers: Readonly<Record<string, string>>): ReadHeader {
  return (name: string): string | null => headers[name] ?? null;
}

Deno.test("varyNames() are lower case, each once, in order", () => {
  assertEquals(varyNames(null), []);
  assertEquals(varyNames("Cookie, Accept, cookie,"), ["accept", "cookie"]);
  assertEquals(varyNames("*"), ["*"]);
});

Deno.test("isChosen() compares what lists say, not how they are written", () => {
  const asked = reader({ "accept-encoding": "gzip,  br", accept: "" });
  const variant = variantOf(["accept", "accept-encoding", "cookie"], asked);
  assertEquals(variant, [
    ["accept", ""],
    ["accept-encoding", "gzip,br"],
    ["cookie", ""],
  ]);
  assert(isChosen(variant, asked));
  assert(isChosen(variant, reader({ "accept-encoding": "gzip,br" })));
  assert(!isChosen(variant, reader({ "accept-encoding": "br, gzip" })));
  assert(!isChosen(variant, reader({})));
  assert(isChosen([], reader({})));
  assert(hasSameNames(variant, ["accept", "accept-encoding", "cookie"]));
  assert(!hasSameNames(variant, ["accept"]));
});

Deno.test("variantKey() is one for each variant and group", () => {
  const keys = [
    variantKey("k", "g", [["a", "1"], ["b", ""]]),
    variantKey("k", "g", [["a", "1"], ["b", "2"]]),
    variantKey("k", "g", [["a", '1",["b']]),
    variantKey("k", "h", [["a", "1"], ["b", ""]]),
  ];
  assertEquals(new Set(keys).size, keys.length);
});
