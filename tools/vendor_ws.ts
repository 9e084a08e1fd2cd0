/**
 * Writes vendor/ws/ws.js: npm's ws (MIT) as one file. A worker that fetched it
 * from npm would write it into the lock file of the app it runs, and one that
 * gave up root could not read the cache it is in. Needs the npm registry.
 */

const VERSION = "8.23.0";
const FILE = new URL("../vendor/ws/ws.js", import.meta.url);
const ENTRY = `export { WebSocketServer } from "npm:ws@${VERSION}";\n`;
const HEAD = `/**
 * npm's ws ${VERSION} as one file, written by \`deno task vendor-ws\`; the
 * license is beside it. Source: https://www.npmjs.com/package/ws
 */

`;
const BUNDLE = [
  ...["bundle", "--quiet", "--no-config", "--no-lock", "--minify"],
  ...["--platform=deno", "--output=ws.js", "entry.js"],
];

async function main(): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "procmgr-ws-" });
  try {
    await Deno.writeTextFile(`${folder}/entry.js`, ENTRY);
    const bundler = new Deno.Command(Deno.execPath(), {
      args: BUNDLE,
      cwd: folder,
    });
    const { code } = await bundler.spawn().status;
    if (code !== 0) return code;
    const text = await Deno.readTextFile(`${folder}/ws.js`);
    await Deno.writeTextFile(FILE, HEAD + text);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
