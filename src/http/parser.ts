/**
 * HTTP/1 messages out of bytes: the runtime's own llhttp, the parser of
 * node:http, without the streams that node:http puts around it (they cost
 * twice what parsing does). It is strict: bare LF, obs-fold, a length beside a
 * transfer coding, two lengths and whatever else lets two readers disagree is
 * an error, for which nothing needs to be done here.
 *
 * `process.binding` is old and says so, yet it is the only door to the parser
 * that does not load all of node:http (30 ms and 9 MiB of a worker).
 * Source: Deno 2.9 ext/node, llhttp; the order of callbacks is tested in
 * tests/os/llhttp_test.ts.
 */

import process from "node:process";
import type { RawHead } from "./head.ts";

/** What a parser reports, in the order of the bytes. */
export interface ParserHandlers {
  /** The first byte of a message. */
  onBegin(): void;
  onHead(head: ParsedHead): void;
  onBody(chunk: Uint8Array): void;
  /** The message is complete. */
  onEnd(): void;
}

/** A head, and what the parser makes of its connection headers. */
export interface ParsedHead extends RawHead {
  /** The client lets the connection stay open. */
  readonly keepsAlive: boolean;
  /** It asks for another protocol: nothing after it is parsed. */
  readonly upgrades: boolean;
}

/** Bytes that are no message. */
export interface ParseFailure {
  /** "HPE_INVALID_METHOD" and the like. */
  readonly code: string;
  readonly reason: string;
}

/** How much of a chunk was parsed; less than all only before an upgrade. */
export type Parsed =
  | { readonly ok: true; readonly bytes: number }
  | { readonly ok: false; readonly failure: ParseFailure };

interface NativeParser {
  initialize(type: number, resource: object, headBytesMax: number): void;
  execute(chunk: Uint8Array): number | ParseFailure & Error;
  close(): void;
  [callback: number]: unknown;
}

interface Binding {
  /** By llhttp's numbers; `methods` beside it leaves some out. */
  readonly allMethods: readonly string[];
  readonly HTTPParser: {
    new (): NativeParser;
    readonly REQUEST: number;
    readonly kOnMessageBegin: number;
    readonly kOnHeaders: number;
    readonly kOnHeadersComplete: number;
    readonly kOnBody: number;
    readonly kOnMessageComplete: number;
  };
}

const { allMethods, HTTPParser } = loadBinding();

function loadBinding(): Binding {
  const binding: (name: string) => unknown = Reflect.get(process, "binding");
  return binding.call(process, "http_parser") as Binding;
}

/** Parses the requests of one connection. */
export class RequestParser {
  readonly #native = new HTTPParser();
  /** Heads with more than 32 lines come in pieces. */
  #lines: string[] | undefined;
  #target = "";

  /** A head of more than `headBytesMax` is the failure HPE_HEADER_OVERFLOW. */
  constructor(handlers: ParserHandlers, headBytesMax: number) {
    const native = this.#native;
    native.initialize(HTTPParser.REQUEST, {}, headBytesMax);
    native[HTTPParser.kOnMessageBegin] = () => handlers.onBegin();
    native[HTTPParser.kOnHeaders] = (lines: string[], target: string) => {
      this.#collect(lines, target);
    };
    native[HTTPParser.kOnHeadersComplete] = (...parts: HeadParts): number => {
      handlers.onHead(this.#toHead(parts));
      return 0;
    };
    native[HTTPParser.kOnBody] = (chunk: Uint8Array) => handlers.onBody(chunk);
    native[HTTPParser.kOnMessageComplete] = () => {
      // Trailers are dropped: a Request has no place for them.
      this.#lines = undefined;
      handlers.onEnd();
    };
  }

  /** Parse the next bytes; the handlers are called before it returns. */
  execute(chunk: Uint8Array): Parsed {
    const result = this.#native.execute(chunk);
    if (typeof result === "number") return { ok: true, bytes: result };
    const { code, reason } = result;
    return { ok: false, failure: { code, reason } };
  }

  /** Free it. Not from inside a handler. */
  close(): void {
    this.#native.close();
  }

  #collect(lines: readonly string[], target: string): void {
    this.#target += target;
    this.#lines ??= [];
    this.#lines.push(...lines);
  }

  #toHead(parts: HeadParts): ParsedHead {
    const [versionMajor, versionMinor, lines, method, target] = parts;
    const head: ParsedHead = {
      method: allMethods[method] ?? "",
      target: target ?? this.#target,
      versionMajor,
      versionMinor,
      rawHeaders: lines ?? this.#lines ?? [],
      upgrades: parts[7],
      keepsAlive: parts[8],
    };
    this.#lines = undefined;
    this.#target = "";
    return head;
  }
}

type HeadParts = [
  versionMajor: number,
  versionMinor: number,
  lines: string[] | null,
  method: number,
  target: string | null,
  statusCode: unknown,
  statusMessage: unknown,
  upgrades: boolean,
  keepsAlive: boolean,
];
