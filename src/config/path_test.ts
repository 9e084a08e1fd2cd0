/** Absolute paths, as text. */

import { assertEquals } from "@std/assert";
import { folderOf, resolvePath } from "./path.ts";

Deno.test("resolvePath() makes one text of every spelling", () => {
  const paths: readonly [string, string, string][] = [
    ["/srv", "x.sock", "/srv/x.sock"],
    ["/srv", "./run/x", "/srv/run/x"],
    ["/srv/a", "../x", "/srv/x"],
    ["/srv", "/etc/x", "/etc/x"],
    ["/srv", "/etc//./x/", "/etc/x"],
    ["/", "x", "/x"],
    ["/srv", "../../../x", "/x"],
    ["/srv", ".", "/srv"],
  ];
  for (const [from, path, wanted] of paths) {
    assertEquals(resolvePath(from, path), wanted, path);
  }
});

Deno.test("folderOf() is the folder a file lies in", () => {
  assertEquals(folderOf("/srv/app/procmgr.jsonc"), "/srv/app");
  assertEquals(folderOf("/procmgr.jsonc"), "/");
});
