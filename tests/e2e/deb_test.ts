/**
 * The Debian package, by dpkg itself in a root of its own: what is in it, that
 * a configuration that was changed stays, and that a purge leaves nothing. The
 * executable in it is a stand-in: the real one has tests of its own.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { buildDeb } from "../../tools/deb.ts";
import { IS_ROOT, scene } from "../support/harness.ts";

async function run(
  ...command: readonly string[]
): Promise<string> {
  const [file = "", ...args] = command;
  const { code, stdout, stderr } = await new Deno.Command(file, {
    args,
    env: { LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}

function hasDpkg(): boolean {
  try {
    return Deno.statSync("/usr/bin/dpkg-deb").isFile;
  } catch {
    // deno-lint-ignore no-console -- what is skipped is said
    console.log("skipped: dpkg-deb is not installed");
    return false;
  }
}

Deno.test({
  name: "the package installs, keeps what was changed, and purges",
  ignore: !hasDpkg() || !IS_ROOT,
  fn: scene(async (scene) => {
    const program = scene.write("procmgr", "#!/bin/sh\nexit 0\n");
    const deb = await buildDeb(program, scene.folder);
    const listed = await run("dpkg-deb", "-c", deb);
    for (const line of listed.trim().split("\n")) {
      assertMatch(line, /^(?:drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) root\/root /);
      assertEquals(line.startsWith("-rwx"), line.endsWith("/bin/procmgr"));
    }
    const info = await run("dpkg-deb", "-I", deb);
    assertMatch(info, /Architecture: (?:amd64|arm64)/);
    // The scripts look at DPKG_ROOT, so nothing of this machine is touched.
    const root = scene.path("root");
    Deno.mkdirSync(`${root}/var/lib/dpkg`, { recursive: true });
    Deno.writeTextFileSync(`${root}/var/lib/dpkg/status`, "");
    const dpkg = (...args: readonly string[]): Promise<string> =>
      run(
        "dpkg",
        `--root=${root}`,
        "--force-script-chrootless,depends,confold",
        ...args,
      );
    await dpkg("-i", deb);
    const config = `${root}/etc/procmgr/procmgr.jsonc`;
    assertMatch(Deno.readTextFileSync(config), /"listen"/);
    assert(Deno.statSync(`${root}/usr/bin/procmgr`).isFile);
    assert(Deno.statSync(`${root}/usr/share/man/man8/procmgr.8.gz`).isFile);
    Deno.writeTextFileSync(config, "{ /* mine */ }");
    await dpkg("-i", deb);
    assertEquals(Deno.readTextFileSync(config), "{ /* mine */ }");
    await dpkg("--purge", "procmgr");
    const left = await run("find", root, "-iname", "*procmgr*");
    assertEquals(left, "");
  }),
});
