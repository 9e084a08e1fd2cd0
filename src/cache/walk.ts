/**
 * A walk through a zone: every file in it, folder by folder, and what each of
 * them is. A file is judged by what is in it; its name only says where to look
 * for it later. What is plainly none of ours is left alone.
 *
 * A file that vanishes during the walk is nobody's error; a folder that cannot
 * be read is. Source: nginx src/core/ngx_file.c, ngx_walk_tree, and
 * src/http/ngx_http_file_cache.c, ngx_http_file_cache_manage_file, which
 * removes whatever does not look like an entry.
 */

import type { Level } from "../base/level.ts";
import { formatSystemError } from "../base/system_error.ts";
import type { ZoneConfig } from "../config/config.ts";
import { fromDenoError } from "../os/errno.ts";
import type { EntryHead } from "./entry.ts";
import { isMarked } from "./entry.ts";
import { fileOf, isHash } from "./key.ts";
import type { FiledEntry } from "./notice.ts";
import { openEntry } from "./opened_file.ts";

/** A head is hardly ever longer. */
const LOOK_BYTES = 4096;

/** A file of a zone. */
export interface ZoneFile {
  /** Relative to the zone. */
  readonly path: string;
  readonly name: string;
}

/** What a file turned out to be. */
export type Finding =
  | {
    readonly kind: "entry";
    readonly hash: string;
    readonly head: EntryHead;
    readonly bytes: number;
  }
  /** An entry that cannot be used; its file should go. */
  | { readonly kind: "broken"; readonly reason: string }
  /** Somebody else's file. */
  | { readonly kind: "foreign" }
  /** It is not there any more, or cannot be read. */
  | { readonly kind: "missing" };

/** Every file of a zone but those that are hidden at its top. */
export function* filesIn({ path: zone }: ZoneConfig): Generator<ZoneFile> {
  const folders = [""];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const { name, isDirectory, isFile } of namesIn(zone, at)) {
      if (at === "" && name.startsWith(".")) continue;
      const path = at === "" ? name : `${at}/${name}`;
      if (isDirectory) folders.push(path);
      else if (isFile) yield { path, name };
    }
  }
}

function namesIn(zone: string, folder: string): readonly Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(`${zone}/${folder}`)];
  } catch (error) {
    // Removed as empty; the zone itself is never.
    if (error instanceof Deno.errors.NotFound && folder !== "") return [];
    throw error;
  }
}

/** What a file is. Its head is read; its body is not. */
export function examine(
  { path, name }: ZoneFile,
  { path: zone, levels }: ZoneConfig,
): Finding {
  const file = `${zone}/${path}`;
  if (!isHash(name)) return examineStranger(file);
  if (path !== fileOf(name, levels)) {
    return { kind: "broken", reason: "it lies in another entry's place" };
  }
  const opened = openEntry(file, name, LOOK_BYTES);
  if (!opened.ok) return { kind: "missing" };
  const look = opened.value;
  if (look.kind !== "entry") return look;
  look.file.close();
  const { head, bodyAt, bodyBytes } = look.entry;
  return { kind: "entry", hash: name, head, bytes: bodyAt + bodyBytes };
}

/** Under a name that we give no file: ours, if it begins as ours do. */
function examineStranger(path: string): Finding {
  try {
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(4);
    file.readSync(bytes);
    return isMarked(bytes)
      ? { kind: "broken", reason: "its name is none of an entry" }
      : { kind: "foreign" };
  } catch {
    return { kind: "missing" };
  }
}

/** Broken files that are named one by one; the rest is a number. */
const NAMED_MAX = 20;

/** What a walk finds. */
export interface WalkHooks {
  readonly log: (level: Level, text: string) => void;
  readonly onEntry: (entry: FiledEntry) => void;
}

/** A walk that removes what cannot be used, file by file. */
export class Walk {
  /** Entries, and what their files have in them. */
  files = 0;
  bytes = 0;
  broken = 0;
  foreign = 0;
  readonly #config: ZoneConfig;
  readonly #hooks: WalkHooks;
  readonly #rest: Generator<ZoneFile>;

  constructor(config: ZoneConfig, hooks: WalkHooks) {
    this.#config = config;
    this.#hooks = hooks;
    this.#rest = filesIn(config);
  }

  /** Look at the next file; false: there is none any more. */
  next(): boolean {
    const { done, value } = this.#rest.next();
    if (done === true) return false;
    const finding = examine(value, this.#config);
    switch (finding.kind) {
      case "entry": {
        const { hash, bytes, head: { storedAtMs, tags = [] } } = finding;
        this.files += 1;
        this.bytes += bytes;
        const atMs = Math.max(0, Math.floor(storedAtMs));
        this.#hooks.onEntry({ hash, bytes, atMs, tags });
        break;
      }
      case "broken":
        this.#remove(value.path, finding.reason);
        break;
      case "foreign":
        this.foreign += 1;
        break;
      case "missing":
        break;
    }
    return true;
  }

  #remove(path: string, reason: string): void {
    const { name, path: zone } = this.#config;
    const file = `${zone}/${path}`;
    this.broken += 1;
    try {
      Deno.removeSync(file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      this.#say(formatSystemError(fromDenoError(error, `unlink() "${file}"`)));
      return;
    }
    this.#say(`cache zone "${name}": "${file}" is broken, removed: ${reason}`);
  }

  #say(text: string): void {
    if (this.broken <= NAMED_MAX) this.#hooks.log("error", text);
  }
}
