/**
 * Says on an answer of the app what the cache did. Its headers may be ones
 * that cannot be changed; then it is made anew around the same body.
 */

import { type CacheStatus, formatCacheStatus } from "./cache_status.ts";

/** The response with a Cache-Status, and with another body if one is given. */
export function withCacheStatus(
  response: Response,
  status: CacheStatus,
  body?: ReadableStream,
): Response {
  const isSendable = response.status >= 200 &&
    (body !== undefined || !response.bodyUsed);
  // What cannot be sent is the server's to refuse.
  if (!isSendable) return response;
  const before = response.headers.get("cache-status");
  const value = formatCacheStatus(status, before);
  if (body === undefined) {
    try {
      mark(response.headers, value);
      return response;
    } catch {
      // Of Response.redirect(), or of a fetch.
    }
  }
  const made = new Response(body ?? response.body, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
  mark(made.headers, value);
  return made;
}

function mark(headers: Headers, value: string): void {
  headers.set("cache-status", value);
  // It was meant for this cache. nginx hides it, too.
  headers.delete("x-accel-expires");
}
