/** Finding and reading the configuration, on a real disk. */

import { assert, assertEquals } from "@std/assert";
import { success } from "../base/system_error.ts";
import { formatConfigError } from "./error.ts";
import type { ConfigSource } from "./load.ts";
import { loadConfig } from "./load.ts";
import { folderOf } from "./path.ts";
import type { Machine } from "./pool.ts";
import { noCertificate } from "../../tests/support/config.ts";

const FIXTURES = new URL("../../tests/fixture/config/", import.meta.url)
  .pathname.replace(/\/$/, "");

/** Everything of the machine but the disk. */
const MACHINE: Omit<Machine, "appProblem"> = {
  cpus: [0, 1, 2, 3],
  usableCpus: 4,
  isRoot: false,
  lookUpUser: () => success(undefined),
  lookUpGroup: () => success(undefined),
  folderProblem: () => undefined,
  isFolder: () => false,
  appConfig: () => undefined,
  readCertificate: noCertificate,
};

/** A folder with files, gone after the test. */
async function withFolder(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "procmgr-config-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(folderOf(path), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function linesOf(source: ConfigSource): Promise<readonly string[]> {
  const loaded = await loadConfig(source);
  return loaded.ok ? [] : loaded.errors.map(formatConfigError);
}

Deno.test("loadConfig() needs no file: an app is enough", async () => {
  await withFolder({ "server.ts": "" }, async (cwd) => {
    const loaded = await loadConfig({ cwd, app: "server.ts" });
    assert(loaded.ok);
    assertEquals(loaded.text, undefined);
    assertEquals(loaded.config.file, undefined);
    assertEquals(loaded.config.prefix, cwd);
    assertEquals(loaded.config.pools[0]?.worker.app, `${cwd}/server.ts`);
    assert((loaded.config.pools[0]?.workers ?? 0) >= 1);
  });
});

Deno.test("loadConfig() finds procmgr.jsonc in the prefix by itself", async () => {
  const files = { "etc/procmgr.jsonc": '{"app": "x.ts"}', "etc/x.ts": "" };
  await withFolder(files, async (folder) => {
    const text = files["etc/procmgr.jsonc"];
    for (
      const source of [
        { cwd: `${folder}/etc` },
        { cwd: folder, prefix: "etc" },
        { cwd: "/", prefix: `${folder}/etc/` },
      ]
    ) {
      const loaded = await loadConfig(source);
      assert(loaded.ok);
      assertEquals(loaded.text, text);
      assertEquals(loaded.config.file, `${folder}/etc/procmgr.jsonc`);
      assertEquals(loaded.config.prefix, `${folder}/etc`);
      assertEquals(loaded.config.pools[0]?.worker.app, `${folder}/etc/x.ts`);
    }
  });
});

Deno.test("loadConfig() takes -c from the prefix, else from cwd", async () => {
  const files = { "etc/a.jsonc": '{"app": "/x.ts"}', "x.ts": "" };
  await withFolder(files, async (folder) => {
    const app = JSON.stringify({ app: `${folder}/x.ts` });
    await Deno.writeTextFile(`${folder}/etc/a.jsonc`, app);
    const withPrefix = await loadConfig({
      cwd: "/",
      prefix: folder,
      configPath: "etc/a.jsonc",
    });
    assert(withPrefix.ok);
    assertEquals(withPrefix.config.prefix, folder);
    const without = await loadConfig({
      cwd: folder,
      configPath: "etc/a.jsonc",
    });
    assert(without.ok);
    assertEquals(without.config.prefix, `${folder}/etc`);
  });
});

Deno.test("loadConfig() says in nginx's words why a file cannot be read", async () => {
  await withFolder({ "d/x": "" }, async (cwd) => {
    assertEquals(await linesOf({ cwd, configPath: "nope.jsonc" }), [
      `open() "${cwd}/nope.jsonc" failed (2: No such file or directory)`,
    ]);
    assertEquals(await linesOf({ cwd, configPath: "d" }), [
      `read() "${cwd}/d" failed (21: Is a directory)`,
    ]);
    assertEquals(await linesOf({ cwd, configPath: "d/x/y" }), [
      `open() "${cwd}/d/x/y" failed (20: Not a directory)`,
    ]);
    assertEquals(await linesOf({ cwd, configPath: "/dev/null" }), [
      '"/dev/null" is not a regular file',
    ]);
    await Deno.truncate(`${cwd}/d/x`, 5 * 1024 * 1024);
    assertEquals(await linesOf({ cwd, configPath: "d/x" }), [
      `"${cwd}/d/x" is larger than 4 MiB`,
    ]);
  });
});

Deno.test("loadConfig() says why an app cannot be served", async () => {
  await withFolder({ "site/index.html": "" }, async (cwd) => {
    assertEquals(await linesOf({ cwd, app: "nope.ts" }), [
      `open() "${cwd}/nope.ts" failed (2: No such file or directory)`,
    ]);
    const globals = `app ${cwd}/site;`;
    assertEquals(await linesOf({ cwd, globals }), [
      `-g:1:1: "${cwd}/site" is a directory: serve its files with "static"`,
    ]);
    assertEquals(await linesOf({ cwd, app: "/dev/null" }), [
      '"/dev/null" is not a regular file',
    ]);
    assertEquals(await linesOf({ cwd }), [
      'no app: name a file or a folder, as in "procmgr server.ts", or set ' +
      '"app" or "static"',
    ]);
  });
});

