/**
 * One request and the response that answers it, whatever protocol carries
 * them. What is above (Request, Response, info, failures, the access log) sees
 * only this; HTTP/1 and HTTP/2 each have one of their own.
 *
 * Its end is told once: `sent`, the response was handed to the kernel, or
 * `gone`, the connection is no more. Listeners are called in the order of
 * their coming, late ones at once.
 */

import type { Socket } from "node:net";
import type { Instant, Milliseconds } from "../base/unit.ts";
import { monotonicNow } from "../os/clock.ts";
import type { RequestBody } from "./body.ts";
import type { Connection } from "./connection.ts";

/** Who sent a request, and over what. */
export interface Peer {
  /** The client, as the proxy in front says where it is trusted. */
  readonly address: Deno.Addr;
  /** "https" on a TLS listener, or where a trusted proxy says so. */
  readonly scheme: "http" | "https";
  /** The other end of the connection, where that is not the client. */
  readonly connected?: Deno.Addr;
  /** Of a TLS connection. */
  readonly tls?: TlsFacts;
}

/** What was agreed on with the client, as nginx calls it. */
export interface TlsFacts {
  /** "TLSv1.3" */
  readonly protocol: string;
  readonly cipher: string;
  /** The name it asked for; "": none. */
  readonly serverName: string;
  /** "h2", "http/1.1"; "": nothing. */
  readonly alpn: string;
}

/** What stands above a body. */
export interface ResponseHead {
  readonly status: number;
  /** Empty: the usual words. */
  readonly statusText: string;
  /** Names and values in turn; nothing about framing or the connection. */
  readonly lines: readonly string[];
  /** What Content-Length says, undefined: nothing. */
  readonly length: string | undefined;
}

/** How an exchange ended. */
export type Ending = "sent" | "gone";

/** Who counts a connection that speaks another protocol now. */
export interface TakeoverOwner {
  readonly mayKeepAlive: boolean;
  readonly keepaliveDrainMs: Milliseconds;
  onClosed(connection: Connection): void;
}

/** A socket that HTTP is no longer spoken on: after an upgrade. */
export interface Takeover {
  /** With no listener of ours. */
  readonly socket: Socket;
  /** What came after the request's head. */
  readonly head: Uint8Array;
  readonly owner: TakeoverOwner;
}

/** Begins to speak the other protocol. */
export type Adopt = (takeover: Takeover) => Connection;

/** A request that is being answered. */
export abstract class Exchange {
  abstract readonly method: string;
  /** As in the request line; of HTTP/2 the :path. */
  abstract readonly target: string;
  /** "HTTP/1.1", "HTTP/2.0": for the access log. */
  abstract readonly protocol: string;
  /** Names and values in turn, as they came. */
  abstract readonly rawHeaders: readonly string[];
  abstract readonly body: RequestBody;
  /** At the other end of the connection. */
  abstract readonly peer: Peer;
  /** What the request names as its host. */
  abstract readonly host: string | undefined;
  /** The status that refuses it: nobody but the server sees it then. */
  abstract readonly refusal: number | undefined;
  /** The request has a body. */
  abstract readonly hasBody: boolean;

  /** A status was sent, or the whole response. */
  isHeadSent = false;
  /** What was sent: 0 before. */
  status = 0;
  /** Of the response's body, for the access log. */
  bodyBytesSent = 0;
  /** Of the request's body so far. */
  bodyBytesReceived = 0;
  /** Everything sent that is not of the body. */
  overheadBytesSent = 0;
  /** The head of the response; undefined before. */
  sentHead: ResponseHead | undefined;
  /** When the first of it came. */
  startedAt: Instant = monotonicNow();
  /** The number of its connection in this worker, from 1. */
  connectionNumber = 0;
  /** Its own number on its connection, from 1. */
  requestNumber = 0;

  #client: Peer | undefined;
  #ending: Ending | undefined;
  #listeners: ((ending: Ending) => void)[] | undefined;

  /** A whole response at once; `null`: no body. */
  abstract respond(
    head: ResponseHead,
    body: string | Uint8Array | null,
  ): void;
  /** The head of a response whose body follows by `write` and `end`. */
  abstract start(head: ResponseHead): void;
  /** More of the body; a promise when the client should catch up first. */
  abstract write(chunk: Uint8Array): undefined | Promise<void>;
  abstract end(): void;
  /** Break off, so that the client sees it. */
  abstract cut(): void;
  /** The connection is not to be used again. */
  abstract refuseKeepalive(): void;
  /**
   * Give the bare connection to another protocol, when the request asked for
   * one and nothing was sent; else false, and nothing happened.
   */
  abstract takeOver(adopt: Adopt): boolean;

  /** Who asked: the peer, or whom a trusted proxy asks for. */
  get client(): Peer {
    return this.#client ?? this.peer;
  }

  set client(client: Peer) {
    this.#client = client;
  }

  /** Nobody holds what was written any more: its bytes may change. */
  get isFlushed(): boolean {
    return false;
  }

  /** undefined while it is open. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Called once, when it ends; at once when it has. */
  onEnd(listener: (ending: Ending) => void): void {
    if (this.#ending !== undefined) listener(this.#ending);
    else if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  /** For the protocol: it ended like this. Only the first counts. */
  settle(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners === undefined) return;
    for (const listener of listeners) listener(ending);
  }
}
