/**
 * A Response on the wire: status, header lines as the app set them (each
 * Set-Cookie by itself), and the body, static or streamed.
 */

import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import { writeStream } from "./body.ts";
import { staticBodyOf, UNKNOWN } from "./static_body.ts";

/** The app returned something that cannot be sent. */
export class ResponseError extends Error {
  override readonly name = "ResponseError";
}

/**
 * Send it. Returns undefined when all was handed over at once, else a promise
 * that rejects when the body breaks. Throws ResponseError, with nothing sent,
 * when `response` cannot be sent at all.
 */
export function sendResponse(
  response: unknown,
  outgoing: ServerResponse,
): undefined | Promise<void> {
  checkResponse(response);
  outgoing.statusCode = response.status;
  if (outgoing.destroyed) {
    return response.body?.cancel().catch(() => {});
  }
  const body = staticBodyOf(response);
  const lines = headerLines(response.headers);
  if (lines.closes) outgoing.shouldKeepAlive = false;
  if (body === UNKNOWN) return sendStream(response, lines, outgoing);
  const length = lengthLine(body, lines, outgoing);
  if (length !== undefined) lines.pairs.push("Content-Length", length);
  writeHead(response, lines.pairs, outgoing);
  if (body === null || isHead(outgoing)) outgoing.end();
  else outgoing.end(body);
  return undefined;
}

/**
 * What Content-Length says: what is sent, whatever the app says, or the next
 * response would be read from the wrong place. Of a HEAD the app may know
 * better; an empty body is said to be empty, or it would be sent chunked.
 */
function lengthLine(
  body: string | Uint8Array | null,
  lines: HeaderLines,
  outgoing: ServerResponse,
): string | undefined {
  if (isHead(outgoing) && lines.length !== undefined) return lines.length;
  if (body !== null) return String(byteLength(body));
  const { statusCode } = outgoing;
  if (statusCode === 304) return lines.length;
  return statusCode === 204 || isHead(outgoing) ? undefined : "0";
}

function sendStream(
  response: Response,
  lines: HeaderLines,
  outgoing: ServerResponse,
): undefined | Promise<void> {
  const { body } = response;
  if (lines.length !== undefined) {
    lines.pairs.push("Content-Length", lines.length);
  }
  writeHead(response, lines.pairs, outgoing);
  if (body === null || isHead(outgoing)) {
    outgoing.end();
    return body?.cancel().catch(() => {});
  }
  // The client may act on the head long before the first chunk.
  outgoing.flushHeaders();
  return writeStream(body, outgoing);
}

function checkResponse(response: unknown): asserts response is Response {
  if (!(response instanceof Response)) {
    throw new ResponseError(`fetch returned ${describe(response)}`);
  }
  if (response.status === 101) {
    throw new ResponseError("fetch returned status 101, not supported yet");
  }
  if (response.status === 0) {
    throw new ResponseError("fetch returned Response.error()");
  }
  if (response.bodyUsed) {
    throw new ResponseError("fetch returned a Response that was read already");
  }
}

/** "undefined", "number", "Promise", "an object": for the log. */
function describe(value: unknown): string {
  if (value === null || typeof value !== "object") {
    return `${value === null ? null : typeof value}, not a Response`;
  }
  const name = value.constructor?.name ?? "Object";
  return `an instance of ${name}, not a Response`;
}

interface HeaderLines {
  /** Names and values in turn, as node:http takes them. */
  readonly pairs: string[];
  /** The app's Content-Length, which is not among the pairs. */
  readonly length: string | undefined;
  /** The app wants the connection closed. */
  readonly closes: boolean;
}

/** Framing and the connection are the server's business, not the app's. */
const FRAMING = [
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
];

function headerLines(headers: Headers): HeaderLines {
  const pairs: string[] = [];
  let length: string | undefined;
  let closes = false;
  for (const [name, value] of headers) {
    if (!FRAMING.includes(name)) pairs.push(name, value);
    else if (name === "content-length") length = value;
    else if (name === "connection") closes = /\bclose\b/i.test(value);
  }
  return { pairs, length, closes };
}

function writeHead(
  response: Response,
  pairs: string[],
  outgoing: ServerResponse,
): void {
  const { status, statusText } = response;
  if (statusText === "") outgoing.writeHead(status, pairs);
  else outgoing.writeHead(status, statusText, pairs);
}

function isHead(outgoing: ServerResponse): boolean {
  return outgoing.req.method === "HEAD";
}

function byteLength(body: string | Uint8Array): number {
  return typeof body === "string" ? Buffer.byteLength(body) : body.length;
}
