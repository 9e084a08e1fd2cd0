/** Which deno.json applies to an app, and whether Deno is sure to take it. */

import { assertEquals } from "@std/assert";
import {
  DOUBTFUL_TEXTS,
  PLAIN_TEXTS,
} from "../../tests/support/app_config_text.ts";
import { type AppConfig, findAppConfig } from "./app_config.ts";

type Files = Readonly<{ [path: string]: string | null }>;

function find(files: Files, own?: string): AppConfig | undefined {
  return findAppConfig("/srv/site/app.ts", {
    own,
    read: (path) => files[path],
  });
}

Deno.test("findAppConfig() finds nothing where nothing is", () => {
  assertEquals(find({}), undefined);
  assertEquals(find({ "/srv/site/deno.lock": "{}" }), undefined);
  assertEquals(find({ "/srv/other/deno.json": "{}" }), undefined);
});

Deno.test("findAppConfig() takes the nearest, deno.json first", () => {
  const nearest = (...paths: readonly string[]): string | undefined =>
    find(Object.fromEntries(paths.map((path) => [path, "{}"])))?.file;
  assertEquals(nearest("/deno.json", "/srv/deno.jsonc"), "/srv/deno.jsonc");
  assertEquals(
    nearest("/srv/site/deno.jsonc", "/srv/site/deno.json"),
    "/srv/site/deno.json",
  );
  assertEquals(
    nearest("/srv/deno.json", "/srv/site/package.json"),
    "/srv/site/package.json",
  );
  assertEquals(
    nearest("/srv/site/deno.json", "/srv/site/package.json"),
    "/srv/site/deno.json",
  );
});

Deno.test("findAppConfig() does not take procmgr's own", () => {
  const own = "/srv/deno.json";
  assertEquals(find({ [own]: "{}" }, own), undefined);
  assertEquals(
    find({ [own]: "{}", "/srv/site/package.json": "{}" }, own),
    undefined,
  );
  const site = "/srv/site/deno.json";
  assertEquals(find({ [own]: "{}", [site]: "{}" }, own)?.file, site);
});

Deno.test("findAppConfig() knows whether there is a lock file", () => {
  const config = "/srv/site/deno.json";
  const lock = '{"version": "5", "npm": {}}';
  const isLocked = (files: Files): unknown => find(files)?.locked;
  assertEquals(isLocked({ [config]: "{}" }), false);
  assertEquals(
    isLocked({ [config]: "{}", "/srv/site/deno.lock": lock }),
    true,
  );
  assertEquals(isLocked({ [config]: "{}", "/srv/deno.lock": lock }), false);
  assertEquals(
    isLocked({
      "/srv/deno.json": "{}",
      "/srv/site/package.json": "{}",
      "/srv/deno.lock": lock,
    }),
    true,
  );
  assertEquals(isLocked({ [config]: '{"lock": "x.lock"}' }), true);
  assertEquals(isLocked({ [config]: '{"lock": false}' }), true);
});

Deno.test("findAppConfig() knows whether modules get names", () => {
  const config = "/srv/site/deno.json";
  const names = (files: Files): unknown => find(files)?.namesModules;
  assertEquals(names({ [config]: '{"tasks": {}}' }), false);
  assertEquals(names({ [config]: '{"imports": {}}' }), true);
  assertEquals(names({ [config]: "{", "/srv/deno.json": "{}" }), true);
  assertEquals(names({ "/srv/package.json": "{}" }), true);
});

Deno.test("findAppConfig() knows which deno.json is plain", () => {
  for (const text of PLAIN_TEXTS) {
    assertEquals(find({ "/srv/site/deno.json": text })?.plain, true, text);
  }
  for (const text of DOUBTFUL_TEXTS) {
    const files = { "/srv/site/deno.json": text };
    assertEquals(find(files)?.plain, false, String(text));
    assertEquals(
      find({ "/deno.json": text, "/srv/site/deno.json": "{}" })?.plain,
      false,
      `${text} above`,
    );
  }
});

Deno.test("findAppConfig() knows which package.json and lock are plain", () => {
  const isPlain = (name: string, text: string | null): unknown =>
    find({ "/srv/deno.json": "{}", [`/srv/${name}`]: text })?.plain;
  assertEquals(isPlain("package.json", '{"dependencies": {}}'), true);
  for (const text of [null, "", "{", "[]", '{"workspaces": []}']) {
    assertEquals(isPlain("package.json", text), false, String(text));
  }
  assertEquals(isPlain("deno.lock", '{"version": "5", "npm": {}}'), true);
  for (
    const text of [
      null,
      "",
      "{}",
      '{"version": "99"}',
      '{"version": "5", "npm": 5}',
    ]
  ) {
    assertEquals(isPlain("deno.lock", text), false, String(text));
  }
});
