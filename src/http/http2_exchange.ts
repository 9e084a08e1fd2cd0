/**
 * One request on an HTTP/2 stream and its response. Framing, flow control and
 * the Request itself are the runtime's; here it becomes an exchange like any
 * other, with the same limits.
 * Source: RFC 9113 sections 5.4.2 and 8.1.
 */

import { Buffer } from "node:buffer";
import { clientGone, emptyBody, RequestBody } from "./body.ts";
import { Exchange, type Peer, type ResponseHead } from "./exchange.ts";
import { checkHead } from "./head.ts";
import type { HttpLimits } from "./limits.ts";
import { isBodiless } from "./status.ts";

/** What an exchange needs of its connection. */
export interface Http2Host {
  readonly peer: Peer;
  readonly limits: HttpLimits;
  /** Its body is not what it may be. */
  onBroken(exchange: Http2Exchange, status: number): void;
}

/** One request on an HTTP/2 stream. */
export class Http2Exchange extends Exchange {
  override readonly method: string;
  override readonly target: string;
  override readonly protocol = "HTTP/2.0";
  override readonly rawHeaders: readonly string[];
  override readonly host: string | undefined;
  override readonly refusal: number | undefined;
  override readonly hasBody: boolean;
  override readonly body: RequestBody;
  override readonly peer: Peer;
  /** What the runtime sends. */
  readonly response: Promise<Response>;
  /** All of the response was handed over. */
  isAnswered = false;
  readonly #answer: (response: Response) => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #caughtUp: (() => void) | undefined;

  constructor(request: Request, host: Http2Host) {
    super();
    const { peer, limits } = host;
    const { authority, target } = partsOf(request.url);
    this.method = request.method;
    this.target = target;
    this.host = authority;
    this.peer = peer;
    this.hasBody = request.body !== null;
    this.rawHeaders = rawHeadersOf(request, authority);
    const check = checkHead({
      ...{ versionMajor: 1, versionMinor: 1 },
      ...{ method: this.method, target, rawHeaders: this.rawHeaders },
    }, limits);
    this.refusal = check.ok ? undefined : check.status;
    this.body = this.#receive(request, host);
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#answer = resolve;
    this.onEnd(() => {
      this.#caughtUp?.();
      this.body.fail(clientGone());
    });
  }

  override respond(
    head: ResponseHead,
    body: string | Uint8Array | null,
  ): void {
    const sent = this.#withoutBody(head.status) ? null : body;
    if (sent !== null) {
      this.bodyBytesSent = typeof sent === "string"
        ? Buffer.byteLength(sent)
        : sent.length;
    }
    this.#begin(head, sent as BodyInit | null);
    this.isAnswered = true;
  }

  override start(head: ResponseHead): void {
    if (this.#withoutBody(head.status)) return this.#begin(head, null);
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#caughtUp?.(),
      cancel: () => this.settle("gone"),
    });
    this.#begin(head, stream);
  }

  override write(chunk: Uint8Array): undefined | Promise<void> {
    const controller = this.#controller;
    if (controller === undefined || this.ending !== undefined) return undefined;
    this.bodyBytesSent += chunk.length;
    controller.enqueue(chunk);
    if ((controller.desiredSize ?? 1) > 0) return undefined;
    return new Promise((resolve) => this.#caughtUp = resolve);
  }

  override end(): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    if (this.ending === undefined) this.#controller?.close();
  }

  override cut(): void {
    this.isAnswered = true;
    this.#controller?.error(clientGone());
  }

  override refuseKeepalive(): void {
    // Other streams of the connection are none of this one's business.
  }

  override takeOver(): boolean {
    return false;
  }

  #begin(head: ResponseHead, body: BodyInit | null): void {
    if (this.isHeadSent) return;
    this.isHeadSent = true;
    this.status = head.status;
    this.sentHead = head;
    const headers = new Headers();
    for (let index = 0; index + 1 < head.lines.length; index += 2) {
      headers.append(head.lines[index] ?? "", head.lines[index + 1] ?? "");
    }
    if (head.length !== undefined) headers.set("content-length", head.length);
    const { status } = head;
    this.#answer(new Response(body, { status, headers }));
  }

  #withoutBody(status: number): boolean {
    return this.method === "HEAD" || isBodiless(status);
  }

  #receive(request: Request, host: Http2Host): RequestBody {
    const reader = request.body?.getReader();
    if (reader === undefined) return emptyBody();
    let goOn = (): void => {};
    let isPaused = false;
    const body = new RequestBody({
      onWanted: () => {},
      pause: () => isPaused = true,
      resume: () => {
        isPaused = false;
        goOn();
      },
    });
    const pump = async (): Promise<void> => {
      for (;;) {
        if (isPaused) await new Promise<void>((resolve) => goOn = resolve);
        const { done, value } = await reader.read();
        if (done) return body.end();
        this.#push(body, value, host);
      }
    };
    pump().catch(() => body.fail(clientGone()));
    return body;
  }

  #push(body: RequestBody, chunk: Uint8Array, host: Http2Host): void {
    const { bodyBytesMax } = host.limits;
    this.bodyBytesReceived += chunk.length;
    if (bodyBytesMax > 0 && this.bodyBytesReceived > bodyBytesMax) {
      if (!this.isHeadSent) host.onBroken(this, 413);
      throw clientGone();
    }
    body.push(chunk);
  }
}

/** "https://a:1/b?c" in two; there is always a slash. */
function partsOf(url: string): { authority: string; target: string } {
  const start = url.indexOf("//") + 2;
  const slash = url.indexOf("/", start);
  return slash < 0
    ? { authority: url.slice(start), target: "/" }
    : { authority: url.slice(start, slash), target: url.slice(slash) };
}

function rawHeadersOf(request: Request, authority: string): readonly string[] {
  const lines = [...request.headers].flat();
  return request.headers.has("host") ? lines : ["host", authority, ...lines];
}
