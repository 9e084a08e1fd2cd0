/**
 * Whatever a client sends, its line is one line, and its fields are its own;
 * whatever is written as a format, it is compiled or refused in words.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compileFormat, variableNames } from "../../src/log/access.ts";
import type { AccessRecord } from "../../src/log/access_record.ts";

const PLACE = { pid: 1, hostname: "host", offsetMinutes: -210 };

/** Bytes as HTTP heads are read, and now and then what is no byte. */
const bytes = fc.oneof(
  fc.string(),
  fc.uint8Array({ maxLength: 20 }).map((all) => String.fromCharCode(...all)),
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom("\n", '"', "\\", "\r\n", '" 200 ', "%0a", "-", "\u2028"),
);
const pairs = fc.array(bytes, { maxLength: 6 });
const count = fc.nat({ max: 2 ** 40 });

const record: fc.Arbitrary<AccessRecord> = fc.record({
  timeMs: fc.integer({ min: 0, max: 4e12 }),
  durationMs: fc.double({ min: -10, max: 1e9, noNaN: true }),
  remoteAddress: fc.constantFrom("", "::1", "127.0.0.1"),
  remotePort: fc.nat({ max: 65_535 }),
  peerAddress: fc.constantFrom("", "10.0.0.1"),
  peerPort: fc.nat({ max: 65_535 }),
  serverAddress: fc.constantFrom("", "0.0.0.0"),
  serverPort: fc.nat({ max: 65_535 }),
  method: bytes,
  target: bytes,
  protocol: bytes,
  scheme: fc.constantFrom("http", "https"),
  status: fc.integer({ min: 100, max: 599 }),
  bytesSent: count,
  bodyBytesSent: count,
  requestLength: count,
  requestHeaders: fc.tuple(pairs, bytes, bytes, bytes).map(
    ([some, referer, userAgent, authorization]) => [
      ...["Referer", referer, "User-Agent", userAgent, "Host", referer],
      ...["Authorization", authorization, ...some],
    ],
  ),
  responseHeaders: pairs,
  connection: count,
  connectionRequests: count,
  isComplete: fc.boolean(),
  tlsProtocol: bytes,
  tlsCipher: bytes,
  tlsServerName: bytes,
  tlsAlpn: bytes,
});

const COMBINED =
  /^\S+ - [!#-[\]-~ \\]+ \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d -0330\] "[^"]*" \d{3} \d+ "[^"]*" "[^"]*"\n$/;

Deno.test("a combined line has its fields, and is printable ASCII", () => {
  const compiled = compileFormat("combined");
  assert(compiled.ok);
  fc.assert(fc.property(record, (one) => {
    const line = compiled.format(one, PLACE);
    assert(COMBINED.test(line), line);
    assert(/^[ -~]*\n$/.test(line), line);
  }));
});

Deno.test("a JSON line is one object that says what came", () => {
  const compiled = compileFormat("json");
  assert(compiled.ok);
  fc.assert(fc.property(record, (one) => {
    const line = compiled.format(one, PLACE);
    assertEquals(line.indexOf("\n"), line.length - 1);
    assert(!/\p{Cc}/u.test(line.slice(0, -1)), line);
    const read = JSON.parse(line);
    assertEquals(read.status, one.status);
    assertEquals(read.body_bytes_sent, one.bodyBytesSent);
    const isAscii = /^[ -~]*$/.test(one.target);
    if (isAscii) assertEquals(read.uri, one.target);
  }));
});

Deno.test("every variable is one line, however it is escaped", () => {
  const names = variableNames().map((name) =>
    name.endsWith("_") ? `${name}referer` : name
  );
  const variable = fc.constantFrom(...names);
  const escaping = fc.constantFrom("default", "json", "none");
  fc.assert(fc.property(record, variable, escaping, (one, name, escape) => {
    const compiled = compileFormat(`$${name}`, escape);
    assert(compiled.ok);
    const line = compiled.format(one, PLACE);
    assert(/^[^\r\n]*\n$/.test(line), JSON.stringify(line));
  }));
});

Deno.test("any format is compiled, or refused in words", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom("$", "${", "}", "$status", "${uri}", "$http_", "$$", "_"),
  );
  const format = fc.array(piece, { maxLength: 6 }).map((all) => all.join(""));
  fc.assert(fc.property(format, record, (text, one) => {
    const compiled = compileFormat(text);
    if (compiled.ok) compiled.format(one, PLACE);
    else assert(/^has (?:an? |no )/.test(compiled.wrong), compiled.wrong);
  }));
});
