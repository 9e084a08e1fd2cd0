/**
 * What the bench asks of every program it compares, and the parts that all
 * drivers share. A driver knows one program's command lines and nothing of what
 * is measured; a measure knows drivers and no program.
 */

import { firstAnswer } from "./answer.ts";
import {
  type Child,
  type ChildOptions,
  isInstalled,
  startChild,
} from "./child.ts";
import { childrenOf } from "./process_table.ts";
import { type Scratch, until } from "./scratch.ts";

/** The longest any start or reload may take before the run gives up on it. */
export const PATIENCE_MS = 60_000;

/** One program to compare. */
export interface Driver {
  readonly name: string;
  /** Why it cannot run here; undefined when it can. */
  missing(scratch: Scratch): Promise<string | undefined>;
  /** Starts it and waits for its first answer. Throws when none comes. */
  start(scratch: Scratch, workers: number): Promise<Server>;
}

/** One running instance. */
export interface Server {
  readonly port: number;
  /** undefined where the program has no process above the workers. */
  readonly masterPid: number | undefined;
  /** From spawn to the first answer. */
  readonly startMs: number;
  workerPids(): number[];
  /** Waits until all workers serve. */
  settle(): Promise<void>;
  /** Reloads with the program's own command and waits for the new workers. */
  reload(): Promise<void>;
  stop(): Promise<void>;
  /** The error log so far, where it is worth keeping after a loss. */
  log?(): string;
}

/** What a program is to serve: without any of it, hello. */
export interface Content {
  /** Files; `index.html` is there. */
  readonly folder?: string;
  readonly tls?: Certificate;
  /** Of one worker at once, where that is limited. */
  readonly connectionsMax?: number;
}

/** Two PEM files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** For `missing`: asks a program for its version. */
export async function missingProgram(
  scratch: Scratch,
  command: readonly string[],
): Promise<string | undefined> {
  return await isInstalled(scratch, command) ? undefined : "not installed";
}

/** A child that is answering on a port. */
export interface Answering {
  readonly child: Child;
  readonly startMs: number;
}

/** Starts a program in the foreground and waits for its first answer. */
export async function startAnswering(
  scratch: Scratch,
  options: ChildOptions & {
    readonly port: number;
    readonly tls?: Certificate | undefined;
  },
): Promise<Answering> {
  const child = startChild(scratch, options);
  let ended: string | undefined;
  child.exited.then(({ code }) => {
    ended = `exited with code ${code}: ${child.tail().trim()}`;
  });
  try {
    const answeredMs = await firstAnswer(options.port, {
      withinMs: PATIENCE_MS,
      failed: () => ended,
      certificate: options.tls?.certificate,
    });
    return { child, startMs: answeredMs - child.spawnedMs };
  } catch (error) {
    await scratch.end(child.pid);
    throw error;
  }
}

/** Waits until a master has this many children. */
export async function settled(pid: number, workers: number): Promise<void> {
  const enough = () => childrenOf(pid).length >= workers;
  if (!await until(enough, PATIENCE_MS)) {
    throw new Error(`process ${pid} has ${childrenOf(pid).length} children`);
  }
}

/**
 * Runs a reload command and waits until none of the old workers is left and all
 * of the new ones are there. Throws when that takes too long.
 */
export async function reloadAndWait(
  pid: number,
  reload: () => Promise<void> | void,
): Promise<void> {
  const old = new Set(childrenOf(pid));
  await reload();
  const replaced = () => {
    const now = childrenOf(pid);
    return now.length === old.size && !now.some((child) => old.has(child));
  };
  if (!await until(replaced, PATIENCE_MS)) {
    throw new Error(`reload of process ${pid} did not end`);
  }
}
