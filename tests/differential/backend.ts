/**
 * Answers that wait: what makes a request of either program last exactly as
 * long as a scenario wants. nginx is a proxy of it, procmgr's app asks it.
 * It sends the head and half of the body at once, the rest when released.
 */

const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" +
  "Content-Type: text/plain\r\nConnection: close\r\n\r\nfirst";
const REST = "-last";

/** The other end of every request under `/held/`. */
export class Backend {
  readonly #listener: Deno.UnixListener;
  readonly #held = new Map<string, Deno.UnixConn[]>();
  readonly #open = new Set<Deno.UnixConn>();
  readonly #released = new Set<string>();
  #isClosed = false;

  constructor(path: string) {
    this.#listener = Deno.listen({ transport: "unix", path });
    // Workers may be somebody else.
    Deno.chmodSync(path, 0o777);
    this.#accept();
  }

  /** The answer of this name, present and to come, is finished. */
  async release(name: string): Promise<void> {
    this.#released.add(name);
    const held = this.#held.get(name) ?? [];
    this.#held.delete(name);
    await Promise.all(held.map((one) => this.#finish(one)));
  }

  /** The end of it, and of all that was held; once is enough. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    for (const one of this.#open) closeQuietly(one);
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#open.add(connection);
        this.#answer(connection).catch(() => this.#drop(connection));
      }
    } catch {
      // Closed: the scenario is over.
    }
  }

  async #answer(connection: Deno.UnixConn): Promise<void> {
    const name = await nameAsked(connection);
    await connection.write(new TextEncoder().encode(HEAD));
    if (this.#released.has(name)) return await this.#finish(connection);
    this.#held.set(name, [...this.#held.get(name) ?? [], connection]);
  }

  async #finish(connection: Deno.UnixConn): Promise<void> {
    try {
      await connection.write(new TextEncoder().encode(REST));
    } catch {
      // The one who asked is gone.
    }
    this.#drop(connection);
  }

  #drop(connection: Deno.UnixConn): void {
    this.#open.delete(connection);
    closeQuietly(connection);
  }
}

/** The last part of the path asked for. */
async function nameAsked(connection: Deno.UnixConn): Promise<string> {
  let head = "";
  const chunk = new Uint8Array(4096);
  while (!head.includes("\r\n\r\n")) {
    const count = await connection.read(chunk);
    if (count === null) throw new Error("asked for nothing");
    head += new TextDecoder().decode(chunk.subarray(0, count));
  }
  return /^GET \/held\/(\S+) /.exec(head)?.[1] ?? "";
}

function closeQuietly(connection: Deno.UnixConn): void {
  try {
    connection.close();
  } catch {
    // Closed before.
  }
}
