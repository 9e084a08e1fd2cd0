/**
 * A client's connection, read from the moment it is open, and what became of
 * it in a few words that two programs can be compared by.
 */

import { until } from "../support/until.ts";

/** How long an outcome is waited for. */
const OUTCOME_MS = 15_000;

/** Many look at the same time, and a look is not for nothing. */
const LOOK_MS = 25;

const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n";

/** What there was on a connection of one's own for one request. */
export async function get(port: number, withinMs: number): Promise<string> {
  const client = await Client.connect(port);
  if (client === undefined) return "refused";
  try {
    await client.send(`${GET}Connection: close\r\n\r\n`);
    const outcome = await client.outcome(withinMs);
    return outcome.replace(/, close$/, "");
  } finally {
    client.close();
  }
}

/** One open connection. */
export class Client {
  readonly #socket: Deno.TcpConn;
  #text = "";
  #hasEnded = false;

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
    this.#read();
  }

  /** undefined: refused. */
  static async connect(port: number): Promise<Client | undefined> {
    try {
      return new Client(await Deno.connect({ hostname: "127.0.0.1", port }));
    } catch {
      return undefined;
    }
  }

  /** Send it, if anybody is still there. */
  async send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#socket.write(bytes.subarray(sent));
      }
    } catch {
      // The reader sees the end.
    }
  }

  /** A whole request that leaves the connection open. */
  async ask(): Promise<void> {
    await this.send(`${GET}\r\n`);
  }

  /** The beginning of a request, to be finished by `finishHalf`. */
  async askHalf(): Promise<void> {
    await this.send(GET.slice(0, 7));
  }

  /** The other half. */
  async finishHalf(): Promise<void> {
    await this.send(`${GET.slice(7)}\r\n`);
  }

  /** Wait for a pattern in what came, or for the end: whether it came. */
  async hears(pattern: RegExp, withinMs: number): Promise<boolean> {
    await orLate(() => pattern.test(this.#text) || this.#hasEnded, withinMs);
    return pattern.test(this.#text);
  }

  /**
   * What the next response was: "200 whole", "200 cut", "closed" when not a
   * byte of it came, "timeout" when nothing happened; ", close" when it was
   * announced to be the last. It is taken off what was heard.
   */
  async outcome(withinMs: number = OUTCOME_MS): Promise<string> {
    await orLate(
      () => wholeLength(this.#text) !== undefined || this.#hasEnded,
      withinMs,
    );
    const length = wholeLength(this.#text);
    const response = this.#text.slice(0, length);
    this.#text = this.#text.slice(response.length);
    if (response === "") return this.#hasEnded ? "closed" : "timeout";
    const status = /^HTTP\/1\.1 (\d+)/.exec(response)?.[1] ?? "garbage";
    const saysClose = /^connection: close\r$/im.test(response);
    const end = saysClose ? ", close" : "";
    if (length !== undefined) return `${status} whole${end}`;
    return this.#hasEnded ? `${status} cut` : `${status} timeout`;
  }

  /** Whether the other end closes it in time. */
  async closes(withinMs: number): Promise<boolean> {
    return await orLate(() => this.#hasEnded, withinMs);
  }

  close(): void {
    try {
      this.#socket.close();
    } catch {
      // Closed before.
    }
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(16_384);
    try {
      for (;;) {
        const count = await this.#socket.read(chunk);
        if (count === null) break;
        this.#text += latin1.decode(chunk.subarray(0, count));
      }
    } catch {
      // Reset, or closed by us.
    }
    this.#hasEnded = true;
  }
}

/** Whether it came true in time. */
export async function orLate(
  holds: () => boolean | Promise<boolean>,
  withinMs: number,
): Promise<boolean> {
  try {
    await until(holds, { what: "an outcome", withinMs, everyMs: LOOK_MS });
    return true;
  } catch {
    return false;
  }
}

/** Bytes as characters: lengths stay what they were. */
const latin1 = new TextDecoder("latin1");

/** Where the first response ends; undefined while it is not whole. */
export function wholeLength(text: string): number | undefined {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const body = head + 4;
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, body))?.[1];
  if (length !== undefined) {
    const end = body + Number(length);
    return end <= text.length ? end : undefined;
  }
  if (!/^transfer-encoding: chunked\r$/im.test(text.slice(0, body))) {
    return body;
  }
  const last = text.indexOf("0\r\n\r\n", body);
  return last === -1 ? undefined : last + 5;
}
