/**
 * Packages after root is given up: the workers' user must be able to read
 * Deno's cache, and when it is not, a line says who cannot read what.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { IS_ROOT, type Scene, scene } from "../support/harness.ts";

const FAILED = { kind: "code", code: 1 } as const;

const APP = `import { Hono } from "hono";
const app = new Hono();
app.get("/", (c) => c.text(\`\${Deno.uid()}\`));
export default app;
`;

/** An app with a package, a lock file, and a cache of its own. */
async function prepare(scene: Scene): Promise<string> {
  const cache = scene.path("cache");
  scene.write("deno.json", '{ "imports": { "hono": "npm:hono@4.13.19" } }');
  scene.write("app.ts", APP);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "-q", "--entrypoint", "app.ts"],
    cwd: scene.folder,
    env: { DENO_DIR: cache, NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return cache;
}

function configure(scene: Scene): void {
  scene.configure({ app: "./app.ts", worker_processes: 1, user: "nobody" });
}

Deno.test({
  name: "a worker that gave up root reads packages from the cache",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    const cache = await prepare(scene);
    configure(scene);
    const lock = Deno.readTextFileSync(scene.path("deno.lock"));
    const master = scene.spawn({ env: { DENO_DIR: cache } });
    await master.ready();
    assertEquals((await master.request()).body, "65534");
    assertEquals(Deno.readTextFileSync(scene.path("deno.lock")), lock);
  }),
});

Deno.test({
  name: "a worker that cannot read the cache says who cannot read what",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    const cache = await prepare(scene);
    Deno.chmodSync(cache, 0o700);
    configure(scene);
    const line = new RegExp(
      `app "\\S+/app\\.ts" cannot be imported: .*Permission denied.*` +
        `; user 65534 cannot read Deno's cache, "${cache}": set DENO_DIR`,
    );
    scene.announce(line);
    const master = scene.spawn({ env: { DENO_DIR: cache } });
    assertEquals(await master.ended(), FAILED);
    assertMatch(master.log.text, line);
  }),
});

Deno.test({
  name: "a package that is not in the cache yet cannot be put there any more",
  ignore: !IS_ROOT,
  fn: scene(async (scene) => {
    const cache = await prepare(scene);
    Deno.removeSync(`${cache}/npm/registry.npmjs.org/hono`, {
      recursive: true,
    });
    configure(scene);
    const line = new RegExp(
      `cannot be imported: .*Permission denied.*; user 65534 reads packages ` +
        `from "${cache}", and what is not there has to be put there before`,
    );
    scene.announce(line);
    const master = scene.spawn({ env: { DENO_DIR: cache } });
    assertEquals(await master.ended(), FAILED);
    assertMatch(master.log.text, line);
  }),
});
