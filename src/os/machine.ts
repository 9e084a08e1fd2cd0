/**
 * Where procmgr runs: Linux with glibc on x86_64 or aarch64. One clear line
 * for everybody else, before anything of libc is called.
 * Source: man 7 libc; the layouts of abi.ts are glibc's.
 */

import { libc } from "./libc.ts";

/** Why procmgr cannot run here, for the operator; undefined when it can. */
export function unsupportedReason(): string | undefined {
  const { os, arch } = Deno.build;
  if (os !== "linux") {
    return `this is ${os}, and procmgr runs on Linux alone`;
  }
  if (arch !== "x86_64" && arch !== "aarch64") {
    return `this is ${arch}, and procmgr runs on x86_64 and aarch64 alone`;
  }
  try {
    libc.geteuid();
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `the GNU C library cannot be used: ${reason}`;
  }
}
