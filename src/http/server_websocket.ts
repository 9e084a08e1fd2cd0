/**
 * The `socket` of Deno.upgradeWebSocket: the standard's WebSocket on the
 * server's side. It exists before the handshake, which happens when the app
 * returns the response that goes with it.
 *
 * Source: the WebSocket standard (websockets.spec.whatwg.org), RFC 6455
 * section 7.4 for the codes.
 */

import { Buffer } from "node:buffer";
import type { WsSocket } from "./ws_library.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** A close that no peer asked for: RFC 6455 section 7.4.1. */
const ABNORMAL = 1006;
const REASON_BYTES_MAX = 123;

type Handler = ((event: Event) => unknown) | null;
type Sendable = string | ArrayBufferLike | ArrayBufferView | Blob;

const EVENTS = ["open", "message", "error", "close"] as const;

/** A WebSocket of this server. */
export class ServerWebSocket extends EventTarget {
  binaryType: "blob" | "arraybuffer" = "blob";
  readonly url = "";
  #state = CONNECTING;
  #ws: WsSocket | undefined;
  #closing: { readonly code?: number; readonly reason?: string } | undefined;
  /** Blobs are read before they are sent: what follows waits for them. */
  #sending: Promise<void> | undefined;
  readonly #handlers = new Map<string, Handler>();

  get readyState(): number {
    return this.#state;
  }

  get protocol(): string {
    return this.#ws?.protocol ?? "";
  }

  get extensions(): string {
    return this.#ws?.extensions ?? "";
  }

  get bufferedAmount(): number {
    return this.#ws?.bufferedAmount ?? 0;
  }

  send(data: Sendable): void {
    if (this.#state === CONNECTING) {
      const text = "readyState not OPEN";
      throw new DOMException(text, "InvalidStateError");
    }
    if (this.#state !== OPEN) return;
    if (!(data instanceof Blob) && this.#sending === undefined) {
      return this.#sendNow(data);
    }
    const before = this.#sending ?? Promise.resolve();
    const sending = before.then(async () => {
      const ready = data instanceof Blob ? await data.arrayBuffer() : data;
      if (this.#state === OPEN) this.#sendNow(ready);
    }).finally(() => {
      if (this.#sending === sending) this.#sending = undefined;
    });
    this.#sending = sending;
  }

  close(code?: number, reason?: string): void {
    checkClosing(code, reason);
    if (this.#state === CLOSING || this.#state === CLOSED) return;
    this.#closing = {
      ...code === undefined ? {} : { code },
      ...reason === undefined ? {} : { reason },
    };
    const isOpen = this.#state === OPEN;
    this.#state = CLOSING;
    if (isOpen) this.#closeNow();
  }

  /** For the server: the handshake is done. */
  open(ws: WsSocket): void {
    this.#ws = ws;
    ws.on("message", (data, isBinary) => this.#receive(data, isBinary));
    ws.on("error", (error) => this.#fail(error));
    ws.on("close", (code, reason) => this.#end(code, reason.toString()));
    if (this.#state === CLOSING) return this.#closeNow();
    this.#state = OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** For the server: there will be no handshake. */
  abandon(error: unknown): void {
    if (this.#state === CLOSED) return;
    this.#fail(error);
    this.#end(ABNORMAL, "");
  }

  /** What `onmessage` and its like are made of. */
  handlerOf(name: string): Handler {
    return this.#handlers.get(name) ?? null;
  }

  /** Handlers keep the place among the listeners that they first had. */
  setHandler(name: string, handler: unknown): void {
    const isNew = !this.#handlers.has(name);
    this.#handlers.set(
      name,
      typeof handler === "function" ? handler as Handler : null,
    );
    if (!isNew) return;
    this.addEventListener(name, (event) => {
      const current = this.handlerOf(name);
      if (current !== null) Reflect.apply(current, this, [event]);
    });
  }

  #sendNow(data: string | ArrayBufferLike | ArrayBufferView): void {
    if (typeof data === "string") {
      this.#ws?.send(data, { binary: false });
    } else {
      this.#ws?.send(toBytes(data), { binary: true });
    }
  }

  #closeNow(): void {
    const { code, reason } = this.#closing ?? {};
    const sending = this.#sending;
    const close = (): void => this.#ws?.close(code, reason);
    if (sending === undefined) close();
    else sending.then(close);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#state !== OPEN) return;
    this.dispatchEvent(
      new MessageEvent("message", { data: this.#toData(data, isBinary) }),
    );
  }

  #toData(data: Buffer, isBinary: boolean): unknown {
    if (!isBinary) return data.toString("utf8");
    const bytes = new Uint8Array(data);
    return this.binaryType === "blob" ? new Blob([bytes]) : bytes.buffer;
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.dispatchEvent(new ErrorEvent("error", { message, error }));
  }

  #end(code: number, reason: string): void {
    this.#state = CLOSED;
    const wasClean = code !== ABNORMAL;
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
  }
}

function toBytes(data: ArrayBufferLike | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data as ArrayBuffer);
}

function checkClosing(code?: number, reason?: string): void {
  if (code !== undefined && code !== 1000 && !(code >= 3000 && code < 5000)) {
    const text =
      `The close code must be 1000 or from 3000 to 4999: got ${code}`;
    throw new DOMException(text, "InvalidAccessError");
  }
  if (Buffer.byteLength(reason ?? "") > REASON_BYTES_MAX) {
    const text = `The close reason is longer than ${REASON_BYTES_MAX} bytes`;
    throw new DOMException(text, "SyntaxError");
  }
}

// `onopen` and the rest, the constants, and `instanceof WebSocket`.
for (const name of EVENTS) {
  Object.defineProperty(ServerWebSocket.prototype, `on${name}`, {
    get(this: ServerWebSocket): Handler {
      return this.handlerOf(name);
    },
    set(this: ServerWebSocket, handler: unknown): void {
      this.setHandler(name, handler);
    },
    enumerable: true,
    configurable: true,
  });
}
for (
  const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSING, CLOSED })
) {
  Object.defineProperty(ServerWebSocket.prototype, name, { value });
}
Object.setPrototypeOf(ServerWebSocket.prototype, WebSocket.prototype);
