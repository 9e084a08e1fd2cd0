/** What can be executed here, and which path this process was started by. */

import { assert, assertEquals } from "@std/assert";
import { checkProgram, startedPath } from "../../src/os/program.ts";

/** The first bytes of an ELF file for that machine. <elf.h> */
function elf(machine: number, over: readonly number[] = []): Uint8Array {
  const head = new Uint8Array(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...over]);
  new DataView(head.buffer).setUint16(18, machine, true);
  return head;
}

const MACHINE = { x86_64: 62, aarch64: 183 }[Deno.build.arch];

Deno.test("checkProgram() knows what the kernel would execute", () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/program`;
  const cases: readonly (readonly [string, Uint8Array, number, string])[] = [
    ["ours", elf(MACHINE), 0o755, "ok"],
    ["not executable", elf(MACHINE), 0o644, "EACCES"],
    ["another machine", elf(4), 0o755, "ENOEXEC"],
    ["32 bits", Uint8Array.of(...elf(MACHINE)).fill(1, 4, 5), 0o755, "ENOEXEC"],
    ["cut short", elf(MACHINE).slice(0, 10), 0o755, "ENOEXEC"],
    ["a script", new TextEncoder().encode("#!/bin/sh\n"), 0o755, "ok"],
    ["a text", new TextEncoder().encode("echo\n"), 0o755, "ENOEXEC"],
    ["empty", new Uint8Array(), 0o755, "ENOEXEC"],
  ];
  try {
    for (const [what, content, mode, expected] of cases) {
      Deno.writeFileSync(path, content);
      Deno.chmodSync(path, mode);
      const checked = checkProgram(path);
      assertEquals(checked.ok ? "ok" : checked.error.code, expected, what);
    }
    const missing = checkProgram(`${folder}/none`);
    assert(!missing.ok && missing.error.code === "ENOENT");
    const inside = checkProgram(folder);
    assert(!inside.ok && inside.error.code === "EACCES");
    assertEquals(checkProgram(Deno.execPath()).ok, true);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("startedPath() is the name that was used, links not followed", () => {
  const folder = Deno.makeTempDirSync();
  const module = new URL("../../src/os/program.ts", import.meta.url).href;
  const code = `import { startedPath } from ${JSON.stringify(module)};` +
    `console.log(startedPath());`;
  try {
    Deno.symlinkSync(Deno.execPath(), `${folder}/link`);
    const path = `${folder}:${Deno.env.get("PATH")}`;
    for (const name of [`${folder}/link`, "./link", "link"]) {
      const { stdout } = new Deno.Command(name, {
        args: ["eval", code],
        cwd: folder,
        env: { PATH: path, NO_COLOR: "1" },
      }).outputSync();
      const said = new TextDecoder().decode(stdout).trim();
      assertEquals(Deno.realPathSync(said), Deno.realPathSync(Deno.execPath()));
      assertEquals(said.endsWith("/link"), true, `${name}: ${said}`);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
  assert(startedPath().startsWith("/"));
});
