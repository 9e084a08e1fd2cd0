/** The configuration together with what the apps bring themselves. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatConfigError } from "../config/error.ts";
import type { Loaded } from "../config/load.ts";
import { loadConfig } from "../config/load.ts";
import { PLAIN_TEXTS } from "../../tests/support/app_config_text.ts";
import { loadWithApps, refusalOf } from "./app_config.ts";

/** Use a folder with an app and this deno.json beside it. */
async function withApp<Value>(
  text: string,
  use: (folder: string) => Promise<Value>,
): Promise<Value> {
  const folder = await Deno.makeTempDir({ prefix: "procmgr-app-config-" });
  try {
    await Deno.writeTextFile(`${folder}/deno.json`, text);
    await Deno.writeTextFile(`${folder}/app.ts`, "");
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function load(
  text: string,
  { standalone, globals }: {
    readonly standalone: boolean;
    readonly globals?: string;
  },
): Promise<{ readonly loaded: Loaded; readonly folder: string }> {
  return await withApp(text, async (folder) => {
    const mainModule = "file:///srv/procmgr/main.ts";
    const self = { execPath: Deno.execPath(), standalone, mainModule };
    const source = {
      ...{ cwd: folder, app: "app.ts" },
      ...globals !== undefined && { globals },
    };
    const loaded = await loadWithApps(source, self);
    return { loaded, folder };
  });
}

Deno.test("what is taken for plain, Deno takes", async () => {
  await Promise.all(PLAIN_TEXTS.map((text) =>
    withApp(text, async (folder) => {
      const loaded = await loadConfig({ cwd: folder, app: "app.ts" });
      const [pool] = loaded.ok ? loaded.config.pools : [];
      assertEquals(pool?.appConfig?.plain, true, text);
      assertEquals(pool && await refusalOf(pool), undefined, text);
    })
  ));
});

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

Deno.test("loadWithApps() asks Deno nothing for a single process", async () => {
  for (const standalone of [true, false]) {
    const { loaded, folder } = await load('{"vendor": 5}', {
      standalone,
      globals: "master_process off;",
    });
    assert(loaded.ok);
    assertEquals(loaded.config.warnings, [
      `app "${folder}/app.ts": "${folder}/deno.json" is not applied by a ` +
      'single process ("master_process" is false)',
    ]);
  }
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
