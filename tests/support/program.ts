/**
 * The program under test: how it is run, from this tree by default, or what
 * PROCMGR_UNDER_TEST names: a compiled procmgr, or another tree's main.ts.
 * Starting it for good is `spawnProgram`, asking it one thing `runProgram`.
 *
 * Each started program leads a session of its own, so that a terminal's Ctrl-C
 * can be imitated and nothing escapes the search for what is left.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Exit } from "../../src/base/exit.ts";
import { isAlive } from "./proc.ts";
import { until } from "./until.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** What a finished run said. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a program runs. */
export interface ProgramOptions {
  /** Instead of the program under test: what starts it. */
  readonly command?: readonly string[] | undefined;
  /** Programs that execute it, such as unshare(1). */
  readonly prefix?: readonly string[];
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** A name for the executable that can be made to mean another one. */
  readonly link?: string | undefined;
}

/** A program that runs. */
export interface Program {
  readonly pid: number;
  /** Settles when it ended, however. */
  readonly exited: Promise<Exit>;
  /** How it ended; undefined while it runs. */
  readonly exit: Exit | undefined;
}

/** No run of the command line takes this long. */
const RUN_MS = 30_000;

/** What is under test. */
function programPath(): string {
  return Deno.env.get("PROCMGR_UNDER_TEST") || MAIN;
}

/** Whether that is this tree, whose deno.json is procmgr's own then. */
export function isThisTree(): boolean {
  return programPath() === MAIN;
}

/** The command of the program under test. */
export function programCommand(): readonly string[] {
  const path = programPath();
  return path.endsWith(".ts")
    ? [Deno.execPath(), "run", "--allow-all", path]
    : [path];
}

/** Run it to its end. */
export async function runProgram(options: ProgramOptions): Promise<Outcome> {
  const [file = "", ...rest] = options.command ?? programCommand();
  const output = await new Deno.Command(file, {
    args: [...rest, ...options.args],
    cwd: options.cwd,
    env: options.env,
    stdin: "null",
    signal: AbortSignal.timeout(RUN_MS),
  }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** Start it; what it prints goes to the files named. */
export function spawnProgram(
  options: ProgramOptions,
  outputs: { readonly stdoutPath: string; readonly stderrPath: string },
): Program {
  const { prefix = [], command = programCommand() } = options;
  const [executable = "", ...more] = command;
  const { link = executable } = options;
  if (link !== executable) Deno.symlinkSync(executable, link);
  return spawnCommand([...prefix, link, ...more], options, outputs);
}

/** Start any command the same way. */
export function spawnCommand(
  command: readonly string[],
  options: ProgramOptions,
  outputs: { readonly stdoutPath: string; readonly stderrPath: string },
): Program {
  const [file = "", ...rest] = command;
  const stdout = openSync(outputs.stdoutPath, "a");
  const stderr = openSync(outputs.stderrPath, "a");
  try {
    const child = spawn(file, [...rest, ...options.args], {
      cwd: options.cwd,
      env: { ...Deno.env.toObject(), ...options.env },
      stdio: ["ignore", stdout, stderr],
      detached: true,
    });
    return new RunningProgram(child);
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

class RunningProgram implements Program {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;

  constructor(child: ChildProcess) {
    this.pid = child.pid ?? 0;
    this.exited = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code, signal) => {
        this.exit = signal === null
          ? { kind: "code", code: code ?? 0 }
          : { kind: "signal", signal };
        resolve(this.exit);
      });
    });
    this.exited.catch(() => {});
  }
}

/**
 * A program that nobody here started: a new master. Its code is what its log
 * says, for only its parent is told.
 */
export class FoundProgram implements Program {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;

  /** `saidExit` tells whether it has logged that it leaves. */
  constructor(pid: number, saidExit: () => boolean) {
    this.pid = pid;
    this.exited = until(() => !isAlive(pid), {
      what: `the end of process ${pid}`,
      withinMs: 600_000,
    }).then(() => {
      this.exit = { kind: "code", code: saidExit() ? 0 : 1 };
      return this.exit;
    });
    this.exited.catch(() => {});
  }
}
