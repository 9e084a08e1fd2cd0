/** `static` as written, and what it stands for. */

import { assertEquals } from "@std/assert";
import type { StaticConfig } from "./config.ts";
import { resolveStatic } from "./static.ts";

const DEFAULT: StaticConfig = {
  root: "/srv/public",
  index: ["index.html"],
  autoindex: false,
  disableSymlinks: "off",
  hiddenFiles: false,
  encodings: [],
  cacheControl: undefined,
  etag: true,
  rangesMax: 64,
  notFound: undefined,
  fallback: undefined,
  types: {},
  defaultType: "application/octet-stream",
  charset: "utf-8",
};

Deno.test("resolveStatic() fills in the defaults", () => {
  assertEquals(resolveStatic("public", "/srv"), DEFAULT);
  assertEquals(resolveStatic({ root: "./public/" }, "/srv"), DEFAULT);
  assertEquals(resolveStatic("/www", "/srv").root, "/www");
});

Deno.test("resolveStatic() takes what is given", () => {
  assertEquals(
    resolveStatic({
      root: "public",
      index: "home.html",
      autoindex: true,
      disable_symlinks: "outside",
      hidden_files: true,
      gzip_static: true,
      brotli_static: true,
      cache_control: "no-cache",
      etag: false,
      max_ranges: 1,
      not_found: "errors/../404.html",
      fallback: "/../../index.html",
      types: { ts: "text/typescript" },
      default_type: "text/plain",
      charset: "off",
    }, "/srv"),
    {
      root: "/srv/public",
      index: ["home.html"],
      autoindex: true,
      disableSymlinks: "outside",
      hiddenFiles: true,
      encodings: ["br", "gzip"],
      cacheControl: "no-cache",
      etag: false,
      rangesMax: 1,
      notFound: "/404.html",
      fallback: "/index.html",
      types: { ts: "text/typescript" },
      defaultType: "text/plain",
      charset: undefined,
    },
  );
  const gzip = resolveStatic({ root: "/", gzip_static: true }, "/");
  assertEquals([gzip.root, gzip.encodings], ["/", ["gzip"]]);
});
