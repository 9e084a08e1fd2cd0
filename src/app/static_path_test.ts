/** Paths, clean and dirty, to names below the root. */

import { assertEquals } from "@std/assert";
import { encodePath, isHidden, mapPath, queryOf } from "./static_path.ts";

function mapped(path: string, hiddenFiles = false): string {
  const result = mapPath(`http://a${path}`, { hiddenFiles });
  if (!result.ok) return String(result.status);
  return `${result.path}${result.isFolder ? " folder" : ""}`;
}

Deno.test("mapPath() maps what is plain and what is not", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", " folder"],
    ["/", " folder"],
    ["/?a=/b", " folder"],
    ["/index.html", "/index.html"],
    ["/a/b.css?x#y", "/a/b.css"],
    ["/a/", "/a folder"],
    ["/a%20b/%C3%A4.txt", "/a b/ä.txt"],
    ["/100%25", "/100%"],
    ["/a+b", "/a+b"],
    ["//a///b//", "/a/b folder"],
    ["/a/./b", "/a/b"],
    ["/a/../b", "/b"],
    ["/a/b/..", "/a folder"],
    ["/a/.", "/a folder"],
    ["/a/%2e%2e/b", "/b"],
    ["/a/b%2Fc", "/a/b/c"],
    ["/a/..%2fb", "/b"],
    ["/a%5c..%5cb", "/a\\..\\b"],
    ["/a%3Fb%23c", "/a?b#c"],
    ["/%252e%252e/x", "/%2e%2e/x"],
    ["/...", "404"],
    ["/.well-known/acme", "/.well-known/acme"],
    ["/a..b/c..", "/a..b/c.."],
  ];
  for (const [path, expected] of cases) {
    assertEquals(mapped(path), expected, path);
  }
});

Deno.test("mapPath() refuses what leads out or is no path", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["/..", "400"],
    ["/../etc/passwd", "400"],
    ["/a/../../etc/passwd", "400"],
    ["/%2e%2e/etc/passwd", "400"],
    ["/..%2f..%2fetc/passwd", "400"],
    ["/%2E%2E%2Fetc", "400"],
    ["/a%00b", "400"],
    ["/a%", "400"],
    ["/a%4", "400"],
    ["/a%zz", "400"],
    ["/caf%e9", "404"],
    ["/%c0%ae%c0%ae/etc/passwd", "404"],
  ];
  for (const [path, expected] of cases) {
    assertEquals(mapped(path), expected, path);
  }
});

Deno.test("mapPath() keeps hidden files hidden, unless told", () => {
  for (
    const path of [
      "/.env",
      "/.git/config",
      "/a/.htpasswd",
      "/a/.well-known/x",
      "/%2egit/config",
      "/.well-known/.x",
    ]
  ) assertEquals(mapped(path), "404", path);
  assertEquals(mapped("/.git/config", true), "/.git/config");
  assertEquals(mapped("/../x", true), "400");
  assertEquals(isHidden(".well-known", 0), false);
  assertEquals(isHidden(".well-known", 1), true);
});

Deno.test("queryOf() is from the question mark on", () => {
  assertEquals(queryOf("http://a/b"), "");
  assertEquals(queryOf("http://a/b?c=d?e#f"), "?c=d?e");
  assertEquals(queryOf("http://a/b#c?d"), "");
});

Deno.test("encodePath() is what mapPath() reads", () => {
  for (const path of ["", "/a", "/a b/ä?#%", "/%2e%2e", "/\\", "/a:b@c"]) {
    const encoded = encodePath(path);
    assertEquals(encoded.startsWith("/") && !encoded.startsWith("//"), true);
    const result = mapPath(`http://a${encoded}`, { hiddenFiles: false });
    assertEquals(result.ok && result.path, path);
  }
});
