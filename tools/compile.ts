// deno-lint-ignore-file no-console
/**
 * `deno task compile`: dist/procmgr as one executable, by `deno compile`. That
 * needs denort, Deno's base runtime, which Deno looks for in DENORT_BIN, in
 * its download cache and at dl.deno.land. Where it cannot be had, one line says
 * so, and the program is packed instead (pack.ts).
 *
 *     deno task compile --target=aarch64-unknown-linux-gnu --output=dist/arm
 *
 * What is compiled is the bundle, so that no package comes along that only the
 * tests use. Source: Deno 2.9.6, cli/standalone/binary.rs.
 */

import { parseArgs } from "@std/cli/parse-args";
import project from "../deno.json" with { type: "json" };
import { filesIn, withBundle } from "./bundle.ts";
import { folderFor, OUTPUT, packProgram } from "./pack.ts";

/** The program calls libc, so it may do everything anyway. */
const FLAGS = ["--quiet", "--allow-all", "--no-check", "--no-config"];

/** Whatever the network does, it is over then. */
const COMPILE_MS = 300_000;

/** What the command line may say; see pack.ts, too. */
interface CompileOptions {
  readonly output?: string | undefined;
  readonly target?: string | undefined;
  readonly compress?: string | undefined;
  readonly deno?: string | undefined;
}

/** Compile, or say what is missing and pack; answers with the exit code. */
async function build(options: CompileOptions): Promise<number> {
  const { output = OUTPUT, target = Deno.build.target } = options;
  await folderFor(output);
  const said = await withBundle((app) => compile(app, output, target));
  if (said === undefined) {
    const size = ((await Deno.stat(output)).size / 1e6).toFixed(1);
    console.log(`${output}: ${project.version} for ${target}, ${size} MB`);
    return 0;
  }
  if (!said.includes("dl.deno.land") || Deno.env.get("DENORT_BIN")) {
    console.error(`deno compile failed: ${said.trim()}`);
    return 1;
  }
  console.error(missingText(target));
  if (target !== Deno.build.target && options.deno === undefined) {
    console.error(`to pack for ${target}, name a Deno for it: --deno=PATH`);
    return 1;
  }
  await packProgram({ ...options, output });
  return 0;
}

/** What is missing, and how to give it. */
function missingText(target: string): string {
  const { deno } = Deno.version;
  const release = `release/v${deno}`;
  return `deno compile needs denort ${deno} for ${target}, which cannot be ` +
    `downloaded here: name it in DENORT_BIN, or put denort-${target}.zip of ` +
    `https://dl.deno.land/${release}/ in ${cacheFolder()}/dl/${release}/; ` +
    "packing instead";
}

/** Where Deno keeps what it downloads. */
function cacheFolder(): string {
  const { DENO_DIR, XDG_CACHE_HOME, HOME } = Deno.env.toObject();
  return DENO_DIR || `${XDG_CACHE_HOME || `${HOME ?? "~"}/.cache`}/deno`;
}

/** Compile `app`; answers with what went wrong. */
async function compile(
  app: string,
  output: string,
  target: string,
): Promise<string | undefined> {
  const unfinished = `${output}.new`;
  const files = (await filesIn(app)).filter((file) => file !== "main.js");
  try {
    const compiled = await outputOf([
      ...[Deno.execPath(), "compile", ...FLAGS, `--target=${target}`],
      ...files.map((file) => `--include=${app}/${file}`),
      ...[`--output=${unfinished}`, `${app}/main.js`],
    ]);
    if (!compiled.success) return compiled.text;
    if (target === Deno.build.target) {
      const { text } = await outputOf([unfinished, "-v"]);
      const wanted = `procmgr/${project.version}`;
      // Anything can be named in DENORT_BIN, and Deno takes it.
      if (!text.includes(wanted)) return "what came out is not procmgr";
    }
    await Deno.rename(unfinished, output);
    return undefined;
  } finally {
    await Deno.remove(unfinished).catch(() => {});
  }
}

async function outputOf(
  [file = "", ...args]: readonly string[],
): Promise<{ readonly success: boolean; readonly text: string }> {
  const { success, stderr } = await new Deno.Command(file, {
    args,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(COMPILE_MS),
  }).output();
  return { success, text: new TextDecoder().decode(stderr) };
}

if (import.meta.main) {
  const options = parseArgs(Deno.args, {
    string: ["output", "target", "compress", "deno"],
    unknown: (flag) => {
      console.error(`unknown: ${flag}; see the head of tools/compile.ts`);
      Deno.exit(100);
    },
  });
  Deno.exit(await build(options));
}
