/** Headless Chromium with one page open, and what that page says. */

import { killAll, processesOf } from "./proc.ts";
import { until } from "./until.ts";

/** Quiet, without what a server has nothing to do with; root may run it. */
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  ...["--no-first-run", "--disable-background-networking", "--disable-sync"],
  ...["--disable-component-update", "--disable-quic", "--no-proxy-server"],
  // Certificates of tests are nobody's.
  "--ignore-certificate-errors",
];

/** A browser starts slowly on a busy machine. */
const HEARS_WITHIN_MS = 40_000;
const ENDS_WITHIN_MS = 5000;

/** A browser; ends with its `await using`. */
export class Browser implements AsyncDisposable {
  /** What the page posted to `report`, in order. */
  readonly said: string[] = [];
  /** In the environment of all its processes. */
  readonly #mark = crypto.randomUUID();
  readonly #ears: Deno.HttpServer<Deno.NetAddr>;
  #process: Deno.ChildProcess | undefined;

  constructor() {
    const quiet = { hostname: "127.0.0.1", port: 0, onListen: (): void => {} };
    this.#ears = Deno.serve(quiet, async (request) => {
      this.said.push(await request.text());
      return new Response();
    });
  }

  /** Where the page posts what it sees. */
  get report(): string {
    return `http://127.0.0.1:${this.#ears.addr.port}/`;
  }

  /** Open a page; `profile` is a folder that it makes. */
  open(url: string, profile: string): void {
    this.#process = new Deno.Command("chromium", {
      args: [...FLAGS, `--user-data-dir=${profile}`, url],
      env: { PROCMGR_TEST_BROWSER: this.#mark },
      detached: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Wait for a line from number `from` on; answers with the number after. */
  async hears(line: RegExp, from = 0): Promise<number> {
    return await until(() => {
      const at = this.said.findIndex((one, at) => at >= from && line.test(one));
      return at !== -1 && at + 1;
    }, {
      what: () => `${line} from line ${from} on, heard ${this.said.join(", ")}`,
      withinMs: HEARS_WITHIN_MS,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const process = this.#process;
    if (process !== undefined) await this.#end(process);
    await this.#ears.shutdown();
  }

  /** None of its processes may write into the profile any more. */
  async #end(process: Deno.ChildProcess): Promise<void> {
    const left = (): number[] => processesOf(this.#mark, [process.pid]);
    process.kill("SIGTERM");
    await until(() => left().length === 0, {
      what: "the browser's end",
      withinMs: ENDS_WITHIN_MS,
    }).catch(() => killAll(left()));
    await process.status;
  }
}
