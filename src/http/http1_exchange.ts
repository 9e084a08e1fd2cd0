/**
 * One request on an HTTP/1 connection and its response on the wire: status
 * line, header lines, framing. One write for a small response; chunks for a
 * body whose length nobody knows; the end of the connection for HTTP/1.0.
 * Source: RFC 9112 sections 4, 6, 7 and 9; RFC 9110 section 10.1.1.
 */

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { type BodyFlow, emptyBody, RequestBody } from "./body.ts";
import { httpDate } from "./date.ts";
import {
  type Adopt,
  Exchange,
  type Peer,
  type ResponseHead,
} from "./exchange.ts";
import type { HeadFacts } from "./head.ts";
import type { ParsedHead } from "./parser.ts";
import { isBodiless, reasonOf } from "./status.ts";

/** What an exchange tells the connection it is on. */
export interface Http1Host {
  readonly socket: Socket;
  readonly peer: Peer;
  /** "Keep-Alive: timeout=75" and what goes with it. */
  readonly keepaliveLines: string;
  /** The response is handed over; the connection's next step. */
  onAnswered(exchange: Http1Exchange): void;
  onTakenOver(adopt: Adopt): void;
}

/** How a body is delimited. */
type Framing = "none" | "length" | "chunked" | "connection";

/**
 * More than this is handed over bit by bit: a write shows no progress before
 * all of it is taken, and a slow client would seem to take nothing.
 */
const PIECE_BYTES = 128 * 1024;

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

/** One request on an HTTP/1 connection. */
export class Http1Exchange extends Exchange {
  override readonly method: string;
  override readonly target: string;
  override readonly rawHeaders: readonly string[];
  override readonly body: RequestBody;
  override readonly hasBody: boolean;
  override readonly protocol: string;
  /** The status that refuses it; nobody above sees it then. */
  override readonly refusal: number | undefined;
  /** Whether the client waits for another protocol. */
  readonly upgrades: boolean;
  override readonly host: string | undefined;
  /** All of the response was handed over. */
  isAnswered = false;
  /** The connection stays open after it. */
  keepsAlive: boolean;
  readonly #host: Http1Host;
  #awaitsContinue: boolean;
  /** Goes out with the first of its body. */
  #held: ResponseHead | undefined;
  #framing: Framing = "none";
  /** Of a body with a length: what is still to come. */
  #missing = 0;

