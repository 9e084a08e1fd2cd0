/**
 * Requests that two readers could understand differently, and other bytes that
 * are no HTTP: each is answered once, with nginx's status or a stricter one,
 * and its connection closed, so that what follows is never taken for a
 * request. The worker lives, and the next client is served.
 */

import { assert, assertEquals } from "@std/assert";
import { RawClient } from "../support/raw_client.ts";
import { WorkerProcess } from "../support/worker_process.ts";

/** A name, what is sent, and the status that refuses it. */
type Attack = readonly [name: string, bytes: string, status: number];

const HEAD = "POST /text HTTP/1.1\r\nHost: a\r\n";
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const GET = "GET / HTTP/1.1\r\n";

/** Lines of a POST's head, with a body that fits one way to read them. */
const FRAMING: readonly Attack[] = [
  ["two lengths", "Content-Length: 3\r\nContent-Length: 4", 400],
  ["the same length twice", "Content-Length: 3\r\nContent-Length: 3", 400],
  ["a list of lengths", "Content-Length: 3, 3", 400],
  ["a length with a plus", "Content-Length: +3", 400],
  ["a negative length", "Content-Length: -3", 400],
  ["a length in hex", "Content-Length: 0x3", 400],
  ["a length in parts", "Content-Length: 1 2", 400],
  ["an empty length", "Content-Length:", 400],
  ["a length beyond 64 bits", `Content-Length: ${"9".repeat(30)}`, 400],
  ["a length beyond doubles", "Content-Length: 9007199254740993", 413],
  ["a space before the colon", "Content-Length : 3", 400],
  [
    "a length and chunks",
    "Content-Length: 3\r\nTransfer-Encoding: chunked",
    400,
  ],
  [
    "chunks and a length",
    "Transfer-Encoding: chunked\r\nContent-Length: 3",
    400,
  ],
  [
    "chunked twice",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    400,
  ],
  ["chunked of chunked", "Transfer-Encoding: chunked, chunked", 400],
  ["chunked and no more", "Transfer-Encoding: chunked, gzip", 400],
  ["another coding first", "Transfer-Encoding: gzip, chunked", 501],
  ["identity", "Transfer-Encoding: identity", 501],
  ["xchunked", "Transfer-Encoding: xchunked", 501],
  ["a coding with parameters", "Transfer-Encoding: chunked;x=1", 501],
  ["a quoted coding", 'Transfer-Encoding: "chunked"', 501],
  ["an empty coding", "Transfer-Encoding:", 501],
  ["an empty element", "Transfer-Encoding: , chunked", 501],
  [
    "a coding with a space before its colon",
    "Transfer-Encoding : chunked",
    400,
  ],
  ["a folded coding", "Transfer-Encoding:\r\n chunked", 400],
  [
    "a coding that continues a line",
    "X: a\r\n Transfer-Encoding: chunked",
    400,
  ],
  ["a coding after a vertical tab", "Transfer-Encoding: \x0bchunked", 400],
  ["a coding with a NUL", "Transfer-Encoding: chunked\0", 400],
  ["a coding behind a bare CR", "X: a\rTransfer-Encoding: chunked", 400],
  ["a coding behind a bare LF", "X: a\nTransfer-Encoding: chunked", 400],
  ["an expectation of something else", "Expect: x\r\nContent-Length: 3", 417],
];

