/**
 * The program file this process was started from, and whether a file can be
 * executed here at all. The name that was used counts, not what it led to: a
 * link that points to the next version by then is how versions are deployed.
 *
 * Sources: man 5 proc (/proc/pid/cmdline), man 2 execve, <elf.h>.
 */

import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { fromDenoError, namedError } from "./errno.ts";

/** Offsets and values of an ELF header. <elf.h> */
const ELF = {
  magic: [0x7f, 0x45, 0x4c, 0x46],
  class: { at: 4, value: 2 },
  data: { at: 5, value: 1 },
  machineAt: 18,
  machines: { x86_64: 62, aarch64: 183 },
  bytes: 20,
} as const;

/** What an executable text begins with. */
const SCRIPT = [0x23, 0x21] as const;

/**
 * The absolute path this process was started by, links not followed; the file
 * itself where that cannot be told. To be called before the title is set,
 * the folder changed, or anything replaced.
 */
export function startedPath(): string {
  const execPath = Deno.execPath();
  const named = firstArgument();
  const candidates = named.includes("/")
    ? [absolute(named)]
    : (Deno.env.get("PATH") ?? "").split(":").map((folder) =>
      absolute(`${folder === "" ? "." : folder}/${named}`)
    );
  return candidates.find((path) => isSame(path, execPath)) ?? execPath;
}

function firstArgument(): string {
  try {
    const text = Deno.readTextFileSync("/proc/self/cmdline");
    return text.slice(0, Math.max(0, text.indexOf("\0")));
  } catch {
    return "";
  }
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}

function isSame(path: string, execPath: string): boolean {
  try {
    return Deno.realPathSync(path) === execPath;
  } catch {
    return false;
  }
}

/**
 * Whether the kernel would execute `path`: it is there, a program of this
 * machine or a script, and we may. The runtime's own answer is no use: it
 * hands what is no program to a shell.
 */
export function checkProgram(path: string): Result<void> {
  const call = `execve() of new binary process "${path}"`;
  try {
    const { isFile, mode } = Deno.statSync(path);
    const mayExecute = isFile && ((mode ?? 0) & 0o111) !== 0;
    if (!mayExecute) return failure(namedError("EACCES", call));
    return isProgram(headOf(path))
      ? success(undefined)
      : failure(namedError("ENOEXEC", call));
  } catch (error) {
    return failure(fromDenoError(error, call));
  }
}

function headOf(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const head = new Uint8Array(ELF.bytes);
  const count = file.readSync(head) ?? 0;
  return head.subarray(0, count);
}

function isProgram(head: Uint8Array): boolean {
  if (SCRIPT.every((byte, at) => head[at] === byte)) return true;
  if (head.length < ELF.bytes) return false;
  const machine = new DataView(head.buffer).getUint16(ELF.machineAt, true);
  return ELF.magic.every((byte, at) => head[at] === byte) &&
    head[ELF.class.at] === ELF.class.value &&
    head[ELF.data.at] === ELF.data.value &&
    machine === ELF.machines[Deno.build.arch];
}
