/** The bench's command line. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MEASURES, parseFlags, type Settings } from "./flags.ts";

function settings(...args: string[]): Settings {
  const parsed = parseFlags(args);
  assert(parsed.ok);
  return parsed.settings;
}

Deno.test("parseFlags() measures everything by default", () => {
  const all = settings();
  assertEquals(all.only, [...MEASURES]);
  assertEquals([all.runs, all.reloads, all.peerReloads], [5, 100, 10]);
  assertEquals(all.scale.at(-1), 64);
  assertStringIncludes(all.json, "bench/results/latest.json");
});

Deno.test("parseFlags() takes less for --quick, and what is asked for", () => {
  const quick = settings("--quick", "--reloads=7", "--runs=3", "--json=/x");
  assertEquals([quick.runs, quick.reloads, quick.peerReloads], [3, 7, 2]);
  assertEquals(quick.json, "/x");
});

Deno.test("parseFlags() asks for ten times as much with --full", () => {
  const [usual, full] = [settings(), settings("--full")];
  assertEquals([usual.requests, usual.aborts], [1_000_000, 20_000]);
  assertEquals([full.requests, full.aborts], [10_000_000, 100_000]);
  assertEquals(full.idleConnections, 10_000);
});

Deno.test("parseFlags() keeps the order of the measures", () => {
  assertEquals(settings("--only=reload,start").only, ["start", "reload"]);
});

for (
  const [args, complaint] of [
    [["--only=relaod"], 'unknown measure "relaod"'],
    [["--runs=0"], "--runs takes a number"],
    [["--reloads=many"], "--reloads takes a number"],
    [["--fast"], "--fast"],
    [["extra"], "extra"],
  ] as const
) {
  Deno.test(`parseFlags() refuses ${args.join(" ")}`, () => {
    const parsed = parseFlags(args);
    assert(!parsed.ok);
    assertEquals(parsed.code, 100);
    assertStringIncludes(parsed.text, complaint);
  });
}

Deno.test("parseFlags() prints help and ends with 0", () => {
  const parsed = parseFlags(["--help"]);
  assert(!parsed.ok);
  assertEquals(parsed.code, 0);
  assertStringIncludes(parsed.text, "usage:");
});