const HEADS: readonly Attack[] = [
  ["bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400],
  ["bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400],
  ["bare LF in the head", `${GET}Host: a\nX: b\r\n\r\n`, 400],
  ["bare LF at the end", `${GET}Host: a\r\n\n`, 400],
  ["a bare CR in the head", `${GET}Host: a\rX: b\r\n\r\n`, 400],
  ["a bare CR in a value", `${GET}Host: a\r\nX: a\rb\r\n\r\n`, 400],
  ["two CR", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400],
  ["a folded line", `${GET}Host: a\r\nX: a\r\n b\r\n\r\n`, 400],
  ["a line folded by a tab", `${GET}Host: a\r\nX: a\r\n\tb\r\n\r\n`, 400],
  ["a first line that continues", `${GET} X: a\r\nHost: a\r\n\r\n`, 400],
  ["a NUL in a value", `${GET}Host: a\r\nX: a\0b\r\n\r\n`, 400],
  ["a NUL in a name", `${GET}Host: a\r\nX\0: ab\r\n\r\n`, 400],
  ["a control in a value", `${GET}Host: a\r\nX: \x01\r\n\r\n`, 400],
  ["a line without a colon", `${GET}Host: a\r\nXab\r\n\r\n`, 400],
  ["a line without a name", `${GET}Host: a\r\n: ab\r\n\r\n`, 400],
  ["a space in a name", `${GET}Host: a\r\nX Y: ab\r\n\r\n`, 400],
  ["no host", `${GET}\r\n`, 400],
  ["an empty host", `${GET}Host:\r\n\r\n`, 400],
  ["two hosts", `${GET}Host: a\r\nHost: b\r\n\r\n`, 400],
  ["a host with a space", `${GET}Host: a b\r\n\r\n`, 400],
  ["a host with a path", `${GET}Host: a/b\r\n\r\n`, 400],
  ["a host with a user", `${GET}Host: u@a\r\n\r\n`, 400],
  ["a host with no port", `${GET}Host: a:99999\r\n\r\n`, 400],
  [
    "a target with a user",
    "GET http://u:p@b/ HTTP/1.1\r\nHost: b\r\n\r\n",
    400,
  ],
  ["a target elsewhere", "GET ftp://b/ HTTP/1.1\r\nHost: b\r\n\r\n", 400],
  ["a target without a slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a star for a GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a control in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["tabs for spaces", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a method of nobody", "FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a tunnel", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405],
  ["HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505],
  ["HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
  ["HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505],
  ["HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400],
  ["http/1.1", "GET / http/1.1\r\nHost: a\r\n\r\n", 400],
  ["RTSP", "DESCRIBE / RTSP/1.0\r\nHost: a\r\n\r\n", 400],
  ["chunks in HTTP/1.0", `${CHUNKED.replace("1.1", "1.0")}0\r\n\r\n`, 400],
  ["a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
  ["a space first", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
];

const CHUNKS: readonly Attack[] = [
  ["a size ended by LF", "3\nabc\r\n0\r\n\r\n", 400],
  ["an extension ended by LF", "3;a\nabc\r\n0\r\n\r\n", 400],
  ["data ended by LF", "3\r\nabc\n0\r\n\r\n", 400],
  ["data that goes on", "3\r\nabcd0\r\n\r\n", 400],
  ["a negative size", "-3\r\nabc\r\n0\r\n\r\n", 400],
  ["a size with 0x", "0x3\r\nabc\r\n0\r\n\r\n", 400],
  ["a size beyond 64 bits", "fffffffffffffffff\r\nabc", 400],
  ["a size with a space", "3 \r\nabc\r\n0\r\n\r\n", 400],
  ["a size behind a space", " 3\r\nabc\r\n0\r\n\r\n", 400],
  ["no number for a size", "zz\r\n", 400],
  ["no size", "\r\nabc\r\n0\r\n\r\n", 400],
  ["a length in the trailer", "0\r\nContent-Length: 5\r\n\r\n", 400],
  ["a coding in the trailer", "0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
  ["a trailer without a colon", "0\r\nbad trailer\r\n\r\n", 400],
];

const ATTACKS: readonly Attack[] = [
  ...HEADS,
  ...FRAMING.map(([name, lines, status]): Attack => {
    return [name, `${HEAD}${lines}\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, status];
  }),
  ...CHUNKS.map(([name, bytes, status]): Attack => {
    return [`chunks: ${name}`, CHUNKED + bytes, status];
  }),
];

/** A request that must never be answered. */
const SMUGGLED = "GET /status HTTP/1.1\r\nHost: a\r\n\r\n";

Deno.test("what can be read in two ways is refused and closed", async (t) => {
  await using worker = await WorkerProcess.start({ app: "worker_app.ts" });
  using bystander = await RawClient.connect(worker.port);
  for (const [name, bytes, status] of ATTACKS) {
    await t.step(name, async () => {
      using client = await RawClient.connect(worker.port);
      await client.sendBytes(latin1(bytes + SMUGGLED));
      const response = await client.response();
      assertEquals(response.status, status);
      assert(response.headerLines.includes("Connection: close"));
      assertEquals(await client.rest(), "", "nothing else is answered");
      assertEquals((await bystander.get("/")).status, 200);
    });
  }
  assert(!/\[(error|alert|emerg)\]/.test(worker.log), worker.log);
});

Deno.test("what is odd and clear is served", async (t) => {
  await using worker = await WorkerProcess.start({ app: "worker_app.ts" });
  const body = "\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  const served: readonly (readonly [string, string, string])[] = [
    ["a coding in odd case", `${HEAD}Transfer-Encoding: cHuNkEd${body}`, "abc"],
    [
      "a coding after a tab",
      `${HEAD}Transfer-Encoding:\tchunked${body}`,
      "abc",
    ],
    ["an extension", `${CHUNKED}3;a=b\r\nabc\r\n0\r\n\r\n`, "abc"],
    ["a trailer", `${CHUNKED}3\r\nabc\r\n0\r\nX: y\r\n\r\n`, "abc"],
    ["empty lines first", "\r\n\r\nGET /this HTTP/1.1\r\nHost: a\r\n\r\n", "k"],
    [
      "a method beyond fetch's",
      "QUERY /method HTTP/1.1\r\nHost: a\r\n\r\n",
      "Q",
    ],
    ["bytes beyond ASCII", `${GET}Host: a\r\nX: \xe9\r\n\r\n`, "Hello"],
  ];
  for (const [name, bytes, start] of served) {
    await t.step(name, async () => {
      using client = await RawClient.connect(worker.port);
      await client.sendBytes(latin1(bytes));
      const { status, body } = await client.response();
      assertEquals(status, 200);
      assert(body.startsWith(start), body);
      assertEquals((await client.get("/status")).status, 418);
    });
  }
});

/** Each character is the byte of its number. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
