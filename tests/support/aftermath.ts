/**
 * What is looked at after every process test, unasked: lines no healthy run
 * writes, processes, sockets and pid files left behind. Each check answers
 * with what it found, in words; nothing found is an empty list.
 *
 * An unannounced alert is a bug (nginx-tests); so is a process that outlives
 * its test, even when every assertion held.
 */

import { bugLinesOf, worstLinesOf } from "./log.ts";
import { processesOf, titleOf } from "./proc.ts";
import { until } from "./until.ts";

/** What a test did, and what it announced. */
export interface Aftermath {
  /** Everything that was logged or printed by programs that run for good. */
  readonly text: string;
  /** Worst lines the test announced. */
  readonly announced: readonly RegExp[];
  readonly folder: string;
  /** Files in the folder that may stay. */
  readonly spared: readonly string[];
  readonly mark: string;
  readonly sessions: readonly number[];
}

/** How long what ends may take to be gone. */
const GONE_WITHIN_MS = 3000;

/** Everything that is wrong, in words. */
export async function findings(aftermath: Aftermath): Promise<string[]> {
  return [
    ...unannounced(aftermath),
    ...missing(aftermath),
    ...bugLinesOf(aftermath.text).map((line) => `a bug shows: ${line}`),
    ...await leftProcesses(aftermath),
    ...leftFiles(aftermath),
  ];
}

function unannounced({ text, announced }: Aftermath): string[] {
  return worstLinesOf(text)
    .filter((line) => !announced.some((pattern) => pattern.test(line)))
    .map((line) => `nobody announced: ${line}`);
}

function missing({ text, announced }: Aftermath): string[] {
  const worst = worstLinesOf(text);
  return announced
    .filter((pattern) => !worst.some((line) => pattern.test(line)))
    .map((pattern) => `announced and not logged: ${pattern}`);
}

async function leftProcesses(
  { mark, sessions }: Aftermath,
): Promise<string[]> {
  try {
    await until(() => processesOf(mark, sessions).length === 0, {
      what: "processes that should be gone",
      withinMs: GONE_WITHIN_MS,
    });
    return [];
  } catch {
    return processesOf(mark, sessions).map((pid) =>
      `still running: ${pid} ${titleOf(pid)}`
    );
  }
}

function leftFiles({ folder, spared }: Aftermath): string[] {
  const left: string[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    if (spared.includes(name)) continue;
    const { isSocket } = Deno.lstatSync(`${folder}/${name}`);
    if (isSocket) left.push(`socket left behind: ${name}`);
    if (name.endsWith(".pid")) left.push(`pid file left behind: ${name}`);
  }
  return left;
}
