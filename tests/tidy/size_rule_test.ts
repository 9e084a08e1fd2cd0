/** The rules about size, on source that breaks and that keeps them. */

import { assertEquals } from "@std/assert";
import { checkColumns, checkExemptions, checkSizes } from "./size_rule.ts";
import { places } from "./snippet.ts";

Deno.test("checkSizes() counts lines, parameters and nesting", () => {
  const long = `function a() {\n${"  b();\n".repeat(69)}}\n`;
  const deep = "function a() { if (b) { if (c) { if (d) { if (e) { " +
    "if (f) { g(); } } } } } }\n";
  assertEquals(
    places(checkSizes, {
      "src/os/at_limit.ts": long.replace("  b();\n", ""),
      "src/os/long.ts": "\n" + long,
      "src/os/wide.ts": "function a(b, c, d, e, f) {}\n",
      "src/os/deep.ts": deep,
      "src/os/file.ts": "a();\n".repeat(401),
      "src/os/file_test.ts": "a();\n".repeat(800),
      "tests/os/file_test.ts": "a();\n".repeat(801),
    }),
    [
      "src/os/long.ts:2",
      "src/os/wide.ts:1",
      "src/os/deep.ts:1",
      "src/os/file.ts:1",
      "tests/os/file_test.ts:1",
    ],
  );
});

Deno.test("checkColumns() spares strings and addresses", () => {
  const wide = "x".repeat(80);
  assertEquals(
    places(checkColumns, {
      "src/os/a.ts": [
        wide,
        `${wide}y`,
        `// ${wide}`,
        `const a = "${wide}";`,
        `// https://example.org/${wide}`,
        `// ${"─".repeat(77)}`,
        `\`${wide}\n${wide}y\``,
      ].join("\n"),
    }),
    ["src/os/a.ts:2", "src/os/a.ts:3"],
  );
});

Deno.test("checkExemptions() takes back what is not needed", () => {
  const long = `function a() {\n${"  b();\n".repeat(70)}}\n`;
  const sources = { "src/os/a.ts": long, "src/os/b.ts": "" };
  const exempt = [
    { path: "src/os/a.ts", name: "a", reason: "a table" },
    { path: "src/os/a.ts", reason: "it was long once" },
    { path: "src/os/b.ts", name: "c", reason: "it was there once" },
    { path: "src/os/unwritten.ts", reason: "not written yet" },
  ];
  assertEquals(
    places((files) => checkExemptions(files, exempt), sources),
    ["src/os/a.ts:1", "src/os/b.ts:1"],
  );
  assertEquals(places((files) => checkSizes(files, exempt), sources), []);
  assertEquals(places((files) => checkSizes(files, []), sources), [
    "src/os/a.ts:1",
  ]);
});
