/** The configuration together with what the apps bring themselves. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatConfigError } from "../config/error.ts";
import type { Loaded } from "../config/load.ts";
import { loadWithApps } from "./app_config.ts";

/** Load an app with this deno.json beside it. */
async function load(
  text: string,
  { standalone }: { readonly standalone: boolean },
): Promise<{ readonly loaded: Loaded; readonly folder: string }> {
  const folder = await Deno.makeTempDir({ prefix: "procmgr-app-config-" });
  try {
    await Deno.writeTextFile(`${folder}/deno.json`, text);
    await Deno.writeTextFile(`${folder}/app.ts`, "");
    const mainModule = "file:///srv/procmgr/main.ts";
    const self = { execPath: Deno.execPath(), standalone, mainModule };
    const loaded = await loadWithApps({ cwd: folder, app: "app.ts" }, self);
    return { loaded, folder };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("loadWithApps() asks Deno about what is not plain", async () => {
  const source = { standalone: false };
  for (const text of ["{}", '{"unstable": ["temporal"]}']) {
    const { loaded } = await load(text, source);
    assert(loaded.ok, text);
  }
  const { loaded, folder } = await load('{"vendor": 5}', source);
  assert(!loaded.ok);
  assertEquals(loaded.errors.map(formatConfigError), [
    `app "${folder}/app.ts" cannot be run, Deno refuses its configuration: ` +
    `Failed deserializing config file '${folder}/deno.json': invalid type: ` +
    "integer `5`, expected a boolean on line 1 column 12",
  ]);
});

Deno.test("loadWithApps() says what a compiled procmgr cannot do", async () => {
  const compiled = { standalone: true };
  const plain = await load('{"tasks": {}}', compiled);
  assert(plain.loaded.ok);
  assertEquals(plain.loaded.config.warnings, []);
  const { loaded, folder } = await load('{"imports": {}}', compiled);
  assert(loaded.ok);
  assertStringIncludes(
    loaded.config.warnings.join(),
    `app "${folder}/app.ts": "${folder}/deno.json" is not applied by a ` +
      "compiled procmgr",
  );
});
