/** The title as /proc shows it, also where it is longer than argv was. */

import { assertEquals } from "@std/assert";
import { fixtureCommand, IS_ROOT } from "./support.ts";

const TITLES = [
  "procmgr: worker process",
  `procmgr: master process ${"/long/path ".repeat(60)}end`,
  "procmgr: worker process is shutting down",
  `procmgr: ${"x".repeat(5000)}`,
  "procmgr: worker process né",
];

function show(...prefix: string[]): Record<string, unknown> {
  const [file = "", ...args] = [
    ...prefix,
    ...fixtureCommand("os_title"),
  ];
  const { stdout, stderr } = new Deno.Command(file, {
    args,
    env: {
      NO_COLOR: "1",
      // Not as arguments: argv is to be shorter than the titles.
      PROCMGR_TEST_TITLES: JSON.stringify(TITLES),
      PROCMGR_TEST_TEXT: "kept",
    },
  }).outputSync();
  try {
    return JSON.parse(new TextDecoder().decode(stdout));
  } catch {
    throw new Error(new TextDecoder().decode(stderr));
  }
}

const EXPECTED = {
  shown: TITLES.map((title) => ({
    args: title.slice(0, 4095),
    name: title.slice(0, 15).trim(),
  })),
  test: "kept",
  inherited: true,
};

Deno.test("setTitle() shows a title whole, and the environment stays", () => {
  assertEquals(show(), EXPECTED);
});

Deno.test({
  name: "setTitle() needs no privilege (needs root to give it up)",
  ignore: !IS_ROOT,
  fn: () => {
    const shown = show(
      "setpriv",
      "--reuid=65534",
      "--clear-groups",
      "--inh-caps=-all",
      "--bounding-set=-all",
    );
    assertEquals(shown, EXPECTED);
  },
});
