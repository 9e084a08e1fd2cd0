/** What is plain is read; everything else is left to the long way. */

import { assertEquals } from "@std/assert";
import { parsePlain } from "./plain.ts";

Deno.test("parsePlain() reads JSON with comments", () => {
  const text = `// the site
{
  "app": "./a//b.ts", /* not a comment: "app" */
  "env": { "URL": "http://x/*y*/" },
  "listen": ["80", { "address": "81" }] // "two": 2
}`;
  assertEquals(parsePlain(text), {
    app: "./a//b.ts",
    env: { URL: "http://x/*y*/" },
    listen: ["80", { address: "81" }],
  });
});

const NOT_PLAIN = [
  "",
  "null",
  "[]",
  '"text"',
  "1",
  '{ "a": 1, }',
  '{ "a": 1, "a": 2 }',
  '{ "a": { "b": 1, "b": 1 } }',
  '{ "a": 1, "\\u0061": 2 }',
  "{ a: 1 }",
  '{ "a": 1 ',
  '{ "a": 1 } /* open',
  "[".repeat(70_000),
];

for (const text of NOT_PLAIN) {
  Deno.test(`parsePlain() leaves ${text.slice(0, 24) || "nothing"}`, () => {
    assertEquals(parsePlain(text), undefined);
  });
}