Deno.test("loadConfig() serves a folder, or says why it cannot", async () => {
  await withFolder({ "site/index.html": "", "a.ts": "" }, async (cwd) => {
    const loaded = await loadConfig({ cwd, app: "site" });
    assert(loaded.ok);
    const { worker, appConfig } = loaded.config.pools[0]!;
    assertEquals(worker.app, `${cwd}/site`);
    assertEquals(worker.static?.root, `${cwd}/site`);
    assertEquals(appConfig, undefined);
    const wrong = (folder: string): Promise<readonly string[]> =>
      linesOf({ cwd, globals: `static ${folder};` });
    assertEquals(await wrong("site"), []);
    assertEquals(await wrong("a.ts"), [
      `-g:1:1: "${cwd}/a.ts" is not a folder`,
    ]);
    assertEquals(await wrong("nope"), [
      `-g:1:1: opendir() "${cwd}/nope" failed (2: No such file or directory)`,
    ]);
  });
});

Deno.test("loadConfig() merges -g and names it in errors", async () => {
  const files = { "procmgr.jsonc": '{\n  "pid": "a"\n}', "x.ts": "" };
  await withFolder(files, async (cwd) => {
    const globals = "worker_processes 3; app x.ts;";
    const loaded = await loadConfig({ cwd, globals });
    assert(loaded.ok);
    assertEquals(loaded.config.pools[0]?.workers, 3);
    assertEquals(await linesOf({ cwd, globals: "app x.ts; pid b; x 1;" }), [
      '-g:1:18: unknown directive "x"',
      `${cwd}/procmgr.jsonc:2:3: "pid" directive is duplicate`,
    ]);
  });
});

Deno.test("loadConfig() reads a file with a byte order mark", async () => {
  const files = { "procmgr.jsonc": '\uFEFF{"app": "x.ts"}', "x.ts": "" };
  await withFolder(files, async (cwd) => {
    assertEquals(await linesOf({ cwd }), []);
  });
});

Deno.test("loadConfig() reads the disk anew each time", async () => {
  const files = { "procmgr.jsonc": '{"app": "x.ts"}', "x.ts": "" };
  await withFolder(files, async (cwd) => {
    assertEquals(await linesOf({ cwd }), []);
    await Deno.writeTextFile(`${cwd}/procmgr.jsonc`, '{"app": 5}');
    assertEquals(await linesOf({ cwd }), [
      `${cwd}/procmgr.jsonc:1:2: app: must be a file such as "./server.ts", ` +
      "got 5",
    ]);
    await Deno.writeTextFile(`${cwd}/procmgr.jsonc`, '{"app": "x.ts"}');
    assertEquals(await linesOf({ cwd }), []);
  });
});

Deno.test("loadConfig() reports every error, in the order of the file", async () => {
  const file = `${FIXTURES}/broken.jsonc`;
  const loaded = await loadConfig({ cwd: "/", configPath: file }, {
    ...MACHINE,
    appProblem: (path) =>
      `open() "${path}" failed (2: No such file or directory)`,
  });
  assert(!loaded.ok);
  const wanted = await Deno.readTextFile(`${FIXTURES}/broken.txt`);
  assertEquals(
    loaded.errors.map(formatConfigError),
    wanted.replaceAll("{file}", file).replaceAll("{folder}", FIXTURES)
      .trimEnd().split("\n"),
  );
});

Deno.test("loadConfig() takes a file with every directive", async () => {
  const configPath = `${FIXTURES}/full.jsonc`;
  const loaded = await loadConfig({ cwd: "/", configPath });
  assert(loaded.ok, JSON.stringify(loaded));
  const { pools, errorLog, warnings } = loaded.config;
  assertEquals(warnings, []);
  assertEquals(errorLog.path, `${FIXTURES}/run/error.log`);
  assertEquals(pools.map(({ name }) => name), ["web", "api"]);
  assertEquals(pools[0]?.listen.map(({ address }) => address), [
    "127.0.0.1:8080",
    "[::1]:8080",
    `unix:${FIXTURES}/run/web.sock`,
  ]);
  assertEquals(pools[1]?.workers, 1);
  assertEquals(pools[1]?.worker.env, { MODE: "api", PATH: null });
});

Deno.test("loadConfig() puts the place before a warning", async () => {
  const files = {
    "procmgr.jsonc": '{ "app": "x.ts",\n  "user": "www" }',
    "x.ts": "",
  };
  await withFolder(files, async (cwd) => {
    const machine = { ...MACHINE, appProblem: () => undefined };
    const loaded = await loadConfig({ cwd }, machine);
    assert(loaded.ok);
    assertEquals(loaded.config.warnings, [
      `${cwd}/procmgr.jsonc:2:3: the "user" directive makes sense only if the ` +
      "master process runs with super-user privileges, ignored",
    ]);
  });
});

Deno.test("load.ts imports the parser only when there is a text", async () => {
  const seen = new Set<string>();
  const visit = async (url: URL): Promise<void> => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    const text = await Deno.readTextFile(url);
    // A type-only import costs nothing, and `await import()` is the exception.
    for (
      const [, name = ""] of text.matchAll(
        /^(?:import (?!type)[^;]*from|\} from) "([^"]+)";/gm,
      )
    ) {
      if (name.startsWith(".")) await visit(new URL(name, url));
      else seen.add(name);
    }
  };
  await visit(new URL("./load.ts", import.meta.url));
  const names = [...seen].map((href) => href.split("/").at(-1) ?? "");
  assert(names.includes("resolve.ts"));
  const costly = [
    "parse.ts",
    "check.ts",
    "schema.ts",
    "valibot",
    "jsonc-parser",
  ];
  assertEquals(names.filter((name) => costly.includes(name)), []);
});
