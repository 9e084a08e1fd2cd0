// deno-lint-ignore-file no-console
/**
 * `deno task pack`: one executable file that needs nothing but a shell, tar(1)
 * and gzip(1): packed_head.sh, then an archive of Deno and the program.
 *
 *     deno task pack --output=dist/procmgr --compress=gzip --deno=/path/deno
 *
 * `--deno` is another Deno to pack than the one that runs this, for another
 * architecture for instance. The same input gives the same file.
 */

import { parseArgs } from "@std/cli/parse-args";
import { dirname } from "node:path/posix";
import { fileURLToPath } from "node:url";
import project from "../deno.json" with { type: "json" };
import { filesIn, withBundle } from "./bundle.ts";

const HEAD = new URL("packed_head.sh", import.meta.url);

/** What is written unless something else is named. */
export const OUTPUT = fileURLToPath(
  new URL("../dist/procmgr", import.meta.url),
);

/** How the archive is compressed, and by what it is read. */
const COMPRESSIONS: Readonly<
  { [name: string]: { readonly by: readonly string[]; readonly undo: string } }
> = {
  none: { by: [], undo: "cat" },
  gzip: { by: ["--use-compress-program=gzip -9n"], undo: "gzip -dc" },
  xz: { by: ["--use-compress-program=xz -6 -T1"], undo: "xz -dc" },
  zstd: { by: ["--use-compress-program=zstd -19 -T0 -q"], undo: "zstd -dc" },
};

/** What uname(1) calls the machines of ELF. Source: <elf.h>, EM_X86_64. */
const MACHINES: Readonly<{ [code: number]: string }> = {
  62: "x86_64",
  183: "aarch64",
};

/** What to make of what. */
export interface Packing {
  /** The program: a folder with a `main.js`. */
  readonly app: string;
  /** The Deno to run it. */
  readonly deno: string;
  /** For which machine that is, as uname(1) says. */
  readonly arch: string;
  /** The name of a way to compress. */
  readonly compress: string;
  readonly output: string;
}

/** What was made. */
export interface Packed {
  /** The name of the folder it unpacks: version and hash. */
  readonly id: string;
  readonly bytes: number;
}

/** Write the file, at once or not at all. */
export async function pack(packing: Packing): Promise<Packed> {
  const { app, deno, output, compress } = packing;
  const compression = COMPRESSIONS[compress];
  if (compression === undefined) {
    const known = Object.keys(COMPRESSIONS).join(", ");
    throw new Error(`cannot compress with "${compress}", known: ${known}`);
  }
  const { by, undo } = compression;
  const id = `${project.version}-${await hashOf(packing)}`;
  const stage = await Deno.makeTempDir({ prefix: "procmgr_pack_" });
  const unfinished = `${output}.new`;
  try {
    await Deno.mkdir(`${stage}/${id}`);
    await Deno.symlink(await Deno.realPath(deno), `${stage}/${id}/deno`);
    await Deno.symlink(await Deno.realPath(app), `${stage}/${id}/app`);
    const head = await headText(packing, { id, unzip: undo });
    await Deno.writeTextFile(unfinished, head);
    await append(unfinished, [...TAR, ...by, "-C", stage, id]);
    await Deno.chmod(unfinished, 0o755);
    await Deno.rename(unfinished, output);
    return { id, bytes: (await Deno.stat(output)).size };
  } finally {
    await Deno.remove(stage, { recursive: true });
    await Deno.remove(unfinished).catch(() => {});
  }
}

/** Links are followed; nothing tells when and by whom it was made. */
const TAR = [
  ...["tar", "--create", "--file=-", "--dereference", "--format=ustar"],
  ...["--sort=name", "--mtime=@0", "--owner=0", "--group=0"],
  ...["--numeric-owner", "--mode=u=rwX,go=rX"],
];

/** Append what `command` prints. */
async function append(file: string, command: readonly string[]): Promise<void> {
  const args = ["-c", 'exec "$@" >>"$0"', file, ...command];
  const { success } = await new Deno.Command("sh", { args }).spawn().status;
  if (!success) throw new Error(`${command[0]} failed`);
}

async function hashOf({ app, deno }: Packing): Promise<string> {
  const lines = [await sha256(await Deno.readFile(deno))];
  for (const file of await filesIn(app)) {
    lines.push(
      `${await sha256(await Deno.readFile(`${app}/${file}`))} ${file}`,
    );
  }
  const all = new TextEncoder().encode(lines.join("\n"));
  return (await sha256(all)).slice(0, 16);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** The head, with what it has to know filled in. */
async function headText(
  { app, deno, arch }: Packing,
  { id, unzip }: { readonly id: string; readonly unzip: string },
): Promise<string> {
  const facts: Readonly<{ [name: string]: string | number }> = {
    VERSION: project.version,
    ARCH: arch,
    ID: id,
    UNZIP: unzip,
    DENO_BYTES: (await Deno.stat(deno)).size,
    MAIN_BYTES: (await Deno.stat(`${app}/main.js`)).size,
  };
  const template = await Deno.readTextFile(HEAD);
  const text = template.replace(
    /@([A-Z_]+)@/g,
    (name, fact: string) => `${facts[fact] ?? name}`,
  );
  // Of as many digits as the number that takes its place.
  const offset = text.length - "@OFFSET@".length + 4 + 1;
  if (!/^\d{4}$/.test(`${offset}`)) throw new Error("the head is too long");
  return text.replace("@OFFSET@", `${offset}`);
}

/** The machine an ELF file is for. */
export async function archOf(path: string): Promise<string> {
  using file = await Deno.open(path);
  const head = new Uint8Array(20);
  await file.read(head);
  const isElf = head[0] === 0x7f && head[1] === 0x45;
  const arch = MACHINES[new DataView(head.buffer).getUint16(18, true)];
  if (!isElf || arch === undefined) {
    throw new Error(`"${path}" is no program for Linux on x86_64 or aarch64`);
  }
  return arch;
}

/** What the command line may say. */
export interface PackOptions {
  readonly output?: string | undefined;
  readonly compress?: string | undefined;
  readonly deno?: string | undefined;
}

/** Bundle and pack, and say what became of it. */
export async function packProgram(options: PackOptions): Promise<void> {
  const { output = OUTPUT, compress = "gzip" } = options;
  const deno = options.deno ?? Deno.execPath();
  const arch = await archOf(deno);
  await folderFor(output);
  const packed = await withBundle((app) =>
    pack({ app, deno, arch, compress, output })
  );
  const size = (packed.bytes / 1e6).toFixed(1);
  console.log(`${output}: ${packed.id} for ${arch}, ${size} MB, packed`);
}

/** Make the folder of a file, if need be. */
export async function folderFor(file: string): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
}

if (import.meta.main) {
  const options = parseArgs(Deno.args, {
    string: ["output", "compress", "deno"],
    unknown: (flag) => {
      console.error(`unknown: ${flag}; see the head of tools/pack.ts`);
      Deno.exit(100);
    },
  });
  await packProgram(options);
}
