/**
 * A program that is asked one thing: run to its end, without a channel, its
 * output read. For questions only; children that stay are child.ts's.
 * Source: Deno 2.9.6, node:child_process.
 */

import { execFile } from "node:child_process";
import { toPid } from "../base/id.ts";
import { claimChild, releaseChild } from "./own_child.ts";

/** What was answered. */
export interface Answer {
  /** undefined: it did not start, or not end by itself. */
  readonly code: number | undefined;
  readonly stderr: string;
}

/** More is not read: the first lines say it. */
const OUTPUT_BYTES_MAX = 64 * 1024;

/**
 * Run `command` ([0] the executable) with this environment and no other.
 * Never rejects; after `timeoutMs` it is killed.
 */
export function inquire(
  command: readonly string[],
  { env, timeoutMs }: {
    readonly env: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
  },
): Promise<Answer> {
  const [file = "", ...args] = command;
  const options = {
    env: { ...env },
    timeout: timeoutMs,
    maxBuffer: OUTPUT_BYTES_MAX,
    killSignal: "SIGKILL",
  } as const;
  return new Promise((resolve) => {
    try {
      const child = execFile(file, args, options, (error, _stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        resolve({
          code: typeof code === "number" ? code : undefined,
          stderr: String(stderr),
        });
      });
      if (child.pid === undefined) return;
      const pid = toPid(child.pid);
      claimChild(pid);
      child.on("exit", () => releaseChild(pid));
    } catch {
      // EMFILE, or a NUL in an argument.
      resolve({ code: undefined, stderr: "" });
    }
  });
}
