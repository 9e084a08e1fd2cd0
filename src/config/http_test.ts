/** Every limit from its text, and the defaults that nginx has. */

// nginx's directive names are snake_case, and they are this file's subject.
// deno-lint-ignore-file camelcase

import { assertEquals } from "@std/assert";
import { parseBuffers, resolveHttp } from "./http.ts";

Deno.test("resolveHttp() has nginx's defaults", () => {
  assertEquals<unknown>(resolveHttp(() => undefined), {
    clientHeaderTimeoutMs: 60_000,
    clientBodyTimeoutMs: 60_000,
    sendTimeoutMs: 60_000,
    keepaliveTimeoutMs: 75_000,
    keepaliveRequestsMax: 1000,
    headerBuffersMax: 4,
    headerBufferBytes: 8192,
    headersMax: 100,
    bodyBytesMax: 1_048_576,
    connectionsMax: 512,
  });
});

Deno.test("resolveHttp() takes what is written", () => {
  const written: { readonly [name: string]: string | number } = {
    client_header_timeout: "1s",
    client_body_timeout: "2s",
    client_max_body_size: "8k",
    keepalive_requests: 3,
    keepalive_timeout: 0,
    large_client_header_buffers: "2 1k",
    max_headers: 7,
    send_timeout: "4s",
    worker_connections: 5,
  };
  assertEquals<unknown>(resolveHttp((name) => written[name]), {
    clientHeaderTimeoutMs: 1000,
    clientBodyTimeoutMs: 2000,
    sendTimeoutMs: 4000,
    keepaliveTimeoutMs: 0,
    keepaliveRequestsMax: 3,
    headerBuffersMax: 2,
    headerBufferBytes: 1024,
    headersMax: 7,
    bodyBytesMax: 8192,
    connectionsMax: 5,
  });
});

Deno.test("parseBuffers() takes a number and a size", () => {
  assertEquals<unknown>(parseBuffers("4 8k"), { count: 4, bytes: 8192 });
  const wrong = ["", "4", "4 ", "8k", "0 8k", "4 0", "4 63", "4 8k 1", "a 8k"];
  for (const text of [...wrong, "4 8m", "1 1g", "-1 8k", "4 8q"]) {
    assertEquals(parseBuffers(text), undefined, text);
  }
});
