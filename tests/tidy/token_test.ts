/** The tokenizer on the places where text looks like code and the reverse. */

import { assertEquals } from "@std/assert";
import { codeOf, matchBrackets, tokenize } from "./token.ts";

/** `kind:text` of each token, for comparing in one line. */
function kinds(source: string): string[] {
  return tokenize(source).map((token) => `${token.kind}:${token.text}`);
}

Deno.test("tokenize() keeps code in strings and comments apart", () => {
  assertEquals(kinds(`throw "a // b"; // throw 'c'`), [
    "word:throw",
    'string:"a // b"',
    "punct:;",
    "comment:// throw 'c'",
  ]);
  assertEquals(kinds(`/* "a */ 'it\\'s' "\\\\" x`), [
    'comment:/* "a */',
    "string:'it\\'s'",
    'string:"\\\\"',
    "word:x",
  ]);
});

Deno.test("tokenize() shows the code inside a template, nested ones too", () => {
  assertEquals(kinds("`a ${b ? `c ${d}` : { e: 1 }} throw` + f"), [
    "string:`a ${",
    "word:b",
    "punct:?",
    "string:`c ${",
    "word:d",
    "string:}`",
    "punct::",
    "punct:{",
    "word:e",
    "punct::",
    "number:1",
    "punct:}",
    "string:} throw`",
    "punct:+",
    "word:f",
  ]);
  assertEquals(kinds("`\\`\\${a}$b {`"), ["string:`\\`\\${a}$b {`"]);
});

Deno.test("tokenize() tells a regular expression from a division", () => {
  assertEquals(kinds("a / b / c"), [
    "word:a",
    "punct:/",
    "word:b",
    "punct:/",
    "word:c",
  ]);
  assertEquals(kinds("x = /[/\"'`{]\\//g.test(y)").slice(2, 4), [
    "regex:/[/\"'`{]\\//g",
    "punct:.",
  ]);
  assertEquals(kinds("return /}/;")[1], "regex:/}/");
  assertEquals(kinds("(a) / 2 / b[1] / 3").includes("regex:/ 2 /"), false);
  assertEquals(kinds("`${/`/.source}`")[1], "regex:/`/");
});

Deno.test("tokenize() keeps line numbers across every kind of token", () => {
  const source = "a\n/* b\n */ c\n`d\n${e}\n` f";
  const lines = tokenize(source).map((token) => [token.line, token.endLine]);
  assertEquals(lines, [[1, 1], [2, 3], [3, 3], [4, 5], [5, 5], [5, 6], [6, 6]]);
});

Deno.test("tokenize() knows numbers, private names and operators", () => {
  assertEquals(
    kinds("this.#x ??= 0x1_0 + 1e-3 >= a?.b ?? 1.5n").map((kind) =>
      kind.split(":")[0]
    ).join(" "),
    "word punct word punct number punct number punct punct word punct word " +
      "punct number",
  );
  assertEquals(kinds("(a) => a").at(-2), "punct:=>");
});

Deno.test("tokenize() ends on what it does not understand", () => {
  for (const source of ["`open ${", '"open', "/* open", "/", "\\", "`${{"]) {
    assertEquals(
      tokenize(source).map((token) => token.text).join("").replace(/\s/g, ""),
      source.replace(/\s/g, ""),
    );
  }
});

Deno.test("matchBrackets() skips brackets in strings", () => {
  const code = codeOf(tokenize(`f({ a: "}" }, [1])`));
  const pairs = matchBrackets(code);
  assertEquals(pairs.get(1), code.length - 1);
  assertEquals(pairs.get(2), 6);
  assertEquals(pairs.get(6), 2);
});
