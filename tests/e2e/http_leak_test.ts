/**
 * Thousands of clients that go away at every point of a request: no
 * connection, no descriptor and no memory stays behind.
 */

import { assert, assertEquals } from "@std/assert";
import { fdCountOf, statusOf } from "../support/proc.ts";
import { RawClient } from "../support/raw_client.ts";
import { until } from "../support/until.ts";
import { WorkerProcess } from "../support/worker_process.ts";

const HOST = "Host: a\r\n";
const UPLOAD = `POST /text HTTP/1.1\r\n${HOST}Content-Length: 100000\r\n\r\n`;
const CHUNKS =
  `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;

/** What is sent, and what of the answer is read, before the client goes. */
const GONE: readonly (readonly [string, RegExp?])[] = [
  [""],
  ["G"],
  [`GET / HTTP/1.1\r\n${HOST}`],
  [`GET / HTTP/1.1\r\n${HOST}\r\n`],
  [`GET / HTTP/1.1\r\n${HOST}\r\n`, /path/],
  [`GET /slow HTTP/1.1\r\n${HOST}\r\n`],
  [`GET /pull HTTP/1.1\r\n${HOST}\r\n`, /xxx/],
  [`GET /pull HTTP/1.1\r\n${HOST}\r\n`],
  [UPLOAD],
  [UPLOAD + "x".repeat(50_000)],
  [CHUNKS + "5\r\nabcde\r\n", /abcde/],
  [`${CHUNKS}5\r\nab`],
  [`POST /abort-before HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\n`],
  [`POST /abort-during HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\na`],
  [`GET /slow HTTP/1.1\r\n${HOST}\r\n`.repeat(20)],
  ["GARBAGE\r\n\r\n", / 400 /],
  ["GARBAGE\r\n\r\n"],
];

const AT_ONCE = 34;
const ROUNDS = 30;

async function leave(port: number, kind: number): Promise<void> {
  const [text, pattern] = GONE[kind % GONE.length] ?? [""];
  using client = await RawClient.connect(port);
  await client.send(text).catch(() => {});
  if (pattern !== undefined) await client.readUntil(pattern);
}

async function round(worker: WorkerProcess, rounds: number): Promise<void> {
  for (let done = 0; done < rounds; done++) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, kind) => leave(worker.port, kind)),
    );
  }
  await worker.expectOpen(0);
}

function residentBytes(pid: number): number {
  return Number.parseInt(statusOf(pid, "VmRSS") ?? "0") * 1024;
}

Deno.test(`${3 * AT_ONCE * ROUNDS} clients that go leave nothing`, async () => {
  await using worker = await WorkerProcess.start({ app: "http_app.ts" });
  const fds = fdCountOf(worker.pid);
  await round(worker, ROUNDS);
  const warm = residentBytes(worker.pid);
  await round(worker, ROUNDS);
  await round(worker, ROUNDS);
  await until(() => fdCountOf(worker.pid) <= fds, {
    what: () => `${fds} descriptors, not ${fdCountOf(worker.pid)}`,
  });
  const grown = residentBytes(worker.pid) - warm;
  assert(grown < 40_000_000, `${grown} bytes more after twice as many`);
  assert(!/\[(error|alert|emerg)\]/.test(worker.log), worker.log);
  worker.quit();
  assertEquals(await worker.exited, { kind: "code", code: 0 });
  assert(!/open socket|left open/i.test(worker.log), worker.log);
});

Deno.test("2000 connections at once come and go", async () => {
  await using worker = await WorkerProcess.start({ app: "http_app.ts" });
  for (let time = 0; time < 4; time++) {
    const clients = await Promise.all(
      Array.from({ length: 500 }, () => RawClient.connect(worker.port)),
    );
    await worker.expectOpen(500);
    const statuses = await Promise.all(clients.map(async (client) => {
      return (await client.get("/")).status;
    }));
    assertEquals(new Set(statuses), new Set([200]));
    for (const client of clients) client.close();
    await worker.expectOpen(0);
  }
});
