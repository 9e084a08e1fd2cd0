/** What Deno refuses of an app's configuration, in one line. */

import { assertEquals } from "@std/assert";
import type { WorkerConfig } from "../config/config.ts";
import { compiledWarning, explainRefusal, singleWarning } from "./refusal.ts";

const POOL = {
  worker: { app: "/srv/app.ts" } as WorkerConfig,
  appConfig: {
    file: "/srv/deno.json",
    locked: false,
    namesModules: true,
    plain: false,
  },
};

const START = 'app "/srv/app.ts" cannot be run, Deno refuses its ' +
  "configuration: ";

const SAID: readonly (readonly [stderr: string, line: string])[] = [
  [
    "error: Failed deserializing config file 'file:///srv/deno.json'.\n\n" +
    "Caused by:\n    Unterminated object on line 2 column 1\n",
    "Failed deserializing config file '/srv/deno.json': " +
    "Unterminated object on line 2 column 1",
  ],
  [
    'Warning odd\nerror: Unsupported "nodeModulesDir" value.\n\n' +
    'Caused by:\n    invalid value: string "x", expected "auto"\n\n' +
    "Stack backtrace:\n   0: <unknown>\n",
    '"/srv/deno.json": Unsupported "nodeModulesDir" value: ' +
    'invalid value: string "x", expected "auto"',
  ],
  [
    "error: Failed reading lockfile at '/srv/deno.lock'\n\n" +
    "Caused by:\n    0: Failed deserializing. Lockfile may be corrupt\n" +
    "    1: Invalid npm section: invalid type\n",
    "Failed reading lockfile at '/srv/deno.lock': Failed deserializing. " +
    "Lockfile may be corrupt: Invalid npm section: invalid type",
  ],
  ["", '"/srv/deno.json": no reason given'],
];

Deno.test("explainRefusal() is one line that names the file", () => {
  for (const [stderr, line] of SAID) {
    assertEquals(explainRefusal(stderr, POOL), START + line);
  }
});

Deno.test("compiledWarning() is for apps that have names for modules", () => {
  assertEquals(
    compiledWarning(POOL),
    'app "/srv/app.ts": "/srv/deno.json" is not applied by a compiled ' +
      "procmgr: the app must import packages by their full names, as in " +
      '"npm:hono@4", or procmgr must run from source',
  );
  const appConfig = { ...POOL.appConfig, namesModules: false };
  assertEquals(compiledWarning({ ...POOL, appConfig }), "");
  assertEquals(compiledWarning({ ...POOL, appConfig: undefined }), "");
});

Deno.test("singleWarning() names whatever file is not applied", () => {
  const warning = 'app "/srv/app.ts": "/srv/deno.json" is not applied by a ' +
    'single process ("master_process" is false)';
  assertEquals(
    singleWarning(POOL),
    `${warning}: the app must import packages by their full names, as in ` +
      '"npm:hono@4", or have worker processes',
  );
  const appConfig = { ...POOL.appConfig, namesModules: false };
  assertEquals(singleWarning({ ...POOL, appConfig }), warning);
  assertEquals(singleWarning({ ...POOL, appConfig: undefined }), "");
});