  constructor(
    host: Http1Host,
    head: ParsedHead,
    facts: HeadFacts | { readonly refusal: number },
    flow: BodyFlow,
  ) {
    super();
    this.#host = host;
    this.method = head.method;
    this.target = head.target;
    this.rawHeaders = head.rawHeaders;
    this.protocol = head.versionMinor === 0 ? "HTTP/1.0" : "HTTP/1.1";
    this.upgrades = head.upgrades;
    // What follows an upgrade that was not taken is not read as a request.
    this.keepsAlive = head.keepsAlive && !head.upgrades;
    if ("refusal" in facts) {
      this.refusal = facts.refusal;
      this.host = undefined;
      this.hasBody = false;
      this.#awaitsContinue = false;
      this.body = emptyBody();
      return;
    }
    this.refusal = undefined;
    this.host = facts.host;
    this.#awaitsContinue = facts.expectsContinue;
    this.hasBody = facts.bodyBytes !== 0;
    this.body = this.hasBody
      ? new RequestBody({ ...flow, onWanted: () => this.#sendContinue() })
      : emptyBody();
  }

  override get peer(): Peer {
    return this.#host.peer;
  }

  get #isOver(): boolean {
    return this.isAnswered || this.ending !== undefined;
  }

  override get isFlushed(): boolean {
    const { socket } = this.#host;
    return socket.writableLength === 0 && !socket.destroyed;
  }

  override refuseKeepalive(): void {
    // A promise that was given is kept: the client may have sent already.
    if (!this.isHeadSent) this.keepsAlive = false;
  }

  override respond(
    head: ResponseHead,
    body: string | Uint8Array | null,
  ): void {
    if (this.#isOver) return;
    this.#held = undefined;
    const bytes = this.#withoutBody(head.status) ? null : body;
    if (bytes !== null && bytes.length > PIECE_BYTES) {
      return this.#respondSlowly(head, bytes);
    }
    const text = this.#headText(head, "none");
    if (bytes === null) this.#write(text, "latin1");
    else if (typeof bytes === "string") this.#writeText(text, bytes);
    else this.#writeBytes(text, bytes);
    this.#answered();
  }

  override start(head: ResponseHead): void {
    if (this.#isOver) return;
    // The body may come of what the client has not sent: it waits for leave.
    if (this.#awaitsContinue) this.#held = head;
    else this.#sendHead(head);
  }

  #sendHead(head: ResponseHead): void {
    this.#held = undefined;
    const framing = this.#framingOf(head);
    this.#missing = Number(head.length ?? 0);
    this.#write(this.#headText(head, framing), "latin1");
  }

  override write(chunk: Uint8Array): undefined | Promise<void> {
    if (this.#isOver) return undefined;
    if (this.#held !== undefined) this.#sendHead(this.#held);
    if (this.#framing === "none") return undefined;
    if (chunk.length === 0) return undefined;
    if (chunk.length > PIECE_BYTES) return this.#writePieces(chunk);
    const { socket } = this.#host;
    if (this.#framing === "chunked") {
      const size = `${chunk.length.toString(16)}\r\n`;
      this.overheadBytesSent += size.length + 2;
      socket.cork();
      socket.write(size, "latin1");
      socket.write(chunk);
      socket.write("\r\n", "latin1");
      socket.uncork();
    } else {
      if (this.#framing === "length") this.#takeFromLength(chunk.length);
      socket.write(chunk);
    }
    this.bodyBytesSent += chunk.length;
    return socket.writableNeedDrain ? this.#drained() : undefined;
  }

  #respondSlowly(head: ResponseHead, body: string | Uint8Array): void {
    this.start(head);
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const written = this.write(bytes);
    if (written === undefined) this.end();
    else written.then(() => this.end());
  }

  async #writePieces(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      await this.write(chunk.subarray(at, at + PIECE_BYTES));
      if (this.#isOver) return;
    }
  }

  override end(): void {
    if (this.#isOver) return;
    if (this.#held !== undefined) this.#sendHead(this.#held);
    if (this.#framing === "chunked") {
      this.overheadBytesSent += LAST_CHUNK.length;
      this.#write(LAST_CHUNK, "latin1");
    }
    if (this.#framing === "length" && this.#missing > 0) {
      throw new TypeError(
        `The body is ${this.#missing} bytes shorter than its Content-Length.`,
      );
    }
    this.#answered();
  }

  override cut(): void {
    this.#host.socket.destroy();
  }

  override takeOver(adopt: Adopt): boolean {
    if (!this.upgrades || this.isHeadSent || this.#isOver) return false;
    this.isHeadSent = true;
    this.isAnswered = true;
    this.status = 101;
    this.#host.onTakenOver(adopt);
    this.settle("sent");
    return true;
  }

  /** A part of the body has come: the client waits for no leave. */
  onBodyBegun(): void {
    this.#awaitsContinue = false;
  }

  /** What a client may send that waits for leave to do so. */
  #sendContinue(): void {
    if (!this.#awaitsContinue || this.isHeadSent) return;
    this.#awaitsContinue = false;
    this.overheadBytesSent += CONTINUE.length;
    this.#write(CONTINUE, "latin1");
  }

  #withoutBody(status: number): boolean {
    return this.method === "HEAD" || isBodiless(status);
  }

  #framingOf(head: ResponseHead): Framing {
    if (this.#withoutBody(head.status)) return "none";
    if (head.length !== undefined) return "length";
    if (this.protocol === "HTTP/1.1") return "chunked";
    this.keepsAlive = false;
    return "connection";
  }

  /** Everything above the body, with the empty line. */
  #headText(head: ResponseHead, framing: Framing): string {
    this.isHeadSent = true;
    this.status = head.status;
    this.#framing = framing;
    // A body that was never sent for: the next request cannot be told from it.
    if (this.#awaitsContinue) this.keepsAlive = false;
    const { lines } = head;
    let text = statusLine(head.status, head.statusText);
    for (let index = 0; index + 1 < lines.length; index += 2) {
      text += `${lines[index]}: ${lines[index + 1]}\r\n`;
    }
    if (head.length !== undefined) text += `Content-Length: ${head.length}\r\n`;
    if (framing === "chunked") text += "Transfer-Encoding: chunked\r\n";
    text += httpDate();
    text += this.keepsAlive
      ? this.#host.keepaliveLines
      : "Connection: close\r\n";
    this.sentHead = head;
    // The empty line is part of it.
    this.overheadBytesSent += text.length + 2;
    return `${text}\r\n`;
  }

  #write(text: string, encoding: "latin1" | "utf8"): void {
    this.#host.socket.write(text, encoding);
  }

  /** Head and body in one write where their bytes are the same either way. */
  #writeText(head: string, body: string): void {
    const { socket } = this.#host;
    if (isAscii(head)) {
      socket.write(head + body, "utf8");
    } else {
      socket.cork();
      socket.write(head, "latin1");
      socket.write(body, "utf8");
      socket.uncork();
    }
    this.bodyBytesSent = Buffer.byteLength(body);
  }

  #writeBytes(head: string, body: Uint8Array): void {
    const { socket } = this.#host;
    socket.cork();
    socket.write(head, "latin1");
    if (body.length > 0) socket.write(body);
    socket.uncork();
    this.bodyBytesSent = body.length;
  }

  #takeFromLength(bytes: number): void {
    this.#missing -= bytes;
    if (this.#missing < 0) {
      throw new TypeError("The body is longer than its Content-Length.");
    }
  }

  #drained(): Promise<void> {
    const { socket } = this.#host;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      };
      socket.once("drain", done);
      socket.once("close", done);
    });
  }

  /** Sent when the kernel has it all, which it nearly always has at once. */
  #answered(): void {
    this.isAnswered = true;
    if (this.#host.socket.writableLength === 0) this.settle("sent");
    else this.#settleWhenSent();
    this.#host.onAnswered(this);
  }

  /** Looked at, not asked for: an empty write stalls the runtime's TLS. */
  #settleWhenSent(): void {
    const { socket } = this.#host;
    const look = (): void => {
      if (socket.writableLength === 0) this.settle("sent");
      else if (this.ending === undefined && !socket.destroyed) {
        setTimeout(look, LOOK_MS);
      }
    };
    setImmediate(look);
  }
}

/** Between two looks at what a client has taken. */
const LOOK_MS = 20;

const statusLines = new Map<number, string>();

function statusLine(status: number, statusText: string): string {
  if (statusText !== "") return `HTTP/1.1 ${status} ${statusText}\r\n`;
  let line = statusLines.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`;
    statusLines.set(status, line);
  }
  return line;
}

// Header values may hold any byte but control characters.
const NON_ASCII = /[^\0-\x7f]/;

function isAscii(text: string): boolean {
  return !NON_ASCII.test(text);
}
