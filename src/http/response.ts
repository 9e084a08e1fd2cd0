/**
 * A Response on the wire: status, header lines as the app set them (each
 * Set-Cookie by itself), and the body, static or streamed.
 */

import { Buffer } from "node:buffer";
import { clientGone } from "./body.ts";
import type { Exchange, ResponseHead } from "./exchange.ts";
import { preparedOf } from "./prepared.ts";
import { sendPrepared } from "./send_prepared.ts";
import { staticBodyOf, UNKNOWN } from "./static_body.ts";
import { isBodiless } from "./status.ts";
import { performUpgrade } from "./websocket_upgrade.ts";

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
  exchange: Exchange,
): undefined | Promise<void> {
  const prepared = preparedOf(response);
  if (prepared !== undefined) return sendPrepared(prepared, exchange);
  if (response instanceof Response && performUpgrade(response, exchange)) {
    return undefined;
  }
  checkResponse(response);
  if (exchange.ending !== undefined) return drop(response);
  const body = staticBodyOf(response);
  const lines = headerLines(response.headers);
  if (lines.closes) exchange.refuseKeepalive();
  const { status, statusText } = response;
  const head = { status, statusText, lines: lines.pairs };
  if (body === UNKNOWN) return sendStream(response, lines, exchange);
  const length = lengthOf(body, lines, { status, method: exchange.method });
  exchange.respond({ ...head, length }, body);
  return undefined;
}

/**
 * What Content-Length says: what is sent, whatever the app says, or the next
 * response would be read from the wrong place. Of a HEAD the app may know
 * better; an empty body is said to be empty, or it would be sent chunked.
 */
function lengthOf(
  body: string | Uint8Array | null,
  lines: HeaderLines,
  { status, method }: { readonly status: number; readonly method: string },
): string | undefined {
  const isHead = method === "HEAD";
  if (isHead && lines.length !== undefined) return lines.length;
  if (status === 304) return lines.length;
  if (body !== null && !isBodiless(status)) return String(byteLength(body));
  if (status === 205) return "0";
  return isBodiless(status) || isHead ? undefined : "0";
}

function sendStream(
  response: Response,
  lines: HeaderLines,
  exchange: Exchange,
): undefined | Promise<void> {
  const { body, status, statusText } = response;
  if (body?.locked === true) {
    throw new ResponseError("fetch returned a Response that is being read");
  }
  const { pairs, length } = lines;
  const head: ResponseHead = { status, statusText, lines: pairs, length };
  // The client may act on the head long before the first chunk.
  exchange.start(head);
  if (body === null || exchange.method === "HEAD") {
    exchange.end();
    return body?.cancel().catch(() => {});
  }
  return writeStream(body, exchange);
}

function drop(response: Response): undefined | Promise<void> {
  return response.body?.cancel(clientGone()).catch(() => {});
}

/**
 * Write a stream out and end the response. Resolves when the last chunk was
 * handed over or the client is gone (the stream is cancelled then); rejects
 * when the stream itself fails.
 */
async function writeStream(
  stream: ReadableStream<Uint8Array>,
  exchange: Exchange,
): Promise<void> {
  const reader = stream.getReader();
  exchange.onEnd((ending) => {
    if (ending === "gone") reader.cancel(clientGone()).catch(() => {});
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (exchange.ending === "gone") return;
      if (done) break;
      await exchange.write(toBytes(value));
    }
    exchange.end();
  } catch (error) {
    // A chunk that is no bytes; the stream's own failure makes this a no-op.
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`The body has a chunk that is no bytes: ${typeof chunk}`);
}

function checkResponse(response: unknown): asserts response is Response {
  if (!(response instanceof Response)) {
    throw new ResponseError(`fetch returned ${describe(response)}`);
  }
  if (response.status === 101) {
    throw new ResponseError(
      "fetch returned status 101 for a request that was not upgraded",
    );
  }
  if (response.status === 0) {
    throw new ResponseError("fetch returned Response.error()");
  }
  if (response.bodyUsed) {
    throw new ResponseError("fetch returned a Response that was read already");
  }
}

/** Compilers rename a class that has a global's name. */
const FOREIGN_RESPONSE = /^_*Response[_$\d]*$/;

/** "undefined", "number", "Promise", "an object": for the log. */
function describe(value: unknown): string {
  if (value === null || typeof value !== "object") {
    return `${value === null ? null : typeof value}, not a Response`;
  }
  const name = value.constructor?.name ?? "Object";
  if (FOREIGN_RESPONSE.test(name)) {
    return "a Response of another library, not the runtime's own";
  }
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
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
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

function byteLength(body: string | Uint8Array): number {
  return typeof body === "string" ? Buffer.byteLength(body) : body.length;
}
