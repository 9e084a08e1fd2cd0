/**
 * The directives that limit what a client may take, with nginx's names and
 * defaults: their shapes, and their values as the server wants them.
 * Source: nginx's ngx_http_core_module and ngx_core_module.
 */

import { type Bytes, toBytes, toMilliseconds } from "../base/unit.ts";
import type { Milliseconds } from "../base/unit.ts";
import type { HttpConfig } from "./config.ts";
import { DEFAULTS } from "./default.ts";
import { parseSize, parseTime } from "./quantity.ts";

/** What they are called. */
export type HttpDirective =
  | "client_body_timeout"
  | "client_header_timeout"
  | "client_max_body_size"
  | "keepalive_requests"
  | "keepalive_timeout"
  | "large_client_header_buffers"
  | "max_headers"
  | "send_timeout"
  | "worker_connections";

/** A directive's value as written; undefined: not there. */
export type HttpValue = (name: HttpDirective) => string | number | undefined;

/** All of them, from what is written and the defaults. */
export function resolveHttp(valueOf: HttpValue): HttpConfig {
  const value = (name: HttpDirective): string | number =>
    valueOf(name) ?? DEFAULTS[name];
  const time = (name: HttpDirective): Milliseconds =>
    parseTime(value(name)) ?? toMilliseconds(0);
  const buffers = parseBuffers(String(value("large_client_header_buffers")));
  return {
    clientHeaderTimeoutMs: time("client_header_timeout"),
    clientBodyTimeoutMs: time("client_body_timeout"),
    sendTimeoutMs: time("send_timeout"),
    keepaliveTimeoutMs: time("keepalive_timeout"),
    keepaliveRequestsMax: Number(value("keepalive_requests")),
    headerBuffersMax: buffers?.count ?? 1,
    headerBufferBytes: buffers?.bytes ?? toBytes(0),
    headersMax: Number(value("max_headers")),
    bodyBytesMax: parseSize(value("client_max_body_size")) ?? toBytes(0),
    connectionsMax: Number(value("worker_connections")),
  };
}

/** How many buffers of what size. */
export interface Buffers {
  readonly count: number;
  readonly bytes: Bytes;
}

/** The parser counts a head in 32 bits; nobody sends one of 16 MiB. */
const HEAD_BYTES_MAX = 16 * 1024 * 1024;

/** "4 8k"; undefined when it is no such thing. */
export function parseBuffers(text: string): Buffers | undefined {
  const match = /^(\d{1,6}) +(\d+[kKmM]?)$/.exec(text);
  if (match === null) return undefined;
  const count = Number(match[1]);
  const bytes = parseSize(match[2] ?? "");
  if (count === 0 || bytes === undefined || bytes < 64) return undefined;
  return count * bytes > HEAD_BYTES_MAX ? undefined : { count, bytes };
}
