/**
 * What every measure is given: the programs that can run here, the settings,
 * and the one rule about failures: a program that fails costs its own row and
 * is said aloud, never the whole run.
 */

import type { Driver, Server } from "./driver.ts";
import type { Settings } from "./flags.ts";
import type { Scratch } from "./scratch.ts";

/** The programs and the settings of a run. */
export interface Context {
  readonly scratch: Scratch;
  readonly settings: Settings;
  /** procmgr by the command of the source tree. */
  readonly procmgr: Driver;
  /** procmgr by a plain `deno run`. */
  readonly procmgrRun: Driver;
  /** procmgr by `deno task start`. */
  readonly procmgrTask: Driver;
  /** procmgr on a copy of deno that the bench itself does not map. */
  readonly procmgrAlone: Driver;
  readonly raw: Driver;
  /** The others that are installed. */
  readonly peers: readonly Driver[];
  /** The others that are not, and why. */
  readonly missing: readonly { readonly name: string; readonly why: string }[];
  /** What has failed so far; each is said once. */
  readonly failures: Set<string>;
  /** Tells the person who waits; not part of the results. */
  say(text: string): void;
}

/** Runs one step for one program; a failure is said and becomes undefined. */
export async function attempt<T>(
  context: Context,
  driver: Driver,
  step: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    // Ctrl-C ends the programs under us: that is no failure of theirs.
    context.scratch.checkOpen();
    const reason = error instanceof Error ? error.message : String(error);
    const failure = `${driver.name}: FAILED: ${
      reason.replaceAll(context.scratch.dir, "…").replaceAll(/_\d+/g, "")
    }`;
    // The folders of two tries differ by a number only.
    if (!context.failures.has(failure)) {
      context.failures.add(failure);
      context.say(failure);
    }
    return undefined;
  }
}

/** Starts a server, waits for all its workers, and stops it after `step`. */
export async function withServer<T>(
  context: Context,
  options: { readonly driver: Driver; readonly workers: number },
  step: (server: Server) => Promise<T>,
): Promise<T | undefined> {
  const { driver, workers } = options;
  return await attempt(context, driver, async () => {
    const server = await driver.start(context.scratch, workers);
    try {
      await server.settle();
      return await step(server);
    } finally {
      await server.stop();
    }
  });
}

/** The rows of the programs that are not here, for a table of this width. */
export function missingRows(context: Context, columns: number): string[][] {
  return context.missing.map(({ name, why }) => [
    name,
    ...Array<string>(columns - 2).fill("-"),
    why,
  ]);
}

/** Waits; the machine is meant to be left alone meanwhile. */
export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
