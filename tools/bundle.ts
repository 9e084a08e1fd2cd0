/**
 * The program as a folder of JavaScript, with every package in it: what a
 * packed procmgr runs. One file for each module that is imported when it is
 * needed, and what they share in files of its own, so that a role still loads
 * only what it needs, once.
 *
 * Such a module is hidden from Deno in the source (see main.ts), so the
 * bundler does not see it either: it becomes an entry of its own, and in the
 * result its name is replaced by that of its file. Needs the npm registry for
 * the bundler, esbuild, the first time.
 */

import { dirname, relative } from "node:path/posix";

const ROOT = new URL("../", import.meta.url);
const MAIN = "main.ts";

/** The name of a hidden module, on a line of its own: see main.ts. */
const HIDDEN =
  /^(?: {2}readonly|const \w+ =) "(\.\.?\/[^"]+\.(?:ts|js))"[:;]/gm;

/** A module that is imported by a name the bundler does not see. */
interface Hidden {
  /** The name, as it is written. */
  readonly specifier: string;
  /** The module, from the root of the project. */
  readonly path: string;
}

/** Do something with a bundle, which is gone afterwards. */
export async function withBundle<Outcome>(
  use: (folder: string) => Promise<Outcome>,
): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "procmgr_bundle_" });
  try {
    await bundle(folder);
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Bundle the program into `folder`; its main module is `main.js`. */
export async function bundle(folder: string): Promise<void> {
  const hidden = await findHidden();
  const entries = new Set([MAIN, ...hidden.map(({ path }) => path)]);
  const bundler = new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--frozen", "--platform=deno"],
      ...["--code-splitting", `--outdir=${folder}`, ...entries],
    ],
    cwd: ROOT,
  });
  const { success } = await bundler.spawn().status;
  if (!success) throw new Error("deno bundle failed");
  await nameHidden(folder, hidden);
}

async function findHidden(): Promise<readonly Hidden[]> {
  const hidden: Hidden[] = [];
  for (const path of [MAIN, ...await sourcesIn("src")]) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (const [, specifier = ""] of text.matchAll(HIDDEN)) {
      const { href } = new URL(specifier, new URL(path, ROOT));
      hidden.push({ specifier, path: href.slice(ROOT.href.length) });
    }
  }
  return hidden;
}

async function sourcesIn(folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) paths.push(...await sourcesIn(path));
    else if (/(?<!_test)\.ts$/.test(entry.name)) paths.push(path);
  }
  return paths;
}

/** In the bundle a hidden module has another name, and so have its users. */
async function nameHidden(
  folder: string,
  hidden: readonly Hidden[],
): Promise<void> {
  const missing = new Set(hidden.map(({ specifier }) => specifier));
  for (const file of await filesIn(folder)) {
    let text = await Deno.readTextFile(`${folder}/${file}`);
    for (const { specifier, path } of hidden) {
      if (!text.includes(`"${specifier}"`)) continue;
      missing.delete(specifier);
      const name = relative(dirname(file), path.replace(/\.ts$/, ".js"));
      text = text.replaceAll(`"${specifier}"`, `"./${name}"`);
    }
    await Deno.writeTextFile(`${folder}/${file}`, text);
  }
  if (missing.size > 0) {
    throw new Error(`not in the bundle by name: ${[...missing].join(", ")}`);
  }
}

/** The files in `folder` and in those below, in order. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) files.push(name);
    else {
      const below = await filesIn(`${folder}/${name}`);
      files.push(...below.map((file) => `${name}/${file}`));
    }
  }
  return files.sort();
}
