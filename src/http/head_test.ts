/** What the server sees of a head in one look, and what it refuses. */

import { assert, assertEquals } from "@std/assert";
import { toBytes, toMilliseconds } from "../base/unit.ts";
import { checkHead, type HeadFacts, type RawHead } from "./head.ts";
import type { HttpLimits } from "./limits.ts";

const LIMITS: HttpLimits = {
  headersMax: 100,
  clientHeaderTimeoutMs: toMilliseconds(60_000),
  clientBodyTimeoutMs: toMilliseconds(60_000),
  sendTimeoutMs: toMilliseconds(60_000),
  keepaliveTimeoutMs: toMilliseconds(75_000),
  keepaliveRequestsMax: 1000,
  headerBuffersMax: 4,
  headerBufferBytes: toBytes(8192),
  bodyBytesMax: toBytes(1_048_576),
  connectionsMax: 512,
};

function headOf(
  lines: readonly string[],
  more: Partial<RawHead> = {},
): RawHead {
  return {
    method: "POST",
    target: "/",
    versionMajor: 1,
    versionMinor: 1,
    rawHeaders: lines,
    ...more,
  };
}

function factsOf(head: RawHead): HeadFacts {
  const check = checkHead(head, LIMITS);
  assert(check.ok);
  return check.facts;
}

function statusOf(head: RawHead, limits = LIMITS): number | undefined {
  const check = checkHead(head, limits);
  return check.ok ? undefined : check.status;
}

const HOST = ["Host", "a"];

Deno.test("checkHead() finds the host in any case", () => {
  for (const name of ["Host", "host", "HOST"]) {
    const facts = factsOf(headOf(["Accept", "*/*", name, "a:80", "Date", "x"]));
    assertEquals(facts.host, "a:80");
    assertEquals(facts.bodyBytes, 0);
  }
});

Deno.test("checkHead() knows a body by either header", () => {
  const known = factsOf(headOf([...HOST, "content-LENGTH", "7"]));
  assertEquals(known.bodyBytes, 7);
  const chunked = factsOf(headOf([...HOST, "Transfer-Encoding", "Chunked"]));
  assertEquals(chunked.bodyBytes, undefined);
});

Deno.test("checkHead() wants exactly one host of HTTP/1.1", () => {
  assertEquals(statusOf(headOf([])), 400);
  assertEquals(statusOf(headOf([...HOST, ...HOST])), 400);
  assertEquals(statusOf(headOf([], { versionMinor: 0 })), undefined);
});

Deno.test("checkHead() refuses codings that it does not know", () => {
  for (const coding of ["gzip", "gzip, chunked", "chunked, chunked"]) {
    const head = headOf([...HOST, "Transfer-Encoding", coding]);
    assertEquals(statusOf(head), 501, coding);
  }
  const twice = ["Transfer-Encoding", "chunked", "Transfer-Encoding", "x"];
  assertEquals(statusOf(headOf([...HOST, ...twice])), 501);
});

Deno.test("checkHead() refuses chunks of HTTP/1.0", () => {
  const lines = [...HOST, "Transfer-Encoding", "chunked"];
  assertEquals(statusOf(headOf(lines, { versionMinor: 0 })), 400);
});

Deno.test("checkHead() refuses other versions, methods and expectations", () => {
  assertEquals(statusOf(headOf(HOST, { versionMajor: 2 })), 505);
  assertEquals(statusOf(headOf(HOST, { versionMajor: 0 })), 505);
  for (const method of ["TRACE", "CONNECT"]) {
    assertEquals(statusOf(headOf(HOST, { method })), 405);
  }
  assertEquals(statusOf(headOf([...HOST, "Expect", "tea"])), 417);
});

Deno.test("checkHead() sees who waits for 100 Continue", () => {
  const expect = ["Expect", "100-Continue"];
  const body = ["Content-Length", "3"];
  assert(factsOf(headOf([...HOST, ...expect, ...body])).expectsContinue);
  assert(!factsOf(headOf([...HOST, ...expect])).expectsContinue);
  const old = headOf([...expect, ...body], { versionMinor: 0 });
  assert(!factsOf(old).expectsContinue);
});

Deno.test("checkHead() holds lines to the size of a buffer", () => {
  const { headerBufferBytes } = LIMITS;
  const target = "/".padEnd(headerBufferBytes - 14, "a");
  assertEquals(statusOf(headOf(HOST, { target })), undefined);
  assertEquals(statusOf(headOf(HOST, { target: `${target}a` })), 414);
  const value = "v".repeat(headerBufferBytes - 3);
  assertEquals(statusOf(headOf([...HOST, "A", value])), undefined);
  assertEquals(statusOf(headOf([...HOST, "A", `${value}v`])), 400);
});

Deno.test("checkHead() holds the lines to a number and a size", () => {
  const { headersMax } = LIMITS;
  const lines = Array.from({ length: headersMax - 1 }, () => ["A", ""]).flat();
  assertEquals(statusOf(headOf([...HOST, ...lines])), undefined);
  assertEquals(statusOf(headOf([...HOST, ...lines, "A", ""])), 400);
  const many = Array.from({ length: 4 }, () => ["A", "v".repeat(8187)]).flat();
  assertEquals(statusOf(headOf([...HOST, ...many])), 400);
  assertEquals(statusOf(headOf([...HOST, ...many.slice(2)])), undefined);
});

Deno.test("checkHead() refuses what is no request of HTTP", () => {
  assertEquals(statusOf(headOf(HOST, { method: "DESCRIBE" })), 400);
  assertEquals(statusOf(headOf(HOST, { target: "*" })), 400);
  const options = { method: "OPTIONS", target: "*" };
  assertEquals(statusOf(headOf(HOST, options)), undefined);
  assertEquals(statusOf(headOf(["Host", ""])), 400);
  assertEquals(statusOf(headOf(["Host", ""], { versionMinor: 0 })), 400);
});

Deno.test("checkHead() refuses a body over the limit, 0 being none", () => {
  const bodyBytesMax = LIMITS.bodyBytesMax;
  const over = headOf([...HOST, "Content-Length", String(bodyBytesMax + 1)]);
  assertEquals(statusOf(over), 413);
  const exact = headOf([...HOST, "Content-Length", String(bodyBytesMax)]);
  assertEquals(statusOf(exact), undefined);
  const limits = { ...LIMITS, bodyBytesMax: toBytes(0) };
  assertEquals(statusOf(over, limits), undefined);
});
