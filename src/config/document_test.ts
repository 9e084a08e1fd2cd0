/** Text to a value with places; syntax errors with their texts. */

import { assert, assertEquals } from "@std/assert";
import { parseDocument, pathKey } from "./document.ts";
import { formatConfigError } from "./error.ts";

function linesOf(text: string): readonly string[] {
  const { errors, duplicates } = parseDocument("/f", text);
  return [...errors, ...duplicates].map(formatConfigError);
}

Deno.test("parseDocument() reads JSON with comments and trailing commas", () => {
  const text = '// c\n{ "a": 1, /* d */ "b": [true, null, "x",], }\n';
  const { value, errors } = parseDocument("/f", text);
  assertEquals(errors, []);
  assertEquals(value, { a: 1, b: [true, null, "x"] });
});

Deno.test("parseDocument() knows where everything stands", () => {
  const text = '{\n  "a": { "b": [1,\n 2] }\n}';
  const { offsets } = parseDocument("/f", text);
  assertEquals(offsets.get(pathKey(["a"])), text.indexOf('"a"'));
  assertEquals(offsets.get(pathKey(["a", "b"])), text.indexOf('"b"'));
  assertEquals(offsets.get(pathKey(["a", "b", 1])), text.indexOf("2"));
});

Deno.test("parseDocument() says what the syntax lacks, and where", () => {
  const cases: readonly [string, readonly string[]][] = [
    ['{\n  "a": 1\n  "b": 2\n}', ['/f:3:3: syntax error: "," expected']],
    ['{ "a" 1 }', ['/f:1:7: syntax error: ":" expected']],
    ['{ "a": }', ["/f:1:8: syntax error: a value expected"]],
    ['{ "a": 1', ['/f:1:9: syntax error: "}" expected']],
    ['{ "a": [1 }', ['/f:1:11: syntax error: "," expected']],
    ['{ "a": 1 } {}', [
      "/f:1:12: syntax error: end of file expected",
    ]],
    ['{ "a": "x\n" }', ["/f:1:8: syntax error: closing quote expected"]],
    ['{ "a": "\\q" }', ["/f:1:8: syntax error: invalid escape"]],
    ['{ "a": 1 } /*', ['/f:1:12: syntax error: "*/" expected']],
    ["", ["/f:1:1: syntax error: a value expected"]],
    ["// only\n", ["/f:2:1: syntax error: a value expected"]],
    ["[1]", ["/f:1:1: must be an object of directives, got [1]"]],
    ["5", ["/f:1:1: must be an object of directives, got 5"]],
    ["null", ["/f:1:1: must be an object of directives, got null"]],
  ];
  for (const [text, lines] of cases) {
    assertEquals(linesOf(text).slice(0, 1), lines, text);
  }
});

Deno.test("parseDocument() reports several syntax errors at once", () => {
  assertEquals(linesOf('{\n "a": 1\n "b": ,\n "c" 3\n}'), [
    '/f:3:2: syntax error: "," expected',
    "/f:3:7: syntax error: a value expected",
    '/f:4:6: syntax error: ":" expected',
  ]);
});

Deno.test("parseDocument() reports duplicates at the second", () => {
  assertEquals(linesOf('{\n  "pid": "a",\n  "pid": "b", "pid": 3\n}'), [
    '/f:3:3: "pid" directive is duplicate',
    '/f:3:15: "pid" directive is duplicate',
  ]);
  assertEquals(
    linesOf('{ "pools": { "a": { "app": "x", "app": "y" }, "a": {} } }'),
    [
      '/f:1:33: "app" directive is duplicate',
      '/f:1:47: "a" directive is duplicate',
    ],
  );
  const { value } = parseDocument("/f", '{ "pid": "a", "pid": "b" }');
  assertEquals(value, { pid: "a" });
});

Deno.test("parseDocument() makes a property of __proto__, not a prototype", () => {
  const { value } = parseDocument("/f", '{ "__proto__": { "pid": "x" } }');
  assert(Object.hasOwn(value, "__proto__"));
  assertEquals(value["pid"], undefined);
});

Deno.test("parseDocument() refuses what would exhaust the parser", () => {
  assertEquals(linesOf("[".repeat(100_000)), [
    "/f:1:33: is nested deeper than 32 levels",
  ]);
  assertEquals(linesOf(`"${"x".repeat(2_000_000)}"`), [
    "/f:1:1: is longer than 1048576 characters",
  ]);
  assertEquals(linesOf(`{ "a": "${"[{".repeat(100)}" }`), []);
});
