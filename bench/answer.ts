/**
 * Finds ports and waits for answers: the two things every driver needs from the
 * network. A port comes from the kernel just before it is used, because most
 * programs cannot say which one they got.
 */

import { ResponseReader } from "./response.ts";

const RETRY_MS = 1;
const EXCHANGE_MS = 2000;
const request = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
);

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/**
 * Asks until there is a full 200, a millisecond between tries; returns
 * performance.now() at that moment. Throws when `withinMs` is over, or when
 * `failed` says that there will be no answer.
 */
export async function firstAnswer(
  port: number,
  options: {
    readonly withinMs: number;
    readonly failed: () => string | undefined;
    /** The PEM file of a server that speaks TLS. */
    readonly certificate?: string | undefined;
  },
): Promise<number> {
  const deadline = performance.now() + options.withinMs;
  while (!await isAnswered(port, options.certificate)) {
    const reason = options.failed();
    if (reason !== undefined || performance.now() > deadline) {
      throw new Error(reason ?? `no answer within ${options.withinMs} ms`);
    }
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }
  return performance.now();
}

/** One request on a connection of its own; true when it got a full 200. */
export async function isAnswered(
  port: number,
  certificate?: string,
): Promise<boolean> {
  let socket: Deno.Conn;
  try {
    socket = await connect(port, certificate);
  } catch {
    return false;
  }
  // A program that takes the connection and never answers must not hang us.
  const limit = setTimeout(() => closeQuietly(socket), EXCHANGE_MS);
  try {
    return await exchange(socket);
  } catch {
    return false;
  } finally {
    clearTimeout(limit);
    closeQuietly(socket);
  }
}

function connect(port: number, certificate?: string): Promise<Deno.Conn> {
  const address = { hostname: "127.0.0.1", port };
  if (certificate === undefined) return Deno.connect(address);
  const caCerts = [Deno.readTextFileSync(certificate)];
  return Deno.connectTls({ ...address, caCerts });
}

async function exchange(socket: Deno.Conn): Promise<boolean> {
  const reader = new ResponseReader();
  const buffer = new Uint8Array(4096);
  await socket.write(request);
  for (;;) {
    const count = await socket.read(buffer);
    const state = count === null
      ? reader.end()
      : reader.push(buffer.subarray(0, count));
    if (state === "complete") {
      return reader.status === 200;
    }
    if (count === null || state === "broken") {
      return false;
    }
  }
}

function closeQuietly(socket: Deno.Conn): void {
  try {
    socket.close();
  } catch {
    // Closed by the limit already.
  }
}
