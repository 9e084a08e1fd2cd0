/**
 * A log as a test reads it: the text of the files it goes to, waiting for a
 * line, and the lines that no healthy run has.
 */

import { until } from "./until.ts";

/** Lines a test must announce: nginx's two worst levels. */
const WORST = /\[(?:alert|emerg)\]|"level":"(?:alert|emerg)"/;

/** Words that no announcement excuses: our own bugs, and the debugger. */
const NEVER =
  /panicked at|Uncaught|InvariantError|journal:|Debugger listening|the step is dropped|error: Top-level/;

/** Lines of level alert and emerg. */
export function worstLinesOf(text: string): string[] {
  return text.split("\n").filter((line) => WORST.test(line));
}

/** Lines that betray a bug. */
export function bugLinesOf(text: string): string[] {
  return text.split("\n").filter((line) => NEVER.test(line));
}

/** Log files read as one. */
export class TestLog {
  readonly #paths: () => readonly string[];
  readonly #announce: (pattern: RegExp) => void;

  /** `announce` is told of the worst lines a test waits for. */
  constructor(
    paths: () => readonly string[],
    announce: (pattern: RegExp) => void,
  ) {
    this.#paths = paths;
    this.#announce = announce;
  }

  /** Everything so far. */
  get text(): string {
    return this.#paths().map(readText).join("");
  }

  /** The lines so far that match. */
  lines(pattern: RegExp): string[] {
    return this.text.split("\n").filter((line) => pattern.test(line));
  }

  /** How many lines there are that match: where `expect` may go on from. */
  count(pattern: RegExp): number {
    return this.lines(pattern).length;
  }

  /** Wait for the line number `nth` (1 is the first) that matches. */
  async expect(pattern: RegExp, nth = 1): Promise<string> {
    return await until(() => this.lines(pattern)[nth - 1], {
      what: `line ${nth} of the log with ${pattern}`,
    });
  }

  /** Wait for a line of level alert or emerg, which is then no failure. */
  async expectAlert(pattern: RegExp, nth = 1): Promise<string> {
    this.#announce(pattern);
    return await this.expect(pattern, nth);
  }
}

/** A file's text; one that is not there has none. */
export function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
