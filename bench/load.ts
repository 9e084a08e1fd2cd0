/**
 * The load generator: a program of its own, so that measuring does not wait for
 * the harness and the harness not for it.
 *
 *     deno run --allow-net --allow-run bench/load.ts '{"port": 8080, …}'
 *
 * Each connection asks for one thing at a time (no pipelining) over a plain
 * socket and honours `Connection: close`; load_report.ts says what a loss is.
 * Runs until a line or the end comes on standard input, lets what is
 * outstanding finish, and prints a LoadReport as one line of JSON.
 */

import type { Loss } from "./load_report.ts";
import { Tally } from "./load_tally.ts";
import { ResponseReader } from "./response.ts";

/** The argument, as JSON. */
export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Many requests per connection, or one. */
  readonly mode: "keepalive" | "close";
  /** A request without a full answer after this is lost. */
  readonly timeoutMs: number;
  /** Kill this process after a while, and time the next answer. */
  readonly kill?: { readonly pid: number; readonly afterMs: number };
}

interface Live {
  readonly socket: Deno.TcpConn;
  readonly reader: ResponseReader;
  /** When connect() was called. */
  readonly openedMs: number;
  /** When the outstanding request was sent; 0: none is. */
  sentMs: number;
  expired: boolean;
}

const SWEEP_MS = 50;
const RETRY_MS = 2;
const FINISH_MS = 10_000;

class Load {
  readonly tally = new Tally(performance.now());
  readonly #options: LoadOptions;
  readonly #request: Uint8Array<ArrayBuffer>;
  readonly #live = new Set<Live>();
  #stopping = false;
  #timeoutMs: number;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs;
    const connection = options.mode === "close" ? "Connection: close\r\n" : "";
    this.#request = new TextEncoder().encode(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${options.port}\r\n${connection}\r\n`,
    );
  }

  /** Runs every connection until stop(). */
  async run(): Promise<void> {
    const sweep = setInterval(() => this.#sweep(), SWEEP_MS);
    await Promise.all(
      Array.from({ length: this.#options.connections }, () => this.#repeat()),
    );
    clearInterval(sweep);
  }

  /** No new requests; the outstanding ones have a while to finish. */
  stop(): void {
    this.#stopping = true;
    this.#timeoutMs = Math.min(this.#timeoutMs, FINISH_MS);
  }

  async #repeat(): Promise<void> {
    const buffer = new Uint8Array(16_384);
    while (!this.#stopping) {
      const live = await this.#open();
      if (live === undefined) {
        await new Promise((done) => setTimeout(done, RETRY_MS));
        continue;
      }
      this.#live.add(live);
      await this.#converse(live, buffer);
      this.#live.delete(live);
      closeQuietly(live.socket);
    }
  }

  async #open(): Promise<Live | undefined> {
    const openedMs = performance.now();
    try {
      const socket = await Deno.connect({
        hostname: "127.0.0.1",
        port: this.#options.port,
      });
      socket.setNoDelay(true);
      this.tally.opened();
      return {
        socket,
        reader: new ResponseReader(),
        openedMs,
        sentMs: 0,
        expired: false,
      };
    } catch (error) {
      if (isLocal(error)) {
        this.tally.failedHere();
      } else {
        this.tally.lose(connectLoss(error), {
          openedMs,
          nowMs: performance.now(),
          detail: `: connect: ${String(error)}`,
        });
      }
      return undefined;
    }
  }

  async #converse(live: Live, buffer: Uint8Array): Promise<void> {
    for (let count = 1; !this.#stopping; count++) {
      live.sentMs = performance.now();
      const loss = await this.#exchange(live, buffer);
      const nowMs = performance.now();
      if (loss !== undefined) {
        const after = Math.round(nowMs - live.sentMs);
        const detail = `, request ${count} of its connection, ${after} ms` +
          (loss === "status" ? `, status ${live.reader.status}` : "");
        this.tally.lose(loss, { openedMs: live.openedMs, nowMs, detail });
        return;
      }
      live.sentMs = 0;
      this.tally.answered(live.openedMs, nowMs);
      if (!live.reader.keepAlive) {
        this.tally.closeAnnounced();
      }
      if (!live.reader.keepAlive || this.#options.mode === "close") {
        return;
      }
      live.reader.take();
    }
  }

  async #exchange(live: Live, buffer: Uint8Array): Promise<Loss | undefined> {
    try {
      // A request is far smaller than a socket buffer, so one write takes it.
      await live.socket.write(this.#request);
      for (;;) {
        const count = await live.socket.read(buffer);
        const state = count === null
          ? live.reader.end()
          : live.reader.push(buffer.subarray(0, count));
        if (state === "complete") {
          return live.reader.status === 200 ? undefined : "status";
        }
        if (state === "broken") {
          return "broken";
        }
        if (count === null) {
          return state === "empty" ? "closed" : "truncated";
        }
      }
    } catch {
      return live.expired ? "timeout" : "reset";
    }
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const live of this.#live) {
      if (live.sentMs > 0 && nowMs - live.sentMs > this.#timeoutMs) {
        live.expired = true;
        closeQuietly(live.socket);
      }
    }
  }
}

function closeQuietly(socket: Deno.TcpConn): void {
  try {
    socket.close();
  } catch {
    // The sweep closed it already.
  }
}

function isLocal(error: unknown): boolean {
  return error instanceof Deno.errors.AddrNotAvailable ||
    (error instanceof Error && error.message.includes("os error 24"));
}

function connectLoss(error: unknown): Loss {
  if (error instanceof Deno.errors.ConnectionRefused) {
    return "refused";
  }
  return error instanceof Deno.errors.ConnectionReset ? "reset" : "failed";
}

async function main(): Promise<void> {
  const options: LoadOptions = JSON.parse(Deno.args[0] ?? "{}");
  const load = new Load(options);
  const running = load.run();
  const { kill } = options;
  if (kill !== undefined) {
    setTimeout(() => {
      load.tally.killed(performance.now());
      Deno.kill(kill.pid, "SIGKILL");
    }, kill.afterMs);
  }
  await Deno.stdin.read(new Uint8Array(1));
  load.stop();
  await running;
  const report = JSON.stringify(load.tally.report(performance.now()));
  await Deno.stdout.write(new TextEncoder().encode(`${report}\n`));
  // A pending kill must not outlive the run.
  Deno.exit(0);
}

if (import.meta.main) {
  await main();
}
