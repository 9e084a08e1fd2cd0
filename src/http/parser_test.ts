/**
 * The runtime's parser, as parser.ts relies on it: what it reports and when,
 * and that it is strict. Each refusal here is one that nothing else makes.
 */

import { assert, assertEquals } from "@std/assert";
import { type ParsedHead, RequestParser } from "./parser.ts";

/** What was reported for `chunks`, and how the last one ended. */
function parse(...chunks: string[]): { seen: string[]; end: string | number } {
  const seen: string[] = [];
  const decoder = new TextDecoder("latin1");
  const parser = new RequestParser({
    onBegin: () => seen.push("begin"),
    onHead: (head) => seen.push(`head ${describe(head)}`),
    onBody: (chunk) => seen.push(`body ${decoder.decode(chunk)}`),
    onEnd: () => seen.push("end"),
  }, 32_768);
  let end: string | number = 0;
  for (const chunk of chunks) {
    const bytes = Uint8Array.from(chunk, (char) => char.charCodeAt(0));
    const parsed = parser.execute(bytes);
    end = parsed.ok ? parsed.bytes : parsed.failure.code;
  }
  parser.close();
  return { seen, end };
}

function describe(head: ParsedHead): string {
  const { method, target, rawHeaders, keepsAlive, upgrades } = head;
  const flags = `${keepsAlive ? "keeps" : "closes"}${upgrades ? " up" : ""}`;
  return `${method} ${target} ${rawHeaders.length} ${flags}`;
}

const GET = "GET / HTTP/1.1\r\n";
const POST = "POST / HTTP/1.1\r\n";

Deno.test("RequestParser reports a message whole or in pieces", () => {
  const text = `${POST}Host: a\r\nContent-Length: 3\r\n\r\nabc`;
  const expected = ["begin", "head POST / 4 keeps", "body abc", "end"];
  assertEquals(parse(text).seen, expected);
  const pieces = parse(...text.slice(0, -3), text.slice(-3));
  assertEquals(pieces.seen, expected);
});

Deno.test("RequestParser reports messages one after the other", () => {
  const { seen } = parse(
    `${GET}\r\n${POST}Content-Length: 1\r\n\r\nx${GET}\r\n`,
  );
  assertEquals(seen, [
    ...["begin", "head GET / 0 keeps", "end"],
    ...["begin", "head POST / 2 keeps", "body x", "end"],
    ...["begin", "head GET / 0 keeps", "end"],
  ]);
});

Deno.test("RequestParser gathers heads of many lines, and no trailers", () => {
  const many = Array.from({ length: 70 }, (_, n) => `h${n}: v\r\n`).join("");
  assertEquals(
    parse(`GET /x HTTP/1.1\r\n${many}\r\n`).seen[1],
    "head GET /x 140 keeps",
  );
  const chunked = `${POST}Transfer-Encoding: chunked\r\n\r\n` +
    "1\r\na\r\n0\r\nTrailer: t\r\n\r\n" + `${GET}\r\n`;
  assertEquals(parse(chunked).seen, [
    ...["begin", "head POST / 2 keeps", "body a", "end"],
    ...["begin", "head GET / 0 keeps", "end"],
  ]);
});

Deno.test("RequestParser stops where another protocol begins", () => {
  const head = `${GET}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  const { seen, end } = parse(`${head}RAW`);
  assertEquals(seen, ["begin", "head GET / 4 keeps up", "end"]);
  assertEquals(end, head.length);
});

Deno.test("RequestParser says when a head is too large", () => {
  const big = `${GET}A: ${"b".repeat(40_000)}\r\n\r\n`;
  assertEquals(parse(big).end, "HPE_HEADER_OVERFLOW");
});

/** Requests that two readers could understand differently, or that are none. */
const REFUSED: Readonly<{ [what: string]: string }> = {
  "a length and a coding":
    `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
  "a coding and a length":
    `${POST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n`,
  "two lengths": `${POST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
  "a list of lengths": `${POST}Content-Length: 3, 3\r\n\r\nabc`,
  "a signed length": `${POST}Content-Length: +3\r\n\r\nabc`,
  "a negative length": `${POST}Content-Length: -3\r\n\r\nabc`,
  "an unknown coding": `${POST}Transfer-Encoding: xchunked\r\n\r\n`,
  "a coding that is not chunked last":
    `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n`,
  "chunked twice":
    `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
  "bare LF": "GET / HTTP/1.1\nHost: x\n\n",
  "bare LF after a header": `${GET}Host: x\nA: b\r\n\r\n`,
  "bare LF at the end": `${GET}Host: x\r\n\n`,
  "bare CR": `${GET}Host: x\rA: b\r\n\r\n`,
  "obs-fold": `${GET}A: b\r\n c\r\n\r\n`,
  "a space before the colon": `${GET}Host : x\r\n\r\n`,
  "a space before a name": `${GET} Host: x\r\n\r\n`,
  "NUL in a value": `${GET}Host: x\0y\r\n\r\n`,
  "an empty name": `${GET}: x\r\n\r\n`,
  "a space in the target": "GET /a b HTTP/1.1\r\n\r\n",
  "a tab in the request line": "GET\t/ HTTP/1.1\r\n\r\n",
  "raw bytes in the target": "GET /\xe9 HTTP/1.1\r\n\r\n",
  "LF in chunks": `${POST}Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n`,
  "LF in a chunk extension":
    `${POST}Transfer-Encoding: chunked\r\n\r\n3;a\nb\r\nabc\r\n0\r\n\r\n`,
  "a chunk size that overflows":
    `${POST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`,
  "a chunk size with a prefix":
    `${POST}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n`,
  "a chunk longer than its size":
    `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n`,
  "an unknown method": "FOO / HTTP/1.1\r\n\r\n",
  "a method in lower case": "get / HTTP/1.1\r\n\r\n",
  "HTTP/2's preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a TLS record": "\x16\x03\x01\x02\x00\x01\x00",
};

for (const [what, text] of Object.entries(REFUSED)) {
  Deno.test(`RequestParser refuses ${what}`, () => {
    const { end } = parse(text);
    assert(typeof end === "string" && end.startsWith("HPE_"), String(end));
  });
}
