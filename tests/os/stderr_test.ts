/** stderr put elsewhere, the runtime's own copy of it included. */

import { assert, assertEquals } from "@std/assert";
import { withFolder } from "./support.ts";

const PROGRAM = `
import { Stderr } from "${
  new URL("../../src/os/stderr.ts", import.meta.url).href
}";
import { listOpenFds } from "${
  new URL("../../src/os/fd.ts", import.meta.url).href
}";
const [path] = Deno.args;
const stderr = new Stderr();
Deno.stderr.writeSync(new TextEncoder().encode("before "));
const kept = stderr.keep();
const moved = stderr.redirect(path);
if (!kept.ok || !moved.ok) Deno.exit(1);
Deno.stderr.writeSync(new TextEncoder().encode("after "));
console.error("and by the console");
const left = listOpenFds().filter(({ target }) => target.startsWith("pipe:"));
const wrong = stderr.redirect(path + "/none");
console.log(JSON.stringify({
  fds: left.map(({ fd }) => fd),
  kept: kept.value,
  wrong: wrong.ok ? "" : wrong.error.code,
}));
`;

Deno.test("redirect() moves every copy of stderr, keep() leaves one", () =>
  withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/program.ts`, PROGRAM);
    Deno.writeTextFileSync(`${folder}/log`, "old ");
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", `${folder}/program.ts`, `${folder}/log`],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assert(output.success, decoder.decode(output.stderr));
    assertEquals(decoder.decode(output.stderr), "before ");
    assertEquals(
      Deno.readTextFileSync(`${folder}/log`),
      "old after and by the console\n",
    );
    const { fds, kept, wrong } = JSON.parse(decoder.decode(output.stdout));
    // stdout is a pipe, too: itself and the runtime's copy.
    assertEquals(fds.includes(kept), true);
    assertEquals(fds.includes(2), false);
    assertEquals(wrong, "ENOTDIR");
  }));
