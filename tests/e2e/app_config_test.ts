/**
 * The app's own deno.json, package.json and lock file apply to it as under
 * `deno serve`, procmgr's never do, and a broken one is one line that names
 * the file while the old workers go on. No package is fetched here.
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Scene, scene } from "../support/harness.ts";
import { ask } from "../support/http_client.ts";
import type { Master } from "../support/master.ts";
import { isThisTree } from "../support/program.ts";

const FAILED = { kind: "code", code: 1 } as const;

/** An app that answers with what it imported from `specifier`. */
function appOf(specifier: string): string {
  return `import { text } from ${JSON.stringify(specifier)};
export default { fetch: () => new Response(text) };
`;
}

function textModule(text: string): string {
  return `export const text = ${JSON.stringify(text)};\n`;
}

/** Write files; their folders are made. */
function lay(scene: Scene, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const folder = name.split("/").slice(0, -1).join("/");
    if (folder !== "") Deno.mkdirSync(scene.path(folder), { recursive: true });
    scene.write(name, text);
  }
}

function importing(target: string): string {
  return `{ "imports": { "own": ${JSON.stringify(target)} } /* JSONC */ }`;
}

async function startApp(scene: Scene, app = "./app.ts"): Promise<Master> {
  return await scene.start({ app, worker_processes: 1 });
}

async function answerOf(master: Master): Promise<string> {
  return (await master.request()).body;
}

Deno.test(
  "an app's names are those of its deno.json",
  scene(async (scene) => {
    lay(scene, {
      "deno.jsonc": importing("./lib/own.ts"),
      "lib/own.ts": textModule("from its own map"),
      "site/app.ts": appOf("own"),
    });
    const master = await startApp(scene, "./site/app.ts");
    assertEquals(await answerOf(master), "from its own map");
    // A server writes nothing into the folder it serves from.
    assertEquals([...Deno.readDirSync(scene.path("site"))].length, 1);
    assertEquals(
      [...Deno.readDirSync(scene.folder)].filter(({ name }) =>
        name === "deno.lock"
      ),
      [],
    );
  }),
);

Deno.test(
  "an app's JSX is compiled as its deno.json says",
  scene(async (scene) => {
    lay(scene, {
      "deno.json": JSON.stringify({
        imports: { "own/jsx-runtime": "./runtime.ts" },
        compilerOptions: { jsx: "react-jsx", jsxImportSource: "own" },
      }),
      "runtime.ts": `export const jsx = (tag: string, { children }: {
        readonly children: string;
      }): string => \`<\${tag}>\${children}</\${tag}>\`;\n`,
      "app.tsx": "export default () => new Response(<b>bold</b>);\n",
    });
    const master = await startApp(scene, "./app.tsx");
    assertEquals(await answerOf(master), "<b>bold</b>");
  }),
);

Deno.test(
  "an app's packages are those of its package.json and node_modules",
  scene(async (scene) => {
    lay(scene, {
      "package.json": '{ "dependencies": { "own": "1.0.0" } }',
      "node_modules/own/package.json":
        '{ "name": "own", "version": "1.0.0", "main": "index.js" }',
      "node_modules/own/index.js": "exports.text = 'from node_modules';\n",
      "app.ts": appOf("own"),
    });
    const master = await startApp(scene);
    assertEquals(await answerOf(master), "from node_modules");
  }),
);

const HOSTS = { one: "127.0.0.1", two: "127.0.0.2" } as const;

Deno.test(
  "each pool's app has its own deno.json",
  scene(async (scene) => {
    const pools: Record<string, unknown> = {};
    for (const [name, hostname] of Object.entries(HOSTS)) {
      lay(scene, {
        [`${name}/deno.json`]: importing(`./${name}.ts`),
        [`${name}/${name}.ts`]: textModule(name),
        [`${name}/app.ts`]: appOf("own"),
      });
      pools[name] = { app: `./${name}/app.ts`, listen: `${hostname}:0` };
    }
    const master = await scene.start({ worker_processes: 1, pools });
    for (const [index, [name, hostname]] of Object.entries(HOSTS).entries()) {
      const answer = await ask({ hostname, port: master.port(index) });
      assertEquals(answer.body, name);
    }
  }),
);

Deno.test(
  "an app in a workspace has the names of its root, too",
  scene(async (scene) => {
    lay(scene, {
      "deno.json": JSON.stringify({
        workspace: ["./site", "./lib"],
        imports: { "root": "./root.ts" },
      }),
      "root.ts": textModule("of the root"),
      "lib/deno.json":
        '{ "name": "@own/lib", "version": "1.0.0", "exports": "./lib.ts" }',
      "lib/lib.ts": 'export { text } from "root";\n',
      "site/deno.json": "{}",
      "site/app.ts": appOf("@own/lib"),
    });
    const master = await startApp(scene, "./site/app.ts");
    assertEquals(await answerOf(master), "of the root");
  }),
);

Deno.test(
  "a deploy by symbolic link brings its deno.json",
  scene(async (scene) => {
    for (const name of ["one", "two"]) {
      lay(scene, {
        [`${name}/deno.json`]: importing(`./${name}.ts`),
        [`${name}/${name}.ts`]: textModule(name),
        [`${name}/app.ts`]: appOf("own"),
      });
    }
    Deno.symlinkSync(scene.path("one"), scene.path("current"));
    const master = await startApp(scene, "./current/app.ts");
    assertEquals(await answerOf(master), "one");
    Deno.symlinkSync(scene.path("two"), scene.path("next"));
    Deno.renameSync(scene.path("next"), scene.path("current"));
    await master.reload();
    assertEquals(await answerOf(master), "two");
  }),
);

