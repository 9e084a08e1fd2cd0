/**
 * The shapes of the directives of `http.ts`. Apart from them because a start
 * without a configuration file must not load the schema library.
 */

import * as v from "valibot";
import { DEFAULTS } from "./default.ts";
import {
  type Described,
  directive,
  EXPECTED,
  integer,
  positiveTime,
  type Schema,
  size,
  time,
} from "./directive.ts";
import { type HttpDirective, parseBuffers } from "./http.ts";

const buffers = v.pipe(
  v.string(),
  v.check((text) => parseBuffers(text) !== undefined),
);

/** Main and pool: see schema.ts. */
export const httpDirectives = {
  client_header_timeout: directive(positiveTime, {
    doc: "How long a client may take to send a request's head.",
    expected: EXPECTED.positiveTime,
    default: DEFAULTS.client_header_timeout,
  }),
  client_body_timeout: directive(positiveTime, {
    doc: "How long a client may pause while it sends a body.",
    expected: EXPECTED.positiveTime,
    default: DEFAULTS.client_body_timeout,
  }),
  client_max_body_size: directive(size, {
    doc: "The largest request body; 0: no limit.",
    expected: EXPECTED.size,
    default: DEFAULTS.client_max_body_size,
  }),
  large_client_header_buffers: directive(buffers, {
    doc: "How many buffers of what size a head may take; a line fits into one.",
    expected: 'a number and a size such as "4 8k", together at most 16m',
    default: DEFAULTS.large_client_header_buffers,
  }),
  max_headers: directive(integer(1, 65_536), {
    doc: "How many header lines a request may have.",
    expected: "an integer from 1 to 65536",
    default: DEFAULTS.max_headers,
  }),
  send_timeout: directive(positiveTime, {
    doc: "How long a client may take nothing of a response.",
    expected: EXPECTED.positiveTime,
    default: DEFAULTS.send_timeout,
  }),
  keepalive_timeout: directive(time, {
    doc: "How long an idle connection is kept; 0: not at all.",
    expected: EXPECTED.time,
    default: DEFAULTS.keepalive_timeout,
  }),
  keepalive_requests: directive(integer(1, 4_294_967_295), {
    doc: "How many requests a connection may carry.",
    expected: "an integer from 1 to 4294967295",
    default: DEFAULTS.keepalive_requests,
  }),
  worker_connections: directive(integer(1, 1_048_576), {
    doc: "How many connections a worker may have open.",
    expected: "an integer from 1 to 1048576",
    default: DEFAULTS.worker_connections,
  }),
} satisfies { readonly [Name in HttpDirective]: Described<Schema> };
