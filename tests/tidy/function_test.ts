/** The measure of functions on snippets of every shape the language has. */

import { assertEquals } from "@std/assert";
import { measureFunctions } from "./function.ts";

/** `name line lines parameters nesting` of each function. */
function measured(source: string): string[] {
  return measureFunctions(source).map((size) =>
    `${size.name} ${size.line} ${size.lines} ${size.parameters} ${size.nesting}`
  );
}

Deno.test("measureFunctions() counts from the head to the closing brace", () => {
  assertEquals(
    measured("\nexport async function a(\n  b: number,\n): void {\n  b;\n}\n"),
    ["a 2 5 1 0"],
  );
});

Deno.test("measureFunctions() sees every kind of function", () => {
  const source = `
class A {
  constructor() {}
  static async b<T extends { x: 1 }>(c: T): Promise<{ d: number }> {}
  get #e(): string {}
  *f(): Iterable<void> {}
  [Symbol.iterator]() {}
  private m(): void {}
  override async *g(a = { b: 1 }): AsyncIterable<A> {}
}
const h = (a: number) => {};
const i = { j() {}, "k": function (): void {}, l: async () => {} };
function* m() {}
Deno.test("n", async (t): Promise<void> => {});
x.map(({ a, b }, [c]) => {});
`;
  assertEquals(measured(source).map((size) => size.split(" ")[0]), [
    "constructor",
    "b",
    "#e",
    "f",
    "iterator",
    "m",
    "g",
    "h",
    "j",
    '"k"',
    "l",
    "m",
    '"n"',
    "map",
  ]);
});

Deno.test("measureFunctions() takes no other brace for a body", () => {
  const source = `
import { a } from "b";
export interface C extends D<E> { f(g: number): void; h: () => void }
type I = { j: string } | { k: (l: number) => M };
const n: O = { p: q ? r(1, 2, 3, 4, 5) : { s: 1 } };
class T extends U(V) { w = { x: 1 }; }
if (a) { b(); } else { c(); }
for (const y of z) { y(); }
for await (const y of z) { y(); }
while (a(b)) { c(); }
switch (a) { case b(): { c(); } default: { d(); } }
try { a(); } catch (e) { b(); } finally { c(); }
do { a(); } while (b);
label: { break label; }
`;
  assertEquals(measured(source), []);
});

Deno.test("measureFunctions() finds the body behind a type with braces", () => {
  assertEquals(
    measured("function a(b: { c: 1 }): { d: 2 } {\n}\n"),
    ["a 1 2 1 0"],
  );
  assertEquals(
    measured("function a(b: unknown): b is { c: 1 } | D {\n}\n"),
    ["a 1 2 1 0"],
  );
  assertEquals(
    measured("function a(): (b: number) => void {\n}\n"),
    ["a 1 2 0 0"],
  );
  assertEquals(measured("function a(): { b: 1 }[] {\n}\n"), ["a 1 2 0 0"]);
});

Deno.test("measureFunctions() is not misled by strings and comments", () => {
  const source = 'function a() {\n  // }\n  "}"; /}/; `}${"{"}`;\n}\n';
  assertEquals(measured(source), ["a 1 4 0 0"]);
});

Deno.test("measureFunctions() counts parameters, not commas", () => {
  const heads = [
    ["()", 0],
    ["(a)", 1],
    ["(a, b)", 2],
    ["(a: Map<string, number>, b: [c, d],)", 2],
    ["({ a, b, c }: X, ...d: Y[])", 2],
    ["(a = f(1, 2), b = { c: 1, d: 2 })", 2],
    ["(this: X, a: number)", 1],
    ["(a: (b: number, c: number) => void)", 1],
    ["(a, b, c, d, e)", 5],
  ] as const;
  for (const [head, count] of heads) {
    assertEquals(
      measureFunctions(`function f${head} {}`)[0]?.parameters,
      count,
      head,
    );
  }
});

Deno.test("measureFunctions() counts nested control blocks only", () => {
  const source = `
function a() {
  for (const b of c) {
    if (b) {
      const d = { e: { f: { g: 1 } } };
    } else if (d) {
      while (e) {
        e();
      }
    }
  }
  try {
    a(() => {
      if (a) { if (b) { if (c) { if (d) { e(); } } } }
    });
  } catch {
    b();
  }
}
`;
  assertEquals(measured(source).map((size) => size.at(-1)), ["3", "4"]);
});
