/** Headers of both versions, whole, in pieces and broken. */

import { assert, assertEquals } from "@std/assert";
import { parseProxyHeader, type ProxyHeader } from "./proxy_protocol.ts";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A version 2 header around `block`. */
function binary(command: number, family: number, block: string): string {
  const { length } = block;
  const numbers = [command, family, length >> 8, length & 255];
  return SIGNATURE + String.fromCharCode(...numbers) + block;
}

function parse(text: string): ProxyHeader {
  return parseProxyHeader(bytesOf(text));
}

function kindOf(text: string): string {
  return parse(text).kind;
}

const INET = "\x0a\0\0\x01\x0a\0\0\x02\x30\x39\0\x50";
const INET6 = `\x20\x01\x0d\xb8${"\0".repeat(11)}\x01${"\0".repeat(16)}` +
  "\x30\x39\x01\xbb";

const GOOD: readonly (readonly [string, unknown, boolean?])[] = [
  ["PROXY TCP4 10.0.0.1 10.0.0.2 12345 80\r\n", ["10.0.0.1", 12345]],
  ["PROXY TCP6 2001:DB8::1 ::2 0 65535\r\n", ["2001:db8::1", 0]],
  ["PROXY UNKNOWN\r\n", undefined],
  ["PROXY UNKNOWN ffff:f...f 1 2 3\r\n", undefined],
  [binary(0x21, 0x11, INET), ["10.0.0.1", 12345]],
  [binary(0x21, 0x12, INET), ["10.0.0.1", 12345]],
  [binary(0x21, 0x21, INET6), ["2001:db8::1", 12345]],
  [binary(0x21, 0x11, `${INET}\x04\0\x03abc`), ["10.0.0.1", 12345]],
  [
    binary(0x21, 0x11, `${INET}\x20\0\x05\x01\0\0\0\0`),
    ["10.0.0.1", 12345],
    true,
  ],
  [
    binary(0x21, 0x11, `${INET}\x20\0\x05\x02\0\0\0\0`),
    ["10.0.0.1", 12345],
    false,
  ],
  [binary(0x21, 0x31, "/run/x".padEnd(216, "\0")), "/run/x"],
  [binary(0x21, 0x31, "\0abstract".padEnd(216, "\0")), ""],
  [binary(0x21, 0x31, "p".repeat(216)), "p".repeat(108)],
  [binary(0x20, 0x11, INET), undefined],
  [binary(0x20, 0x00, ""), undefined],
  [binary(0x21, 0x00, "anything at all"), undefined],
  [binary(0x21, 0x10, "x"), undefined],
];

Deno.test("parseProxyHeader() finds the source, and what follows", () => {
  for (const [text, expected, isTls = false] of GOOD) {
    const header = parse(`${text}GET / HTTP/1.1\r\n`);
    assert(header.kind === "done", text);
    assertEquals(header.bytes, text.length);
    const { source } = header;
    const found = source?.kind === "tcp"
      ? [source.hostname, source.port]
      : source?.path;
    assertEquals(found, expected, text);
    assertEquals(header.isTls, isTls, text);
  }
});

Deno.test("parseProxyHeader() waits for all of a header", () => {
  for (const [text] of GOOD) {
    for (let length = 0; length < text.length; length++) {
      assertEquals(kindOf(text.slice(0, length)), "needMore", text);
    }
  }
});

Deno.test("parseProxyHeader() refuses what is none, at once", () => {
  const lines = [
    "GET / HTTP/1.1\r\n",
    "PROXY",
    "PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
    "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n",
    "PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n",
    "PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n",
    "PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n",
    "PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n",
    "PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n",
    "PROXY TCP4 1.1.1.256 1.1.1.1 1 1\r\n",
    "PROXY TCP4 ::1 ::1 1 1\r\n",
    "PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n",
    "PROXY TCP6 ::1 ::g 1 1\r\n",
    "PROXY TCP5 ::1 ::1 1 1\r\n",
    "PROXY UNKNOWNX\r\n",
    "proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
    `PROXY UNKNOWN ${"x".repeat(92)}\r\n`,
    `PROXY ${"x".repeat(101)}`,
  ];
  for (const line of lines) {
    assertEquals(kindOf(line), line === "PROXY" ? "needMore" : "broken", line);
  }
  const blocks = [
    binary(0x11, 0x11, INET),
    binary(0x22, 0x11, INET),
    binary(0x21, 0x41, INET),
    binary(0x21, 0x13, INET),
    binary(0x21, 0x11, INET.slice(1)),
    binary(0x21, 0x21, INET),
    binary(0x21, 0x31, "/run/x".padEnd(215, "\0")),
    binary(0x21, 0x11, `${INET}\x04\0\x04abc`),
    binary(0x21, 0x11, `${INET}\x04\0`),
    binary(0x21, 0x00, "x".repeat(4081)),
    "\r\n\r\n\0\r\nQUIT\r\n",
    "\x16\x03\x01",
  ];
  for (const block of blocks) assertEquals(kindOf(block), "broken", block);
});
