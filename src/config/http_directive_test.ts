/** What the limits' shapes take; what they mean is http_test.ts's. */

// nginx's directive names are snake_case, and they are this file's subject.
// deno-lint-ignore-file camelcase

import { assertEquals } from "@std/assert";
import * as v from "valibot";
import { DEFAULTS } from "./default.ts";
import type { HttpDirective } from "./http.ts";
import { httpDirectives } from "./http_directive.ts";

/** For each directive: what it takes, and what it does not. */
const TABLE: {
  readonly [Name in HttpDirective]: readonly [unknown[], unknown[]];
} = {
  client_header_timeout: [["1s", 5], ["0", 0, "x"]],
  client_body_timeout: [["1s", 5], ["0", 0, "x"]],
  client_max_body_size: [["0", "8m", 10], ["-1", "8x", null]],
  large_client_header_buffers: [["4 8k", "1 64"], ["4", "0 8k", 4, "4 8m"]],
  send_timeout: [["100ms"], [0]],
  keepalive_timeout: [["75s", 0], ["x", -1]],
  keepalive_requests: [[1, 4_294_967_295], [0, "1", 1.5]],
  max_headers: [[1, 100, 1000], [0, 65_537, 1.5, "100"]],
  worker_connections: [[1, 1_048_576], [0, 1_048_577, "512"]],
};

for (const [name, schema] of Object.entries(httpDirectives)) {
  Deno.test(`${name} takes what it can mean, its default too`, () => {
    const directive = name as HttpDirective;
    const [good, bad] = TABLE[directive];
    const takes = (value: unknown): boolean =>
      v.safeParse(schema, value).success;
    for (const value of [...good, DEFAULTS[directive]]) {
      assertEquals(takes(value), true, String(value));
    }
    for (const value of bad) assertEquals(takes(value), false, String(value));
  });
}
