/**
 * The numbers a server holds its clients to, with nginx's names and meanings.
 * Source: nginx's ngx_http_core_module and ngx_core_module; the defaults are
 * the configuration's (config/default.ts).
 */

import type { Bytes, Milliseconds } from "../base/unit.ts";

/** What one client may take, in time, bytes and connections. */
export interface HttpLimits {
  /** From the accept, or the first byte of a request, to its whole head. */
  readonly clientHeaderTimeoutMs: Milliseconds;
  /** Between two reads of a body that the app waits for. */
  readonly clientBodyTimeoutMs: Milliseconds;
  /** Between two writes that a client takes. */
  readonly sendTimeoutMs: Milliseconds;
  /** Idle between two requests; 0 closes after each response. */
  readonly keepaliveTimeoutMs: Milliseconds;
  /** Requests on one connection; its last response closes it. */
  readonly keepaliveRequestsMax: number;
  /** A request line or a header line fits into one of these many buffers. */
  readonly headerBuffersMax: number;
  readonly headerBufferBytes: Bytes;
  /** Header lines of one request. */
  readonly headersMax: number;
  /** A request body; 0 means no limit. */
  readonly bodyBytesMax: Bytes;
  /** Open connections of this process. */
  readonly connectionsMax: number;
}
