/**
 * The TypeScript that the documents and src/app/app.ts show is what they say
 * it is: each block is a module that passes the type checker and has an app as
 * its default export. That those of app.ts run, `deno test --doc` sees; there
 * types are not checked, because it adds imports that nobody uses.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const DOCUMENTS = ["README.md", "docs/writing-an-app.md", "src/app/app.ts"];

/** The least there is to be found. */
const BLOCKS_MIN = 12;

/** In a document, or in a comment. */
const BLOCK = /^(?: \* )?```ts\n([\s\S]*?)^(?: \* )?```$/gm;

/** The blocks of a document, by the name of a file to be made of each. */
function blocksOf(document: string): readonly (readonly [string, string])[] {
  const text = Deno.readTextFileSync(new URL(document, ROOT));
  return [...text.matchAll(BLOCK)].map((match) => {
    const line = text.slice(0, match.index).split("\n").length;
    const source = (match[1] ?? "").replace(/^ \* ?/gm, "");
    return [`${document.replaceAll("/", "_")}_${line}.ts`, source];
  });
}

/** Type check in `folder`; answers with what is wrong. */
async function check(
  folder: string,
  ...args: readonly string[]
): Promise<string> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "-q", ...args],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stderr);
  return code === 0 ? "" : said || `exit code ${code}`;
}

async function withFolder(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "procmgr_example_" });
  try {
    await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("every example of the documents is an app", async () => {
  await withFolder(async (folder) => {
    const blocks = DOCUMENTS.flatMap(blocksOf);
    assert(blocks.length >= BLOCKS_MIN, `only ${blocks.length} examples`);
    const paths = blocks.map(([name, source]) => {
      const path = `${folder}/${name}`;
      Deno.writeTextFileSync(path, source);
      return path;
    });
    const config = new URL("deno.json", ROOT).pathname;
    assertEquals(await check(folder, "--config", config, ...paths), "");
    for (const path of paths) {
      const { default: app } = await import(path);
      assertEquals(typeof (app.fetch ?? app), "function", path);
    }
  });
});

Deno.test("the examples with a deno.json pass the type checker", async () => {
  const folder = new URL("examples/hono", ROOT).pathname;
  assertEquals(await check(folder, "--frozen", "app.ts"), "");
});

/** Modules of somebody else's project. */
const TYPED = {
  "app.ts": `import type { App, FetchHandler } from "@procmgr/procmgr/app";
const deno = {
  fetch: (_request, info) => new Response(info.remoteAddr.transport),
  onListen(address) {
    console.log(address.transport);
  },
} satisfies Deno.ServeDefaultExport;
const same: App = deno;
const handler: Deno.ServeHandler = () => new Response();
const fetch: FetchHandler = handler;
export default { ...same, fetch, init({ log }) { log.info(""); } } satisfies App;
`,
  "wrong.ts": `import type { App } from "@procmgr/procmgr/app";
export default { fetch: () => "text", onListen: 5 } satisfies App;
`,
} as const;

Deno.test("an app can import the types by the package's name", async () => {
  await withFolder(async (folder) => {
    Deno.symlinkSync(ROOT.pathname, `${folder}/procmgr`);
    const config = {
      imports: { "@procmgr/procmgr": "jsr:@procmgr/procmgr@^0.1.0" },
      links: ["./procmgr"],
    };
    Deno.writeTextFileSync(`${folder}/deno.json`, JSON.stringify(config));
    for (const [name, source] of Object.entries(TYPED)) {
      Deno.writeTextFileSync(`${folder}/${name}`, source);
    }
    assertEquals(await check(folder, "app.ts"), "");
    const said = await check(folder, "wrong.ts");
    assertStringIncludes(said, "Type 'string' is not assignable to type");
    assertStringIncludes(said, "Type 'number' is not assignable to type");
  });
});
