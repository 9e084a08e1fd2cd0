/**
 * The load generator as a process against servers that do one thing wrong: it
 * must count just that, for all of the reload measure rests on it.
 */

import { assert, assertEquals } from "@std/assert";
import { startLoad } from "./load_client.ts";
import { type LoadReport, lostTotal } from "./load_report.ts";
import type { LoadOptions } from "./load.ts";
import { Scratch, until } from "./scratch.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LAST = OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
const encoder = new TextEncoder();

/** Answers request `count` (from 1) of a connection; null closes it. */
type Reply = (count: number) => string | null;

async function serve(socket: Deno.TcpConn, reply: Reply): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    for (let count = 1; await socket.read(buffer) !== null; count++) {
      const text = reply(count);
      if (text !== null) {
        await socket.write(encoder.encode(text));
      }
      if (text === null || text !== OK) {
        break;
      }
    }
    socket.close();
  } catch {
    // The client went away.
  }
}

/** Loads such a server until it was asked forty times. */
async function load(
  reply: Reply,
  options: Partial<LoadOptions> = {},
): Promise<LoadReport> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let replies = 0;
  const accepting = (async () => {
    for await (const socket of listener) {
      serve(socket, (count) => {
        replies++;
        return reply(count);
      });
    }
  })();
  const scratch = new Scratch();
  try {
    const running = startLoad(scratch, {
      port: listener.addr.port,
      connections: 2,
      mode: "keepalive",
      timeoutMs: 5000,
      ...options,
    });
    assert(await until(() => replies >= 40, 10_000));
    return await running.stop();
  } finally {
    listener.close();
    await accepting;
    await scratch.clear();
  }
}

Deno.test("the load loses nothing on a server that loses nothing", async () => {
  const report = await load(() => OK);
  assertEquals([lostTotal(report), report.connections], [0, 2]);
  assert(report.answered >= 40);
});

Deno.test("the load honours Connection: close", async () => {
  const report = await load((count) => count < 5 ? OK : LAST);
  assertEquals(lostTotal(report), 0);
  assert(report.closes >= 2);
  assert(report.connections > 2);
});

Deno.test("the load counts requests that got no answer", async () => {
  const report = await load((count) => count < 5 ? OK : null);
  assertEquals(lostTotal(report), report.lost.closed + report.lost.reset);
  assert(lostTotal(report) >= 4);
  assertEquals(report.examples[0]?.includes("request 5"), true);
});

Deno.test("the load counts answers that were cut short", async () => {
  const report = await load(() => OK.slice(0, -1));
  assertEquals([report.answered, report.lost.closed], [0, 0]);
  assert(report.lost.truncated >= 40);
});

Deno.test("the load counts answers that are not 200", async () => {
  const report = await load(() => LAST.replace("200", "503"));
  assertEquals(report.answered, 0);
  assertEquals(lostTotal(report), report.lost.status);
});

Deno.test("the load asks once per connection when told to", async () => {
  const report = await load(() => OK, { mode: "close" });
  assertEquals(lostTotal(report), 0);
  assert(report.connections >= report.answered);
});

Deno.test("the load counts refused connections", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const scratch = new Scratch();
  try {
    const running = startLoad(scratch, {
      port,
      connections: 1,
      mode: "keepalive",
      timeoutMs: 1000,
    });
    // Each connection tries once, even when it is told to stop at once.
    const report = await running.stop();
    assertEquals([report.answered, report.connections], [0, 0]);
    assert(report.lost.refused > 0);
    assertEquals(lostTotal(report), report.lost.refused);
  } finally {
    await scratch.clear();
  }
});
