/** Types by extension. */

import { assertEquals } from "@std/assert";
import { MediaTypes } from "./media_type.ts";

const OPTIONS = {
  types: {},
  defaultType: "application/octet-stream",
  charset: "utf-8",
};

Deno.test("of() goes by the extension, whatever its case", () => {
  const types = new MediaTypes(OPTIONS);
  const cases: readonly (readonly [string, string])[] = [
    ["index.html", "text/html; charset=utf-8"],
    ["/a.b/INDEX.HTM", "text/html; charset=utf-8"],
    ["a.min.js", "text/javascript; charset=utf-8"],
    ["a.mjs", "text/javascript; charset=utf-8"],
    ["a.css", "text/css; charset=utf-8"],
    ["a.txt", "text/plain; charset=utf-8"],
    ["a.json", "application/json"],
    ["a.svg", "image/svg+xml"],
    ["a.png", "image/png"],
    ["a.woff2", "font/woff2"],
    ["a.wasm", "application/wasm"],
    ["a.webmanifest", "application/manifest+json"],
    ["a.pdf", "application/pdf"],
    ["a.mp4", "video/mp4"],
    ["a.avif", "image/avif"],
    ["a.tar.gz", "application/gzip"],
    ["README", "application/octet-stream"],
    ["a.", "application/octet-stream"],
    ["a.unknown", "application/octet-stream"],
    ["/folder.html/file", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
    ["a.__proto__", "application/octet-stream"],
  ];
  for (const [name, type] of cases) assertEquals(types.of(name), type, name);
});

Deno.test("of() says what the configuration says first", () => {
  const types = new MediaTypes({
    types: { ts: "text/typescript", html: "text/html; charset=latin1" },
    defaultType: "text/plain",
    charset: undefined,
  });
  assertEquals(types.of("a.ts"), "text/typescript");
  assertEquals(types.of("a.HTML"), "text/html; charset=latin1");
  assertEquals(types.of("a.css"), "text/css");
  assertEquals(types.of("README"), "text/plain");
});
