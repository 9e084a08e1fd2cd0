/**
 * A Response whose status, header lines and body are known before there is
 * one. Making a native Response with six headers costs more than the rest of
 * answering a small file together, and a file that goes through a web stream
 * costs its bytes twice. So the server asks `preparedOf` and sends that; for
 * whoever uses it as a Response, it becomes one.
 *
 * A PreparedResponse inherits from Response.prototype. The runtime keeps a
 * Response's contents under symbols of its own; for each of them there is a
 * getter here that makes the native Response and moves its contents over, as
 * request.ts does for a Request. When the symbols are not as expected,
 * `respond` returns a native Response at once.
 */

import { type FileSlice, isFileSlice, streamOf } from "./file_body.ts";

/** An answer as it is sent. */
export interface Prepared {
  /** 200 to 599. */
  readonly status: number;
  /**
   * Names in lower case and values in turn, as node:http takes them, without
   * those of the framing (content-length, connection, transfer-encoding).
   */
  readonly headers: readonly string[];
  /** Content-Length, also of a body that is not sent; undefined: none. */
  readonly length: number | undefined;
  /**
   * Whoever takes the answer by `preparedOf` must close the file of a slice,
   * whatever happens. Bytes are not to be changed.
   */
  readonly body: null | Uint8Array<ArrayBuffer> | FileSlice;
}

/** One whose body is a stream, and so nothing to be known of. */
export interface PreparedStream extends Omit<Prepared, "body"> {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

const NativeResponse = Response;

class PreparedResponse {
  #prepared: Prepared | undefined;
  readonly #status: number;

  constructor(prepared: Prepared) {
    this.#prepared = prepared;
    this.#status = prepared.status;
  }

  get status(): number {
    return this.#status;
  }

  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }

  static prepared(response: unknown): Prepared | undefined {
    if (typeof response !== "object" || response === null) return undefined;
    return #prepared in response ? response.#prepared : undefined;
  }

  /** Become native: take over the contents of a native Response. */
  static materialize(response: PreparedResponse): void {
    const prepared = response.#prepared;
    if (prepared === undefined) return;
    response.#prepared = undefined;
    const native = toNative(prepared);
    for (const symbol of Object.getOwnPropertySymbols(native)) {
      const value = Reflect.get(native, symbol);
      Object.defineProperty(response, symbol, { value, writable: true });
    }
  }
}

function toNative(
  { status, headers, length, body }: Prepared | PreparedStream,
): Response {
  const native = new NativeResponse(isFileSlice(body) ? streamOf(body) : body, {
    status,
  });
  for (let index = 0; index + 1 < headers.length; index += 2) {
    native.headers.append(headers[index] ?? "", headers[index + 1] ?? "");
  }
  if (length !== undefined) {
    native.headers.set("content-length", String(length));
  }
  return native;
}

Object.setPrototypeOf(PreparedResponse.prototype, NativeResponse.prototype);
defineContents();
const isLazy = worksAsNative();

/** One getter per symbol that the runtime keeps a Response's contents under. */
function defineContents(): void {
  for (const symbol of Object.getOwnPropertySymbols(new NativeResponse(null))) {
    Object.defineProperty(PreparedResponse.prototype, symbol, {
      get(this: PreparedResponse): unknown {
        PreparedResponse.materialize(this);
        return Reflect.get(this, symbol);
      },
      set(this: PreparedResponse, value: unknown): void {
        PreparedResponse.materialize(this);
        Reflect.set(this, symbol, value);
      },
    });
  }
}

/** Whether this runtime takes a PreparedResponse for a Response. */
function worksAsNative(): boolean {
  const probe = new PreparedResponse({
    status: 203,
    headers: ["x-probe", "1"],
    length: 1,
    body: new Uint8Array([1]),
  }) as unknown as Response;
  try {
    const { status, headers } = probe.clone();
    return status === 203 && headers.get("x-probe") === "1" &&
      probe.body !== null && probe.status === 203 && !probe.bodyUsed;
  } catch {
    return false;
  }
}

/** The answer as a Response. */
export function respond(prepared: Prepared | PreparedStream): Response {
  if (!isLazy || prepared.body instanceof ReadableStream) {
    return toNative(prepared);
  }
  const { body } = prepared;
  return new PreparedResponse({ ...prepared, body }) as unknown as Response;
}

/**
 * What `respond` was given, if nothing has looked into the Response since;
 * else undefined, and it is to be sent like any other.
 */
export function preparedOf(response: unknown): Prepared | undefined {
  return PreparedResponse.prepared(response);
}
