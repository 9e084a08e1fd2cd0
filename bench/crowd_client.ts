/**
 * Runs the two programs that are crowds of clients, abort.ts and hold.ts, as
 * processes of their own, and reads their reports.
 */

import type { AbortOptions, AbortReport } from "./abort.ts";
import { runChild } from "./child.ts";
import type { HoldOptions, HoldReport } from "./hold.ts";
import type { Scratch } from "./scratch.ts";

function commandOf(name: string, options: object): string[] {
  const program = `${import.meta.dirname}/${name}`;
  const argument = JSON.stringify(options);
  return [
    ...[Deno.execPath(), "run", "--quiet", "--allow-net=127.0.0.1"],
    ...[program, argument],
  ];
}

/** Lets clients come and go before they are answered. */
export async function runAborts(
  scratch: Scratch,
  options: AbortOptions,
): Promise<AbortReport> {
  const command = commandOf("abort.ts", options);
  const { code, stdout, stderr } = await runChild(scratch, { command });
  if (code !== 0) throw new Error(`abort.ts exited with ${code}: ${stderr}`);
  return JSON.parse(stdout) as AbortReport;
}

/** Connections that stay. */
export interface Crowd {
  /** How it was when each asked for the first time. */
  readonly opened: HoldReport;
  /** Lets each ask once more. */
  askAgain(): Promise<HoldReport>;
  close(): Promise<void>;
}

/** Opens connections and keeps them. They end when this process does. */
export async function openCrowd(
  scratch: Scratch,
  options: HoldOptions,
): Promise<Crowd> {
  scratch.checkOpen();
  const [program = "", ...args] = commandOf("hold.ts", options);
  const process = new Deno.Command(program, {
    args,
    env: scratch.env,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  scratch.register(process.pid);
  const input = process.stdin.getWriter();
  const lines = process.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  const report = async (): Promise<HoldReport> => {
    let text = "";
    while (!text.endsWith("\n")) {
      const { done, value } = await lines.read();
      if (done) throw new Error("hold.ts ended");
      text += value;
    }
    return JSON.parse(text) as HoldReport;
  };
  const close = async (): Promise<void> => {
    await input.close();
    await process.status;
    scratch.forget(process.pid);
  };
  const askAgain = async (): Promise<HoldReport> => {
    await input.write(new Uint8Array(1));
    return await report();
  };
  return { opened: await report(), askAgain, close };
}
