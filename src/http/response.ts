/**
 * A Response on the wire: status, header lines as the app set them (each
 * Set-Cookie by itself), and the body, static or streamed.
 */

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
  if (outgoing.destroyed) {
    return response.body?.cancel().catch(() => {});
  }
  const body = staticBodyOf(response);
  const lines = headerLines(response.headers);
  if (body === UNKNOWN) return sendStream(response, lines, outgoing);
  if (body !== null && !lines.hasLength) {
    lines.pairs.push("Content-Length", String(byteLength(body)));
  } else if (body === null && needsZeroLength(response, outgoing)) {
    if (!lines.hasLength) lines.pairs.push("Content-Length", "0");
  }
  writeHead(response, lines.pairs, outgoing);
  if (body === null || isHead(outgoing)) outgoing.end();
  else outgoing.end(body);
  return undefined;
}

function sendStream(
  response: Response,
  lines: HeaderLines,
  outgoing: ServerResponse,
): undefined | Promise<void> {
  const { body } = response;
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
  readonly hasLength: boolean;
}

/** Connection-specific headers are the server's business, not the app's. */
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding"];

function headerLines(headers: Headers): HeaderLines {
  const pairs: string[] = [];
  let hasLength = false;
  for (const [name, value] of headers) {
    if (HOP_BY_HOP.includes(name)) continue;
    if (name === "content-length") hasLength = true;
    pairs.push(name, value);
  }
  return { pairs, hasLength };
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

/** An empty body is said to be empty, or node:http would send it chunked. */
function needsZeroLength(
  response: Response,
  outgoing: ServerResponse,
): boolean {
  const { status } = response;
  return status !== 204 && status !== 304 && !isHead(outgoing);
}

function isHead(outgoing: ServerResponse): boolean {
  return outgoing.req.method === "HEAD";
}

const encoder = new TextEncoder();

function byteLength(body: string | Uint8Array): number {
  if (typeof body !== "string") return body.length;
  return encoder.encode(body).length;
}