Deno.test(
  "a reload takes the deno.json that is there then",
  scene(async (scene) => {
    lay(scene, { "app.ts": appOf("./own.ts"), "own.ts": textModule("none") });
    const master = await startApp(scene);
    assertEquals(await answerOf(master), "none");
    lay(scene, {
      "app.ts": appOf("own"),
      "deno.json": importing("./first.ts"),
      "first.ts": textModule("first"),
      "second.ts": textModule("second"),
    });
    await master.reload();
    assertEquals(await answerOf(master), "first");
    lay(scene, { "deno.json": importing("./second.ts") });
    await master.reload();
    assertEquals(await answerOf(master), "second");
  }),
);

/** A deno.json that Deno refuses, and how the line ends. */
const BROKEN: readonly (readonly [string, RegExp])[] = [
  ['{ "imports": ', /'\/\S+\/deno\.json': Unterminated object on line 1/],
  [
    '{ "nodeModulesDir": "sometimes" }',
    /"\/\S+\/deno\.json": Unsupported "nodeModulesDir" value: .*"sometimes"/,
  ],
  ['{ "importMap": "./none.json" }', /\/none\.json': No such file/],
];

Deno.test(
  "a reload to a broken deno.json keeps the old workers and names it",
  scene(async (scene) => {
    lay(scene, {
      "app.ts": appOf("own"),
      "deno.json": importing("./own.ts"),
      "own.ts": textModule("old"),
    });
    const master = await startApp(scene);
    const workers = master.workers();
    for (const [text, line] of BROKEN) {
      lay(scene, { "deno.json": text });
      const { code, stderr } = await master.tryReload();
      assertEquals(code, 1);
      assertMatch(stderr, line);
      await master.log.expectAlert(line);
      assertEquals(await answerOf(master), "old");
    }
    assertEquals(master.workers(), workers);
    lay(scene, { "deno.json": importing("./own.ts") });
    await master.reload();
  }),
);

Deno.test(
  "a start with a broken deno.json says why, and so does -t",
  scene(async (scene) => {
    const line =
      /\[emerg\] .*app "\/\S+\/app\.ts" cannot be run, Deno refuses its configuration: .*deno\.json/;
    lay(scene, { "app.ts": appOf("./own.ts"), "deno.json": "{" });
    scene.configure({ app: "./app.ts" });
    scene.announce(line);
    const master = scene.spawn();
    assertEquals(await master.ended(), FAILED);
    assertMatch(master.log.text, line);
    const tested = await scene.run("-p", scene.folder, "-t");
    assertEquals(tested.code, 1);
    assertMatch(tested.stderr, line);
  }),
);

Deno.test(
  "a worker that Deno does not run for its deno.json is explained",
  scene(async (scene) => {
    lay(scene, {
      "app.ts": appOf("own"),
      "deno.json": importing("./own.ts"),
      "own.ts": textModule("own"),
    });
    const master = await startApp(scene);
    const [worker = 0] = master.workers();
    lay(scene, { "deno.json": "{" });
    Deno.kill(worker, "SIGKILL");
    await master.log.expectAlert(/exited on signal 9/);
    await master.log.expectAlert(
      /\[emerg\] \d+#0: app "\S+" cannot be run, .*\/deno\.json': Unterm/,
    );
    lay(scene, { "deno.json": importing("./own.ts") });
    await master.settled(1);
    assertEquals(await answerOf(master), "own");
    // What looks plain, and is not, is found by the worker's end.
    const lock = '{ "version": "5", "npm": { "a@1.0.0": 5 } }';
    lay(scene, { "deno.lock": lock });
    scene.announce(/deno\.lock': /);
    const { code, stderr } = await master.tryReload();
    assertEquals(code, 1);
    assertMatch(stderr, /exited with code 1 .*: app .*\/deno\.lock': Failed/);
    Deno.removeSync(scene.path("deno.lock"));
  }),
);

Deno.test({
  name: "a worker has no name from procmgr's deno.json",
  // To any other procmgr the one above the fixture is the app's.
  ignore: !isThisTree(),
  fn: scene(async (scene) => {
    const line = /import_std\.ts" cannot be imported: .*"@std\/assert"/;
    scene.announce(line);
    scene.configure({ app: "import_std.ts" });
    const master = scene.spawn();
    assertEquals(await master.ended(), FAILED);
    assertStringIncludes(master.log.text, "import_std.ts:3:24");
  }),
});

Deno.test(
  "errors of an app with a deno.json are as precise as without",
  scene(async (scene) => {
    lay(scene, {
      "deno.json": importing("./own.ts"),
      "app.ts": "export default () => new Response();\n",
    });
    const master = await startApp(scene);
    const app = scene.path("app.ts");
    const own = scene.path("own.ts");
    scene.announce(/app\.ts" /);
    for (
      const [source, said] of [
        [
          "export default 1 +* 2;",
          `has a syntax error: Expression expected at ${app}:1:19`,
        ],
        ['import "own";', `imports "${own}", which is not found at ${app}:1:8`],
        ['import "nobody";', 'cannot be imported: Import "nobody" not a dep'],
        [
          "throw new RangeError('far');",
          `failed to start: RangeError: far at ${app}:1:7`,
        ],
        ["export const a = 1;", "must export default { fetch }"],
      ] as const
    ) {
      lay(scene, { "app.ts": source });
      const { code, stderr } = await master.tryReload();
      assertEquals(code, 1);
      assertStringIncludes(stderr, `app "${app}" ${said}`);
    }
    // A respawn would meet the broken module.
    lay(scene, { "app.ts": "export default () => new Response();\n" });
  }),
);
