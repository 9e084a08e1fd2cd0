/**
 * An HTTP/1.1 client on one plain socket, TCP or Unix: what a test needs to
 * see that fetch hides, which is when a connection is kept, announced to end
 * and closed. One request at a time, each response read whole.
 */

import { within } from "./until.ts";

/** Where to connect. */
export type Target =
  | { readonly hostname?: string; readonly port: number }
  | { readonly path: string };

/** One response. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Whether the server announced that it closes the connection. */
  readonly closes: boolean;
}

const WITHIN_MS = 20_000;

/** Ask one thing on a connection of its own. */
export async function ask(target: Target, path = "/"): Promise<Answer> {
  using connection = await HttpConnection.open(target);
  return await connection.request(path, { close: true });
}

/** Whether nobody listens there. */
export async function isRefused(target: Target): Promise<boolean> {
  try {
    (await HttpConnection.open(target)).close();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return true;
    // Accepted, and its listener closed before connect() returned.
    if (error instanceof Deno.errors.ConnectionReset) return false;
    throw error;
  }
}

/** An open connection; closed at the end of its `using`. */
export class HttpConnection implements Disposable {
  readonly #socket: Deno.Conn;
  #bytes = "";
  #ended = false;

  private constructor(socket: Deno.Conn) {
    this.#socket = socket;
  }

  /** Connect. */
  static async open(target: Target): Promise<HttpConnection> {
    const socket = "path" in target
      ? await Deno.connect({ transport: "unix", path: target.path })
      : await Deno.connect({ hostname: "127.0.0.1", ...target });
    return new HttpConnection(socket);
  }

  /** Send a GET without waiting for the answer. */
  async send(path = "/", { close = false } = {}): Promise<void> {
    const connection = close ? "Connection: close\r\n" : "";
    await this.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${connection}\r\n`,
    );
  }

  /** Send any bytes. */
  async write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#socket.write(bytes.subarray(sent));
    }
  }

  /** Send a GET and read the answer. */
  async request(path = "/", options: { close?: boolean } = {}): Promise<
    Answer
  > {
    await this.send(path, options);
    return await this.answer();
  }

  /** Read one response. */
  async answer(): Promise<Answer> {
    return await within(this.#answer(), {
      what: () => `an answer, after ${JSON.stringify(this.#bytes)}`,
      withinMs: WITHIN_MS,
    });
  }

  /** Read the head of one response and leave its body. */
  async head(): Promise<string> {
    return await within(this.#until("\r\n\r\n"), {
      what: () => `a head, after ${JSON.stringify(this.#bytes)}`,
      withinMs: WITHIN_MS,
    });
  }

  /** Read the chunked body after a head. */
  async chunked(): Promise<string> {
    const body = this.#body(new Map([["transfer-encoding", "chunked"]]));
    return await within(body, {
      what: () => `a whole body, after ${JSON.stringify(this.#bytes)}`,
      withinMs: WITHIN_MS,
    });
  }

  /** Wait for the end; a reset is the other outcome. */
  async closed(): Promise<"end" | "reset"> {
    return await within(this.#closed(), {
      what: "the end of the connection",
      withinMs: WITHIN_MS,
    });
  }

  /** Close it; once is enough. */
  close(): void {
    try {
      this.#socket.close();
    } catch {
      // Closed before.
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #closed(): Promise<"end" | "reset"> {
    try {
      while (await this.#read());
      return "end";
    } catch {
      return "reset";
    }
  }

  async #answer(): Promise<Answer> {
    const head = await this.#until("\r\n\r\n");
    const [first = "", ...lines] = head.trimEnd().split("\r\n");
    const status = Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(first)?.[1]);
    const headers = new Map(lines.map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }));
    const body = await this.#body(headers);
    return { status, headers, body, closes: isClose(headers) };
  }

  async #body(headers: ReadonlyMap<string, string>): Promise<string> {
    const length = headers.get("content-length");
    if (length !== undefined) return await this.#take(Number(length));
    if (headers.get("transfer-encoding") !== "chunked") return "";
    let body = "";
    for (;;) {
      const size = parseInt(await this.#until("\r\n"), 16);
      const chunk = await this.#take(size + 2);
      if (size === 0) return body;
      body += chunk.slice(0, -2);
    }
  }

  async #until(end: string): Promise<string> {
    for (;;) {
      const at = this.#bytes.indexOf(end);
      if (at !== -1) return await this.#take(at + end.length);
      if (!await this.#read()) throw this.#endedEarly();
    }
  }

  async #take(count: number): Promise<string> {
    while (this.#bytes.length < count) {
      if (!await this.#read()) throw this.#endedEarly();
    }
    const taken = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.slice(count);
    return taken;
  }

  #endedEarly(): Error {
    return new Error(`the connection ended after "${this.#bytes}"`);
  }

  /** Read what has come; false at the end. */
  async #read(): Promise<boolean> {
    if (this.#ended) return false;
    const buffer = new Uint8Array(65_536);
    const count = await this.#socket.read(buffer);
    this.#ended = count === null;
    this.#bytes += latin1.decode(buffer.subarray(0, count ?? 0));
    return !this.#ended;
  }
}

/** Bytes as characters, so that lengths stay what they were. */
const latin1 = new TextDecoder("latin1");

function isClose(headers: ReadonlyMap<string, string>): boolean {
  return headers.get("connection")?.toLowerCase() === "close";
}
