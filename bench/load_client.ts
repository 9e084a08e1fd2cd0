/**
 * Runs the load generator as a process of its own and reads its report.
 */

import type { LoadOptions } from "./load.ts";
import type { LoadReport } from "./load_report.ts";
import type { Scratch } from "./scratch.ts";

const PROGRAM = `${import.meta.dirname}/load.ts`;

/** A running load generator. */
export interface RunningLoad {
  /** Lets it finish what is outstanding, and returns what it counted. */
  stop(): Promise<LoadReport>;
}

/** Starts the load. The generator ends when this process does. */
export function startLoad(
  scratch: Scratch,
  options: LoadOptions,
): RunningLoad {
  scratch.checkOpen();
  const permissions = ["--allow-net=127.0.0.1", "--allow-run"];
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, PROGRAM, JSON.stringify(options)],
    env: scratch.env,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  scratch.register(process.pid);
  return {
    stop: async () => {
      await process.stdin.close();
      const { code, stdout } = await process.output();
      scratch.forget(process.pid);
      if (code !== 0) {
        throw new Error(`the load generator exited with code ${code}`);
      }
      return JSON.parse(new TextDecoder().decode(stdout)) as LoadReport;
    },
  };
}
