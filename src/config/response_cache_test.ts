/** `response_cache` with its defaults, its units and its zone. */

import { assertEquals } from "@std/assert";
import { resolveResponseCache } from "./response_cache.ts";

Deno.test("resolveResponseCache() is nothing without the directive", () => {
  const nothing = { ok: true, config: undefined } as const;
  assertEquals(resolveResponseCache(undefined, []), nothing);
  assertEquals(resolveResponseCache("off", []), nothing);
});

Deno.test("resolveResponseCache() fills in the defaults", () => {
  assertEquals<unknown>(resolveResponseCache("web", ["web"]), {
    ok: true,
    config: {
      zone: "web",
      valid: {},
      bypass: [],
      noCache: [],
      lockTimeoutMs: 5000,
      staleWhileRevalidateMs: 0,
      staleIfErrorMs: 0,
      heuristicPercentMax: 0,
      requestDirectives: true,
    },
  });
});

Deno.test("resolveResponseCache() takes every option", () => {
  const resolved = resolveResponseCache({
    zone: "web",
    valid: ["10s", "404 200 1s", "any 2s"],
    bypass: "$arg_x",
    no_cache: ["$cookie_a", "$http_b"],
    lock_timeout: "1s",
    stale_while_revalidate: "2s",
    stale_if_error: "3s",
    heuristic_percent: 10,
    request_directives: false,
  }, ["web"]);
  assertEquals<unknown>(resolved.ok && resolved.config, {
    zone: "web",
    valid: { 200: 10_000, 301: 10_000, 302: 10_000, 404: 1000, any: 2000 },
    bypass: ["$arg_x"],
    noCache: ["$cookie_a", "$http_b"],
    lockTimeoutMs: 1000,
    staleWhileRevalidateMs: 2000,
    staleIfErrorMs: 3000,
    heuristicPercentMax: 10,
    requestDirectives: false,
  });
});

Deno.test("resolveResponseCache() names the zones there are", () => {
  const wrongOf = (zones: readonly string[]): string | false => {
    const resolved = resolveResponseCache("web", zones);
    return !resolved.ok && resolved.wrong;
  };
  assertEquals(wrongOf([]), 'must be a zone of "cache": there is no "cache"');
  assertEquals(
    wrongOf(["a", "b"]),
    'must be a zone of "cache": there is "a", "b"',
  );
});
