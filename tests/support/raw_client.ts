/**
 * An HTTP/1.1 client of bytes on one TCP connection: what a test needs to see
 * keep-alive, aborts and half-sent requests, which fetch hides.
 */

import { within } from "./until.ts";

/** One response as it came. */
export interface RawResponse {
  readonly status: number;
  readonly statusLine: string;
  /** Lines as sent: "Name: value". */
  readonly headerLines: readonly string[];
  readonly body: string;
}

/** What is read before the end or before the client stops waiting. */
const READ_MS = 5000;

export class RawClient implements Disposable {
  readonly #connection: Deno.TcpConn;
  #buffer = "";
  #isClosed = false;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(port: number): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(text: string): Promise<void> {
    await this.sendBytes(new TextEncoder().encode(text));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    let sent = 0;
    while (sent < bytes.length) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  async get(path: string): Promise<RawResponse> {
    await this.send(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
    return await this.response();
  }

  /** Read one response whose length is known, is chunked or ends the stream. */
  async response(method = "GET"): Promise<RawResponse> {
    const head = await this.#until(/\r\n\r\n/);
    const [statusLine = "", ...headerLines] = head.trimEnd().split("\r\n");
    const find = (name: string): string | undefined =>
      headerLines.find((line) => line.toLowerCase().startsWith(`${name}:`))
        ?.split(": ")[1];
    const status = Number(statusLine.split(" ")[1]);
    const length = find("content-length");
    let body = "";
    const isBodiless = method === "HEAD" || status === 204 || status === 304;
    if (!isBodiless && length !== undefined) body = await this.#take(+length);
    else if (!isBodiless && find("transfer-encoding") === "chunked") {
      body = await this.#chunks();
    }
    return { status, statusLine, headerLines, body };
  }

  /** What has come so far, up to and with `pattern`. */
  async readUntil(pattern: RegExp): Promise<string> {
    return await this.#until(pattern);
  }

  /** Read once, and forget what came; how much that was. */
  async readSome(): Promise<number> {
    if (this.#buffer === "") await this.#read(performance.now() + READ_MS);
    const { length } = this.#buffer;
    this.#buffer = "";
    return length;
  }

  /** Wait for the end of the stream; what came before it. */
  async rest(withinMs = READ_MS): Promise<string> {
    const deadline = performance.now() + withinMs;
    while (!this.#isClosed) await this.#read(deadline);
    return this.#buffer;
  }

  /** Whether the server closed the connection within `withinMs`. */
  async isClosedWithin(withinMs: number): Promise<boolean> {
    try {
      await this.rest(withinMs);
      return true;
    } catch {
      return false;
    }
  }

  /** Half of it: nothing more will be sent. */
  closeWrite(): void {
    this.#connection.closeWrite().catch(() => {});
  }

  close(): void {
    try {
      this.#connection.close();
    } catch {
      // Closed before.
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #chunks(): Promise<string> {
    let body = "";
    for (;;) {
      const size = parseInt(await this.#until(/\r\n/), 16);
      const chunk = await this.#take(size + 2);
      if (size === 0) return body;
      body += chunk.slice(0, -2);
    }
  }

  async #until(pattern: RegExp): Promise<string> {
    const deadline = performance.now() + READ_MS;
    for (;;) {
      const match = pattern.exec(this.#buffer);
      if (match !== null) {
        return await this.#take(match.index + match[0].length);
      }
      if (this.#isClosed) throw new Error(`EOF after "${this.#buffer}"`);
      await this.#read(deadline);
    }
  }

  async #take(length: number): Promise<string> {
    const deadline = performance.now() + READ_MS;
    while (this.#buffer.length < length) {
      if (this.#isClosed) throw new Error(`EOF after "${this.#buffer}"`);
      await this.#read(deadline);
    }
    const taken = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    return taken;
  }

  #pending: Promise<void> | undefined;

  /** Read once; a read that is not over in time goes on for the next call. */
  async #read(deadline: number): Promise<void> {
    this.#pending ??= this.#readOnce().finally(() => this.#pending = undefined);
    await within(this.#pending, {
      what: () => `more than "${this.#buffer}"`,
      withinMs: Math.max(0, deadline - performance.now()),
    });
  }

  async #readOnce(): Promise<void> {
    const chunk = new Uint8Array(65_536);
    try {
      const count = await this.#connection.read(chunk);
      if (count === null) this.#isClosed = true;
      else this.#buffer += decoder.decode(chunk.subarray(0, count));
    } catch {
      this.#isClosed = true;
    }
  }
}

/** Bytes as characters: lengths stay what they were. */
const decoder = new TextDecoder("latin1");
