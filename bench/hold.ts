/**
 * A program that keeps many idle connections: each asks once and stays. For
 * each byte on standard input all ask again; at its end they close.
 *
 *     deno run --allow-net bench/hold.ts '{"port": 8080, …}'
 *
 * Prints one line of JSON for the first time and for each that follows.
 */

import { ResponseReader } from "./response.ts";

/** The argument, as JSON. */
export interface HoldOptions {
  readonly port: number;
  readonly connections: number;
}

/** What came of asking on each connection once. */
export interface HoldReport {
  /** Full answers with 200. */
  readonly answered: number;
  readonly ms: number;
}

/** How many connect, or ask, at a time. */
const AT_ONCE = 64;

const REQUEST = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
);

/** One request; false when no full 200 came. */
async function ask(socket: Deno.TcpConn): Promise<boolean> {
  const reader = new ResponseReader();
  const buffer = new Uint8Array(2048);
  try {
    await socket.write(REQUEST);
    for (;;) {
      const count = await socket.read(buffer);
      if (count === null) return false;
      const state = reader.push(buffer.subarray(0, count));
      if (state === "complete") return reader.status === 200;
      if (state === "broken") return false;
    }
  } catch {
    return false;
  }
}

/** Runs `act` for each number below `count`, some at a time. */
async function forEach(
  count: number,
  act: (index: number) => Promise<boolean>,
): Promise<HoldReport> {
  const beganMs = performance.now();
  let next = 0;
  let answered = 0;
  const line = async (): Promise<void> => {
    while (next < count) if (await act(next++)) answered++;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
  return { answered, ms: performance.now() - beganMs };
}

async function print(report: HoldReport): Promise<void> {
  const text = `${JSON.stringify(report)}\n`;
  await Deno.stdout.write(new TextEncoder().encode(text));
}

async function main({ port, connections }: HoldOptions): Promise<void> {
  const sockets: (Deno.TcpConn | undefined)[] = [];
  const open = async (index: number): Promise<boolean> => {
    try {
      const socket = await Deno.connect({ hostname: "127.0.0.1", port });
      sockets[index] = socket;
      return await ask(socket);
    } catch {
      return false;
    }
  };
  const askAgain = async (index: number): Promise<boolean> => {
    const socket = sockets[index];
    return socket !== undefined && await ask(socket);
  };
  await print(await forEach(connections, open));
  const byte = new Uint8Array(1);
  while (await Deno.stdin.read(byte) !== null) {
    await print(await forEach(connections, askAgain));
  }
  Deno.exit(0);
}

if (import.meta.main) {
  await main(JSON.parse(Deno.args[0] ?? "") as HoldOptions);
}
