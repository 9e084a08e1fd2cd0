/**
 * Starts programs for the bench, in the foreground, and keeps the end of what
 * they say for the message when they fail. Every child is registered with the
 * scratch before anything else happens to it.
 */

import type { Scratch } from "./scratch.ts";

const TAIL_CHARS_MAX = 4000;

/** A command as an array; the first part is the program. */
export interface ChildOptions {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** A program that runs until it is ended. */
export interface Child {
  readonly pid: number;
  /** performance.now() just before the spawn. */
  readonly spawnedMs: number;
  readonly exited: Promise<Deno.CommandStatus>;
  /** The last it wrote on standard output and error. */
  tail(): string;
}

/** Starts a long-running program. */
export function startChild(scratch: Scratch, options: ChildOptions): Child {
  const spawnedMs = performance.now();
  const process = commandOf(scratch, options).spawn();
  scratch.register(process.pid);
  let text = "";
  for (const stream of [process.stdout, process.stderr]) {
    keepTail(stream, (part) => {
      text = (text + part).slice(-TAIL_CHARS_MAX);
    });
  }
  return {
    pid: process.pid,
    spawnedMs,
    exited: process.status.finally(() => scratch.forget(process.pid)),
    tail: () => text,
  };
}

/** What a finished command said. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** From spawn to exit. */
  readonly ms: number;
}

/** Runs a program to its end. Throws NotFound when there is none. */
export async function runChild(
  scratch: Scratch,
  options: ChildOptions,
): Promise<Finished> {
  const startedMs = performance.now();
  const process = commandOf(scratch, options).spawn();
  scratch.register(process.pid);
  const output = await process.output();
  scratch.forget(process.pid);
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
    ms: performance.now() - startedMs,
  };
}

/** Whether a program can be started, asked by its version flag. */
export async function isInstalled(
  scratch: Scratch,
  command: readonly string[],
): Promise<boolean> {
  try {
    return (await runChild(scratch, { command })).code === 0;
  } catch {
    return false;
  }
}

function commandOf(scratch: Scratch, options: ChildOptions): Deno.Command {
  scratch.checkOpen();
  const [program, ...args] = options.command;
  return new Deno.Command(program ?? "", {
    args,
    cwd: options.cwd ?? scratch.dir,
    env: { ...scratch.env, ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function keepTail(
  stream: ReadableStream<Uint8Array>,
  keep: (part: string) => void,
): Promise<void> {
  try {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      keep(part);
    }
  } catch {
    // The pipe broke with the process; what was kept is what there is.
  }
}
