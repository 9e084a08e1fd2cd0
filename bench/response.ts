/**
 * Reads one HTTP/1.1 response after the other from the bytes of a connection.
 *
 * Sans-io and pure: the load generator pushes what it read and is told whether
 * a response is complete. It must never call a response complete that is not,
 * for the whole bench rests on it. What it cannot frame it calls broken.
 * Source: RFC 9112 sections 6 and 7.
 */

/** Where the reader stands. */
export type ResponseState =
  /** Nothing of the next response has come. */
  | "empty"
  /** A part of it has come. */
  | "partial"
  /** All of it; `status` and `keepAlive` say what it was. */
  | "complete"
  /** Not HTTP, or more bytes than asked for. */
  | "broken";

const HEAD_BYTES_MAX = 16_384;
const latin1 = new TextDecoder("latin1");

/** One connection's reader; take() makes it ready for the next response. */
export class ResponseReader {
  state: ResponseState = "empty";
  status = 0;
  /** Whether the server lets the connection be used again. */
  keepAlive = false;
  #head = "";
  #body: BodyReader | undefined;

  /** Takes bytes as they came, in any chunks; returns the new state. */
  push(bytes: Uint8Array): ResponseState {
    let rest = bytes;
    while (rest.length > 0 && this.state !== "broken") {
      if (this.state === "complete") {
        // Nothing was asked, so nothing may come.
        this.state = "broken";
        break;
      }
      this.state = "partial";
      rest = this.#body === undefined ? this.#pushHead(rest) : this.#pushBody(
        this.#body,
        rest,
      );
    }
    return this.state;
  }

  /** The connection ended: completes a response framed by its end. */
  end(): ResponseState {
    if (this.state === "partial" && this.#body?.kind === "untilEnd") {
      this.state = "complete";
      this.keepAlive = false;
    }
    return this.state;
  }

  /** Forgets the complete response; the next one may come. */
  take(): void {
    this.state = "empty";
    this.#head = "";
    this.#body = undefined;
  }

  #pushHead(bytes: Uint8Array): Uint8Array {
    const before = this.#head.length;
    this.#head += latin1.decode(bytes);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.#head.length > HEAD_BYTES_MAX) {
        this.state = "broken";
      }
      return bytes.subarray(bytes.length);
    }
    this.#readHead(this.#head.slice(0, end));
    return bytes.subarray(end + 4 - before);
  }

  #readHead(head: string): void {
    const line = /^HTTP\/1\.([01]) (\d{3})(?: |$|\r)/.exec(head);
    if (line === null) {
      this.state = "broken";
      return;
    }
    this.status = Number(line[2]);
    if (this.status < 200) {
      // An interim response (100 Continue): the final one follows.
      this.#head = "";
      return;
    }
    const connection = field(head, "connection")?.toLowerCase() ?? "";
    this.keepAlive = line[1] === "1"
      ? !connection.includes("close")
      : connection.includes("keep-alive");
    this.#body = bodyOf(head, this.status);
    if (this.#body.kind === "length" && this.#body.left === 0) {
      this.state = "complete";
    }
  }

  #pushBody(body: BodyReader, bytes: Uint8Array): Uint8Array {
    if (body.kind === "untilEnd") {
      return bytes.subarray(bytes.length);
    }
    if (body.kind === "chunked") {
      return this.#pushChunked(body, bytes);
    }
    const taken = Math.min(body.left, bytes.length);
    body.left -= taken;
    if (body.left === 0) {
      this.state = "complete";
    }
    return bytes.subarray(taken);
  }

  #pushChunked(body: ChunkedBody, bytes: Uint8Array): Uint8Array {
    if (body.left > 0) {
      const taken = Math.min(body.left, bytes.length);
      body.left -= taken;
      return bytes.subarray(taken);
    }
    const end = bytes.indexOf(0x0a);
    const part = end < 0 ? bytes : bytes.subarray(0, end + 1);
    body.line += latin1.decode(part);
    if (end >= 0) {
      this.#readChunkLine(body, body.line.trim());
      body.line = "";
    } else if (body.line.length > HEAD_BYTES_MAX) {
      this.state = "broken";
    }
    return bytes.subarray(part.length);
  }

  #readChunkLine(body: ChunkedBody, line: string): void {
    if (body.last) {
      // Trailer fields until the empty line.
      if (line === "") {
        this.state = "complete";
      }
      return;
    }
    const size = /^[0-9a-fA-F]+/.exec(line);
    if (size === null) {
      this.state = "broken";
      return;
    }
    const bytes = parseInt(size[0], 16);
    body.last = bytes === 0;
    // The data is followed by a line end of its own.
    body.left = bytes === 0 ? 0 : bytes + 2;
  }
}

type ChunkedBody = {
  readonly kind: "chunked";
  left: number;
  line: string;
  last: boolean;
};

type BodyReader =
  | { readonly kind: "length"; left: number }
  | { readonly kind: "untilEnd" }
  | ChunkedBody;

function bodyOf(head: string, status: number): BodyReader {
  if (status === 204 || status === 304) {
    return { kind: "length", left: 0 };
  }
  if (field(head, "transfer-encoding")?.toLowerCase().includes("chunked")) {
    return { kind: "chunked", left: 0, line: "", last: false };
  }
  const length = field(head, "content-length");
  return length !== undefined && /^\d+$/.test(length)
    ? { kind: "length", left: Number(length) }
    : { kind: "untilEnd" };
}

function field(head: string, name: string): string | undefined {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at < 0) {
    return undefined;
  }
  const start = at + name.length + 3;
  const end = head.indexOf("\r\n", start);
  return head.slice(start, end < 0 ? undefined : end).trim();
}
