/**
 * The Request of an exchange, made as late as possible: most handlers
 * read the method and the url, and a native Request costs more than the rest
 * of a small request together.
 *
 * An IncomingRequest inherits from Request.prototype. The runtime keeps a
 * Request's contents under symbols of its own; for each of them there is a
 * getter here that makes the native Request and moves its contents over. From
 * then on the object is a native Request in every respect: `fetch(request)`,
 * `new Request(request)` and `request.clone()` work. When the symbols are not
 * as expected, `toRequest` returns a plain native Request instead.
 */

import { findHeader } from "../base/header_lines.ts";
import type { Exchange } from "./exchange.ts";

const NativeRequest = Request;
const nativePrototype = NativeRequest.prototype;

type BodyMethod = "text" | "json" | "arrayBuffer" | "bytes";

class IncomingRequest {
  readonly #exchange: Exchange;
  readonly url: string;
  #headers: Headers | undefined;
  #abort: AbortController | undefined;
  #native: Request | undefined;
  #isRead = false;

  constructor(exchange: Exchange, url: string) {
    this.#exchange = exchange;
    this.url = url;
  }

  get method(): string {
    return this.#exchange.method;
  }

  get headers(): Headers {
    return this.#headers ??= toHeaders(this.#exchange);
  }

  get signal(): AbortSignal {
    this.#abort ??= abortOnClose(this.#exchange);
    return this.#abort.signal;
  }

  get bodyUsed(): boolean {
    return this.#isRead || (this.#native?.bodyUsed ?? false);
  }

  text(): Promise<string> {
    return this.#read("text", (bytes) => new TextDecoder().decode(bytes));
  }

  json(): Promise<unknown> {
    return this.#read("json", (bytes) => {
      return JSON.parse(new TextDecoder().decode(bytes));
    });
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read("arrayBuffer", (bytes) => {
      const { buffer, byteOffset, byteLength } = bytes;
      return buffer.slice(byteOffset, byteOffset + byteLength);
    });
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read("bytes", (bytes) => bytes);
  }

  /** One header, without making an object of all. */
  static header(request: Request, name: string): string | null {
    if (!(#exchange in request) || request.#headers !== undefined) {
      return request.headers.get(name);
    }
    return findHeader(request.#exchange.rawHeaders, name) ?? null;
  }

  /** Straight from the connection, when no stream was made of it. */
  async #read<Value>(
    method: BodyMethod,
    convert: (bytes: Uint8Array<ArrayBuffer>) => Value,
  ): Promise<Value> {
    const exchange = this.#exchange;
    if (this.#isRead) throw new TypeError("Body already consumed.");
    if (this.#native !== undefined || !mayHaveBody(exchange)) {
      return await this.#toNative()[method]() as Value;
    }
    this.#isRead = true;
    return convert(await exchange.body.readAll());
  }

  #toNative(): Request {
    return this.#native ??= toNativeRequest(this.#exchange, {
      url: this.url,
      headers: this.headers,
      signal: this.signal,
      isRead: this.#isRead,
    });
  }

  /** The exchange that `value` is the Request of. */
  static exchangeOf(value: object): Exchange | undefined {
    return #exchange in value ? value.#exchange : undefined;
  }

  /** Become native: take over the contents of the native Request. */
  static materialize(request: IncomingRequest): void {
    const native = request.#toNative();
    for (const symbol of Object.getOwnPropertySymbols(native)) {
      const value = Reflect.get(native, symbol);
      Object.defineProperty(request, symbol, { value, writable: true });
    }
  }
}

interface NativeParts {
  readonly url: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  /** The body was read already: the native one counts as used. */
  readonly isRead: boolean;
}

function toNativeRequest(exchange: Exchange, parts: NativeParts): Request {
  const { url, headers, signal } = parts;
  const init: RequestInit = { method: exchange.method, headers, signal };
  if (!mayHaveBody(exchange)) return new NativeRequest(url, init);
  if (!parts.isRead) {
    const body = exchange.body.toStream();
    return new NativeRequest(url, { ...init, body });
  }
  const used = new NativeRequest(url, { ...init, body: "" });
  used.text().catch(() => {});
  return used;
}

/** A Request may not carry a body with these, whatever the client sent. */
function mayHaveBody({ method, hasBody }: Exchange): boolean {
  return hasBody && method !== "GET" && method !== "HEAD";
}

/** Each header line by itself: repeated ones are joined as fetch does. */
function toHeaders({ rawHeaders }: Exchange): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  }
  return headers;
}

/** Aborted when the connection closes before the response was sent. */
function abortOnClose(exchange: Exchange): AbortController {
  const controller = new AbortController();
  exchange.onEnd((ending) => {
    if (ending === "sent") return;
    controller.abort(
      new DOMException("The client closed the connection.", "AbortError"),
    );
  });
  return controller;
}

Object.setPrototypeOf(IncomingRequest.prototype, nativePrototype);
defineContents();
const isLazy = worksAsNative();

/** One getter per symbol that the runtime keeps a Request's contents under. */
function defineContents(): void {
  const sample = new NativeRequest("http://localhost/");
  for (const symbol of Object.getOwnPropertySymbols(sample)) {
    Object.defineProperty(IncomingRequest.prototype, symbol, {
      get(this: IncomingRequest): unknown {
        IncomingRequest.materialize(this);
        return Reflect.get(this, symbol);
      },
      set(this: IncomingRequest, value: unknown): void {
        IncomingRequest.materialize(this);
        Reflect.set(this, symbol, value);
      },
    });
  }
}

/** Whether this runtime takes an IncomingRequest for a Request. */
function worksAsNative(): boolean {
  const exchange = {
    method: "GET",
    rawHeaders: ["X-Probe", "1"],
    onEnd: () => {},
  } as unknown as Exchange;
  const url = "http://localhost/probe";
  const probe = new IncomingRequest(exchange, url) as unknown as Request;
  try {
    const copy = new NativeRequest(probe);
    return copy.url === url && copy.headers.get("x-probe") === "1";
  } catch {
    return false;
  }
}

/** Those that are no IncomingRequest. */
const plain = new WeakMap<Request, Exchange>();

/** The Request of an exchange; `url` is absolute and valid. */
export function toRequest(exchange: Exchange, url: string): Request {
  if (isLazy) return new IncomingRequest(exchange, url) as unknown as Request;
  const request = toNativeRequest(exchange, {
    url,
    headers: toHeaders(exchange),
    signal: abortOnClose(exchange).signal,
    isRead: false,
  });
  plain.set(request, exchange);
  return request;
}

/** `request.headers.get(name)`, for less; `name` is in lower case. */
export function headerOf(request: Request, name: string): string | null {
  return IncomingRequest.header(request, name);
}

/** The exchange of a Request of this server; undefined: it is another's. */
export function exchangeOf(request: Request): Exchange | undefined {
  return IncomingRequest.exchangeOf(request) ?? plain.get(request);
}
