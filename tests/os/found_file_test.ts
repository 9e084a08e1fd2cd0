/** Files found before they are opened, on the real kernel. */

import { assert, assertEquals } from "@std/assert";
import { openFdNumbers } from "../../src/os/fd.ts";
import {
  factsOf,
  factsOfOpen,
  findFile,
  type FoundFile,
  isSameVersion,
} from "../../src/os/found_file.ts";
import { withFolder } from "./support.ts";

function find(path: string): FoundFile {
  const found = findFile(path);
  if (!found.ok) throw new Error(found.error.text);
  return found.value;
}

Deno.test("findFile() knows what a path leads to", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/a`, "12345");
    Deno.symlinkSync("a", `${folder}/link`);
    new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).outputSync();
    const kinds = ["a", "link", ".", "pipe"].map((name) => {
      const found = find(`${folder}/${name}`);
      found.close();
      found.close();
      return [found.facts.kind, found.facts.size];
    });
    const [, , top] = kinds;
    assertEquals(kinds, [
      ["file", 5],
      ["file", 5],
      ["folder", top?.[1] ?? 0],
      ["other", 0],
    ]);
    const zero = find("/dev/zero");
    assertEquals(zero.facts.kind, "other");
    zero.close();
  }));

Deno.test("findFile() answers with the error of what is not there", () => {
  const codeOf = (path: string): string => {
    const found = findFile(path);
    return found.ok ? "" : found.error.code;
  };
  assertEquals(codeOf("/nowhere/a"), "ENOENT");
  assertEquals(codeOf("/etc/passwd/a"), "ENOTDIR");
  assertEquals(codeOf(`/${"a".repeat(300)}`), "ENAMETOOLONG");
  assertEquals(codeOf("/etc/passwd\0.html"), "EINVAL");
  const facts = factsOf("/nowhere");
  assertEquals(facts.ok || facts.error.code, "ENOENT");
});

Deno.test("open() opens what was found, whatever its name means now", () =>
  withFolder((folder) => {
    const path = `${folder}/a`;
    Deno.writeTextFileSync(path, "first");
    const found = find(path);
    Deno.writeTextFileSync(`${path}.new`, "second");
    Deno.renameSync(`${path}.new`, path);
    const opened = found.open();
    assert(opened.ok);
    const bytes = new Uint8Array(9);
    const count = opened.value.readSync(bytes) ?? 0;
    assertEquals(new TextDecoder().decode(bytes.subarray(0, count)), "first");
    const facts = factsOfOpen(opened.value);
    assertEquals(facts.ino, found.facts.ino);
    opened.value.close();
    const place = found.realPath();
    assertEquals(place.ok && place.value, `${path} (deleted)`);
    found.close();
    const now = factsOf(path);
    assert(now.ok && !isSameVersion(now.value, found.facts));
  }));

Deno.test("realPath() is where the links led", () =>
  withFolder((folder) => {
    Deno.mkdirSync(`${folder}/d`);
    Deno.writeTextFileSync(`${folder}/d/a`, "");
    Deno.symlinkSync("d", `${folder}/link`);
    const found = find(`${folder}/link/../link/a`);
    const place = found.realPath();
    assertEquals(place.ok && place.value, `${folder}/d/a`);
    found.close();
    assertEquals(found.realPath().ok, false);
  }));

Deno.test("list() has the names of a folder, links not followed", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/a`, "");
    Deno.symlinkSync("a", `${folder}/link`);
    const found = find(folder);
    const listed = found.list();
    found.close();
    assert(listed.ok);
    const names = [...listed.value].map(({ name, isSymlink }) =>
      `${name} ${isSymlink}`
    );
    assertEquals(names.sort(), ["a false", "link true"]);
  }));

Deno.test("nothing that is found and closed stays open", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/a`, "");
    find(folder).close();
    const before = openFdNumbers().size;
    for (let times = 0; times < 50; times++) {
      const found = find(`${folder}/a`);
      const opened = found.open();
      if (opened.ok) opened.value.close();
      found.close();
      findFile(`${folder}/none`);
    }
    assertEquals(openFdNumbers().size, before);
  }));
