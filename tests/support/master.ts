/**
 * A started procmgr, as a test handles it: signals, reloads, requests, its
 * workers, its log, its end. Made by `Scene.start` (harness.ts), which also
 * looks at what is left when the test is over.
 *
 * What workers there are is asked of the kernel, not of the log.
 */

import { assertEquals } from "@std/assert";
import type { Exit } from "../../src/base/exit.ts";
import { type Answer, ask, HttpConnection } from "./http_client.ts";
import type { TestLog } from "./log.ts";
import { childrenOf, fdCountOf, fdsOf, titleOf } from "./proc.ts";
import type { Outcome, Program } from "./program.ts";
import { until, within } from "./until.ts";

/** What a master is made of. */
export interface MasterParts {
  readonly program: Program;
  readonly log: TestLog;
  /** The arguments that name its configuration. */
  readonly args: readonly string[];
  /** Run procmgr's command line to its end. */
  readonly run: (args: readonly string[]) => Promise<Outcome>;
}

/** An end as it should be. */
export const DONE: Exit = { kind: "code", code: 0 };

/** As long as nothing changes for this, nothing is under way. */
const QUIET_MS = 60;

const DRAINING = "worker process is shutting down";

/** A procmgr that was started. */
export class Master {
  readonly pid: number;
  readonly log: TestLog;
  readonly #parts: MasterParts;
  #fdsAtStart: number | undefined;
  #fdsChange: number | undefined = 0;
  #exitSeen = false;

  constructor(parts: MasterParts) {
    this.#parts = parts;
    this.pid = parts.program.pid;
    this.log = parts.log;
  }

  /** Wait for `generation` to serve; notes its descriptors the first time. */
  async ready(generation = 1): Promise<void> {
    const line = new RegExp(`generation ${generation} is ready`);
    await until(() => {
      if (this.exit !== undefined) {
        throw new Error(
          `ended with ${JSON.stringify(this.exit)} before generation ` +
            `${generation} was ready`,
        );
      }
      return this.log.count(line) > 0;
    }, { what: `generation ${generation}` });
    this.#fdsAtStart ??= await this.#settledFds();
  }

  /** How it ended; undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#parts.program.exit;
  }

  /** The port of the address number `index` it said it listens on. */
  port(index = 0): number {
    const ports = this.log.lines(/ listening on /).flatMap((line) =>
      [...line.matchAll(/(?:\d|\]):(\d+)(?=,|$)/g)].map(([, port]) =>
        Number(port)
      )
    );
    const port = ports[index];
    if (port === undefined) throw new Error(`no address number ${index}`);
    return port;
  }

  signal(signal: Deno.Signal): void {
    Deno.kill(this.pid, signal);
  }

  /** procmgr's own command line, for this master's configuration. */
  async command(...args: readonly string[]): Promise<Outcome> {
    return await this.#parts.run([...this.#parts.args, ...args]);
  }

  /** Reload and wait until it is done, whichever way. */
  async tryReload(): Promise<Outcome> {
    return await this.command("--signal", "reload", "--wait");
  }

  /** A reload that must succeed. */
  async reload(): Promise<Outcome> {
    const outcome = await this.tryReload();
    assertEquals(outcome.code, 0, outcome.stderr);
    return outcome;
  }

  /** Its living children. */
  children(): number[] {
    return childrenOf(this.pid);
  }

  /** The workers that do not drain, in order of their pids. */
  workers(): number[] {
    return this.children().filter((pid) => {
      const title = titleOf(pid);
      return title.startsWith("procmgr: worker process") &&
        title !== `procmgr: ${DRAINING}`;
    });
  }

  /** The workers that drain. */
  draining(): number[] {
    return this.children().filter((pid) => titleOf(pid).endsWith(DRAINING));
  }

  /** Wait for `count` workers and nobody else. */
  async settled(count: number): Promise<number[]> {
    return await until(() => {
      const workers = this.workers();
      const isSettled = workers.length === count &&
        this.children().length === count;
      return isSettled && workers;
    }, { what: `${count} workers and nobody else` });
  }

  /** Wait until `pid` is no child any more. */
  async gone(pid: number): Promise<void> {
    await until(() => !this.children().includes(pid), {
      what: `the end of worker ${pid}`,
    });
  }

  /** Ask one thing on a connection of its own. */
  async request(path = "/", index = 0): Promise<Answer> {
    return await ask({ port: this.port(index) }, path);
  }

  /** Open a connection that stays. */
  async holdConnection(index = 0): Promise<HttpConnection> {
    return await HttpConnection.open({ port: this.port(index) });
  }

  /** Wait for the end; the test then has to say how it should be. */
  async ended(): Promise<Exit> {
    const exit = await within(this.#parts.program.exited, {
      what: "the end of the master",
    });
    this.#exitSeen = true;
    return exit;
  }

  /** Stop it (SIGTERM unless said otherwise) and look how it ended. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    await this.#checkFds();
    if (this.exit === undefined) this.signal(signal);
    assertEquals(await this.ended(), DONE);
  }

  /** This test changes the count of descriptors by `change`; undefined: any. */
  expectFds(change: number | undefined): void {
    this.#fdsChange = change;
  }

  /** What every test ends with: it stops well, unless the test saw its end. */
  async finish(): Promise<void> {
    if (!this.#exitSeen) await this.stop();
  }

  /** Descriptors come and go while children are born: wait for quiet. */
  async #settledFds(): Promise<number> {
    let count = -1;
    let sameSince = 0;
    return await until(() => {
      const now = performance.now();
      const counted = fdCountOf(this.pid);
      if (counted !== count) sameSince = now;
      count = counted;
      return now - sameSince >= QUIET_MS && count;
    }, { what: "a steady count of descriptors" });
  }

  /** No more descriptors than after the start. */
  async #checkFds(): Promise<void> {
    const start = this.#fdsAtStart;
    if (start === undefined || this.#fdsChange === undefined) return;
    if (this.exit !== undefined) return;
    const wanted = start + this.#fdsChange;
    await until(() => fdCountOf(this.pid) <= wanted, {
      what: () => {
        const fds = [...fdsOf(this.pid)].map((fd) => fd.join(" ")).join("\n");
        return `at most ${wanted} descriptors, there are:\n${fds}`;
      },
      withinMs: 3000,
    });
  }
}
