/** Accept-Encoding, as browsers and as nobody sends it. */

import { assertEquals } from "@std/assert";
import type { Encoding } from "./accept.ts";
import { chooseEncoding } from "./accept.ts";

const BOTH: readonly Encoding[] = ["br", "gzip"];

Deno.test("chooseEncoding() takes what weighs most, else ours first", () => {
  const cases: readonly (readonly [string | null, Encoding | undefined])[] = [
    [null, undefined],
    ["", undefined],
    ["gzip", "gzip"],
    ["GZip", "gzip"],
    ["x-gzip", "gzip"],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip;q=1, br;q=0.9", "gzip"],
    ["gzip;q=0.5, br;q=0.5", "br"],
    ["br;q=0, gzip;q=0", undefined],
    ["br;q=0.001", "br"],
    ["*", "br"],
    ["*;q=0.5, br;q=0", "gzip"],
    ["identity", undefined],
    ["identity, gzip", "gzip"],
    ["identity;q=1, gzip;q=0.5", undefined],
    ["identity;q=0.5, gzip;q=0.8", "gzip"],
    ["identity;q=0", undefined],
    ["deflate", undefined],
    [" br ; q=0.7 ,gzip ;Q=0.8", "gzip"],
    // No weights, so no members.
    ["gzip;q=2", undefined],
    ["gzip;q=", undefined],
    ["gzip;level=9", undefined],
    ["gzip br", undefined],
    [";;;,,,=", undefined],
  ];
  for (const [header, encoding] of cases) {
    assertEquals(chooseEncoding(header, BOTH), encoding, String(header));
  }
});

Deno.test("chooseEncoding() chooses among what there is", () => {
  assertEquals(chooseEncoding("br, gzip;q=0.1", ["gzip"]), "gzip");
  assertEquals(chooseEncoding("br", ["gzip"]), undefined);
  assertEquals(chooseEncoding("br", []), undefined);
  const many = `${"a,".repeat(100)}br`;
  assertEquals(chooseEncoding(many, BOTH), undefined);
});
