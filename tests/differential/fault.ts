/**
 * The library that makes programs fail on demand (fault.c), compiled once per
 * run; undefined where there is no compiler, and then who needs it is skipped.
 */

const SOURCE = new URL("fault.c", import.meta.url).pathname;

let compiled: string | undefined | null;

/** The path of the library; undefined without a compiler. */
export function faultLibrary(): string | undefined {
  if (compiled === undefined) compiled = compile() ?? null;
  return compiled ?? undefined;
}

function compile(): string | undefined {
  const path = `${Deno.makeTempDirSync({ prefix: "procmgr_fault_" })}/fault.so`;
  Deno.chmodSync(path.slice(0, path.lastIndexOf("/")), 0o755);
  globalThis.addEventListener("unload", () => remove(path));
  try {
    const { success } = new Deno.Command("gcc", {
      args: ["-shared", "-fPIC", "-O1", "-o", path, SOURCE, "-ldl"],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).outputSync();
    return success ? path : undefined;
  } catch {
    return undefined;
  }
}

function remove(path: string): void {
  Deno.removeSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
}
