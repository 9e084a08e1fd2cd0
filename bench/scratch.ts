/**
 * What a run leaves behind: nothing. The temp folder, the processes that were
 * started, and their end, on success, on failure and on Ctrl-C.
 *
 * Every process is ended by its pid: first those that were registered, with all
 * below them, then whatever still carries the run's mark in its environment.
 */

import {
  descendantsOf,
  isAlive,
  MARK,
  markedProcesses,
} from "./process_table.ts";

const TERMINATE_MS = 3000;
const POLL_MS = 10;
const SWEEPS_MAX = 3;

/** One run's folder and processes. */
export class Scratch {
  /** The temp folder, removed at the end. */
  readonly dir: string = Deno.makeTempDirSync({ prefix: "procmgr_bench_" });
  /** The value of the mark. */
  readonly mark: string = crypto.randomUUID();
  readonly #pids = new Set<number>();
  #folders = 0;
  #clearing: Promise<void> | undefined;

  /** A new folder for one server. */
  folder(name: string): string {
    this.checkOpen();
    const path = `${this.dir}/${name}_${++this.#folders}`;
    Deno.mkdirSync(path);
    return path;
  }

  /** The environment of every process of the run. */
  get env(): Record<string, string> {
    return { [MARK]: this.mark, NO_COLOR: "1" };
  }

  /** Throws once the run is ending, when nothing may be started any more. */
  checkOpen(): void {
    if (this.#clearing !== undefined) {
      throw new Error("the run is ending");
    }
  }

  /** Remembers a process to be ended. */
  register(pid: number): void {
    this.#pids.add(pid);
  }

  /** Forgets a process that has ended by itself: its pid may be reused. */
  forget(pid: number): void {
    this.#pids.delete(pid);
  }

  /** Ends a process and all below it: TERM, and KILL after three seconds. */
  async end(pid: number): Promise<void> {
    const all = [pid, ...descendantsOf(pid)];
    kill(pid, "SIGTERM");
    if (!await until(() => !all.some(isAlive), TERMINATE_MS)) {
      all.filter(isAlive).forEach((one) => kill(one, "SIGKILL"));
      await until(() => !all.some(isAlive), TERMINATE_MS);
    }
    this.#pids.delete(pid);
  }

  /** Ends everything, removes the folder; safe to call twice. */
  clear(): Promise<void> {
    this.#clearing ??= this.#clear();
    return this.#clearing;
  }

  async #clear(): Promise<void> {
    await Promise.all([...this.#pids].map((pid) => this.end(pid)));
    // A program may start another while it is being ended.
    for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
      for (const pid of markedProcesses(this.mark)) {
        await this.end(pid);
      }
    }
    await removeFolder(this.dir);
  }
}

/** Tries again, since a dying process may still write into it. */
async function removeFolder(dir: string): Promise<void> {
  const removed = await until(async () => {
    try {
      await Deno.remove(dir, { recursive: true });
      return true;
    } catch (error) {
      return error instanceof Deno.errors.NotFound;
    }
  }, TERMINATE_MS);
  if (!removed) {
    throw new Error(`could not remove ${dir}`);
  }
}

/** Polls until the condition holds; false when the time is up. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!await condition()) {
    if (performance.now() > deadline) {
      return false;
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  return true;
}

/** Sends a signal; a process that is gone is no error. */
export function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw error;
    }
  }
}
