/**
 * Bytes that nobody meant: random ones, and requests with a few bytes changed,
 * in random pieces. Whatever comes, the answers are HTTP with a status that
 * can be explained, the connection ends, and the worker lives.
 * The seed is fixed; `PROCMGR_TEST_SEED` chooses another.
 */

import { assert, assertEquals } from "@std/assert";
import { createPrng, type Prng } from "../../src/base/prng.ts";
import { resolveHttp } from "../../src/config/http.ts";
import { RawClient } from "../support/raw_client.ts";
import { within } from "../support/until.ts";
import { WorkerProcess } from "../support/worker_process.ts";

const SEED = Number(Deno.env.get("PROCMGR_TEST_SEED") ?? 20_261_124);
const ROUNDS = 600;
const AT_ONCE = 12;

const TEMPLATES = [
  "GET /a?b=c HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
  "POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  "POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
  "5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n",
  "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n" +
  "Content-Length: 2\r\n\r\nok",
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

const PARTS = [
  "\r\n",
  "\n",
  "\r",
  "\0",
  " ",
  "\t",
  ":",
  "Content-Length: 1\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Host: b\r\n",
  "HTTP/1.1",
  "ffffffffffffffff",
  "-1",
  "\xff",
  "%00",
  "//",
];

/** What a client may be told; a 500 would be a bug of ours or the app's. */
const STATUSES = [100, 200, 400, 405, 408, 413, 414, 417, 501, 505];

function mutate(text: string, prng: Prng): string {
  let mutated = text;
  for (let times = 1 + prng.int(3); times > 0; times--) {
    const at = prng.int(mutated.length + 1);
    const before = mutated.slice(0, at);
    const after = mutated.slice(at);
    const part = PARTS[prng.int(PARTS.length)] ?? "";
    const random = String.fromCharCode(prng.int(256));
    mutated = [
      before + part + after,
      before + random + after.slice(1),
      before + after.slice(1 + prng.int(8)),
      before + after.slice(0, 10) + after,
    ][prng.int(4)] ?? text;
  }
  return mutated;
}

function bytesFor(prng: Prng): string {
  if (prng.int(10) === 0) {
    const count = prng.int(3000);
    return Array.from({ length: count }, () => {
      return String.fromCharCode(prng.int(256));
    }).join("");
  }
  const count = 1 + prng.int(3);
  return Array.from({ length: count }, () => {
    const template = TEMPLATES[prng.int(TEMPLATES.length)] ?? "";
    return prng.int(4) === 0 ? template : mutate(template, prng);
  }).join("");
}

function piecesOf(text: string, prng: Prng): Uint8Array[] {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + prng.int(prng.int(2) === 0 ? 8 : bytes.length);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** All that came until the end. */
async function talk(port: number, pieces: Uint8Array[]): Promise<string> {
  using client = await RawClient.connect(port);
  try {
    for (const piece of pieces) await client.sendBytes(piece);
  } catch {
    // Refused in the middle.
  }
  client.closeWrite();
  return await client.rest(10_000);
}

function check(answer: string, what: string): void {
  if (answer === "") return;
  assert(answer.startsWith("HTTP/1.1 "), `${what}: ${answer}`);
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+) [A-Z]/g)];
  for (const [, status] of statuses) {
    assert(STATUSES.includes(Number(status)), `${what}: ${answer}`);
  }
}

Deno.test(`nothing of ${ROUNDS} fuzzed connections hurts`, async () => {
  await using worker = await WorkerProcess.start({
    app: "http_app.ts",
    config: {
      http: resolveHttp((name) =>
        name === "client_header_timeout" ? "2s" : undefined
      ),
    },
  });
  const prng = createPrng(SEED);
  for (let round = 0; round < ROUNDS; round += AT_ONCE) {
    const texts = Array.from({ length: AT_ONCE }, () => bytesFor(prng));
    await Promise.all(texts.map(async (text, index) => {
      const what = `seed ${SEED}, ${round + index}: ${JSON.stringify(text)}`;
      const answer = talk(worker.port, piecesOf(text, prng));
      check(await within(answer, { what }), what);
    }));
  }
  using client = await RawClient.connect(worker.port);
  assertEquals((await client.get("/alive")).body, "path /alive");
  client.close();
  await worker.expectOpen(0);
  assert(!/\[(error|alert|emerg)\]/.test(worker.log), worker.log);
  worker.quit();
  assertEquals(await worker.exited, { kind: "code", code: 0 });
});
