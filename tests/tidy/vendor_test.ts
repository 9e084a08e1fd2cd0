/**
 * The stand-ins for @std packages: what their types declare is there, the
 * types are types and not `any`, and their versions are the ones asked for.
 * And ws, which is what it says it is.
 */

import * as assertions from "@std/assert";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

Deno.test("@std/assert has every assertion that its types declare", () => {
  const types = Deno.readTextFileSync("vendor/std_assert/mod.d.ts");
  const names = [...types.matchAll(/^export (?:function|class) (\w+)/gm)]
    .map((match) => match[1] ?? "");
  assert(names.length > 20);
  const missing = names.filter((name) => !Object.hasOwn(assertions, name));
  assertEquals(missing, []);
});

Deno.test("@std/assert is typed: narrowing works, wrong types do not", () => {
  const maybe: string | undefined = parseArgs(["--a=b"], { string: ["a"] }).a;
  assert(maybe);
  const certain: string = maybe;
  assertEquals(certain, "b");
  const error: RangeError = assertThrows(() => "a".repeat(-1), RangeError);
  assert(error.message !== "");
  // @ts-expect-error: `deno check` fails here should the types become any.
  assertThrows(() => assertEquals(certain, 1));
});

Deno.test("@std/cli is typed: by the flags that are asked for", () => {
  const args = parseArgs(["--seed=7", "--all", "--to=1", "--to=2", "x"], {
    string: ["seed", "to"],
    boolean: ["all"],
    collect: ["to"],
  });
  const seed: string | undefined = args.seed;
  const all: boolean = args.all;
  const to: string[] = args.to;
  assertEquals([seed, all, to, args._], ["7", true, ["1", "2"], ["x"]]);
  // @ts-expect-error: `deno check` fails here should the types become any.
  const wrong: number = args.seed;
  assertEquals<unknown>(wrong, seed);
});

Deno.test("vendor/ stands in for the versions that deno.json asks for", () => {
  const project = JSON.parse(Deno.readTextFileSync("deno.json"));
  for (const folder of project.links) {
    const { name, version } = JSON.parse(
      Deno.readTextFileSync(`${folder}/deno.json`),
    );
    assertEquals(project.imports[name], `jsr:${name}@^${version}`);
  }
});

Deno.test("vendor/ws is the version that its tool bundles, licensed", () => {
  const tool = Deno.readTextFileSync("tools/vendor_ws.ts");
  const version = tool.match(/VERSION = "([\d.]+)"/)?.[1];
  const head = Deno.readTextFileSync("vendor/ws/ws.js").slice(0, 200);
  assert(head.includes(`npm's ws ${version} `), head);
  const license = Deno.readTextFileSync("vendor/ws/LICENSE");
  assert(license.includes("Permission is hereby granted, free of charge"));
});
