/**
 * Clients in a process of their own, which ends with a report when it is told
 * to stop; `using` them stops them.
 */

/** Running clients. */
export class Clients<Report> implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #finish: (process: Deno.ChildProcess) => Promise<Report>;
  #report: Promise<Report> | undefined;

  /** `finish` tells the process to stop, and reads what it reports. */
  constructor(
    process: Deno.ChildProcess,
    finish: (process: Deno.ChildProcess) => Promise<Report>,
  ) {
    this.#process = process;
    this.#finish = finish;
  }

  /** Let what is outstanding finish; the same report each time. */
  stop(): Promise<Report> {
    return this.#report ??= this.#finish(this.#process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
    } catch {
      this.#process.kill("SIGKILL");
      await this.#process.status;
    }
  }
}
