/**
 * A request's head, checked in one look at its raw lines before anything else
 * sees it: what the server must know (host, body, expectation), or the status
 * that refuses it.
 *
 * What is no HTTP at all has been refused by the parser. This file refuses
 * what two readers could understand differently (two hosts, a transfer coding
 * that is not chunked, a length beside HTTP/1.0's chunks) and what is larger
 * than the buffers an operator allows. Names are compared whatever their case.
 * Source: RFC 9112 sections 3.2, 6.1 and 6.3; RFC 9110 section 10.1.1; nginx's
 * src/http/ngx_http_request.c for the statuses.
 */

import type { HttpLimits } from "./limits.ts";

/** A head as the parser gives it. */
export interface RawHead {
  readonly method: string;
  /** The request target as sent: "/a?b", "http://a/b", "*". */
  readonly target: string;
  readonly versionMajor: number;
  readonly versionMinor: number;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** What the server itself must know of a head. */
export interface HeadFacts {
  readonly host: string | undefined;
  /** Bytes of the body; undefined: chunked, so not known. */
  readonly bodyBytes: number | undefined;
  /** The client waits for "100 Continue" before it sends the body. */
  readonly expectsContinue: boolean;
}

/** The facts, or the status that refuses the request. */
export type HeadCheck =
  | { readonly ok: true; readonly facts: HeadFacts }
  | { readonly ok: false; readonly status: number };

/** Methods that fetch forbids: a Request cannot have them. */
const FORBIDDEN_METHODS = ["CONNECT", "TRACE", "TRACK"];

/** The parser speaks RTSP too; these are methods of nothing else. */
const RTSP_METHODS = [
  "ANNOUNCE",
  "DESCRIBE",
  "FLUSH",
  "GET_PARAMETER",
  "PAUSE",
  "PLAY",
  "RECORD",
  "REDIRECT",
  "SET_PARAMETER",
  "SETUP",
  "TEARDOWN",
];

/** Whether a Request can be made of a message with this method. */
export function isAllowedMethod(method: string): boolean {
  return !FORBIDDEN_METHODS.includes(method);
}

/** What the lines say that matter here. */
interface Lines {
  host: string | undefined;
  hosts: number;
  length: string | undefined;
  encoding: string | undefined;
  expect: string | undefined;
  /** The longest line, in bytes. */
  longest: number;
  /** All lines together, with their ends. */
  bytes: number;
}

/** Check a head against the protocol and `limits`. */
export function checkHead(head: RawHead, limits: HttpLimits): HeadCheck {
  if (head.versionMajor !== 1 || head.versionMinor > 1) return refuse(505);
  // The method, the target, " HTTP/1.1" and its spaces.
  const lineBytes = head.method.length + head.target.length + 10;
  if (lineBytes > limits.headerBufferBytes) return refuse(414);
  const lines = readLines(head.rawHeaders);
  if (isTooMuch(head, lines, limits)) return refuse(400);
  if (RTSP_METHODS.includes(head.method)) return refuse(400);
  if (head.target === "*" && head.method !== "OPTIONS") return refuse(400);
  if (!isAllowedMethod(head.method)) return refuse(405);
  return checkLines(head, lines, limits);
}

/** The parser counts names and values alone: a flood of empty lines is free. */
function isTooMuch(
  { rawHeaders }: RawHead,
  { longest, bytes }: Lines,
  { headersMax, headerBufferBytes, headerBuffersMax }: HttpLimits,
): boolean {
  return rawHeaders.length > 2 * headersMax || longest > headerBufferBytes ||
    bytes > headerBufferBytes * headerBuffersMax;
}

function checkLines(
  head: RawHead,
  lines: Lines,
  limits: HttpLimits,
): HeadCheck {
  const isHttp10 = head.versionMinor === 0;
  if (lines.hosts > 1) return refuse(400);
  if (lines.host === undefined ? !isHttp10 : lines.host === "") {
    return refuse(400);
  }
  const { encoding, length, expect } = lines;
  if (encoding !== undefined) {
    if (isHttp10) return refuse(400);
    if (encoding.toLowerCase() !== "chunked") return refuse(501);
  }
  const bodyBytes = encoding === undefined ? Number(length ?? 0) : undefined;
  if (limits.bodyBytesMax > 0 && (bodyBytes ?? 0) > limits.bodyBytesMax) {
    return refuse(413);
  }
  const expects = expect !== undefined && !isHttp10;
  if (expects && expect.toLowerCase() !== "100-continue") return refuse(417);
  const expectsContinue = expects && bodyBytes !== 0;
  return { ok: true, facts: { host: lines.host, bodyBytes, expectsContinue } };
}

function refuse(status: number): HeadCheck {
  return { ok: false, status };
}

/** The length tells most names apart without making a copy of them. */
function readLines(rawHeaders: readonly string[]): Lines {
  const lines: Lines = {
    host: undefined,
    hosts: 0,
    length: undefined,
    encoding: undefined,
    expect: undefined,
    longest: 0,
    bytes: 0,
  };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    // ": " is part of the line.
    const bytes = name.length + value.length + 2;
    if (bytes > lines.longest) lines.longest = bytes;
    lines.bytes += bytes + 2;
    const kind = name.length;
    if (kind === 4 || kind === 6 || kind === 14 || kind === 17) {
      readLine(lines, name.toLowerCase(), value);
    }
  }
  return lines;
}

function readLine(lines: Lines, name: string, value: string): void {
  switch (name) {
    case "host":
      lines.hosts++;
      lines.host ??= value;
      break;
    case "expect":
      lines.expect = value;
      break;
    case "content-length":
      lines.length = value;
      break;
    case "transfer-encoding":
      lines.encoding = lines.encoding === undefined
        ? value
        : `${lines.encoding}, ${value}`;
      break;
  }
}
