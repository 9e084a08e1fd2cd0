/**
 * Finds and opens the files of a site. What is answered is about one open
 * file from its facts to its last byte, so a file that is replaced meanwhile
 * is sent as it was or as it is, never as a mix.
 *
 * A file is found before it is opened (os/found_file.ts): pipes and devices
 * are never opened, and where a link led is asked of what was found, not of
 * its name, so no race leads out of the root.
 */

import type { Result, SystemError } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import type { StaticConfig } from "../config/config.ts";
import { closeQuietly } from "../http/file_body.ts";
import { fromDenoError, namedError } from "../os/errno.ts";
import type { FileFacts, FoundFile } from "../os/found_file.ts";
import {
  factsOf,
  factsOfOpen,
  findFile,
  isSameVersion,
} from "../os/found_file.ts";
import { SMALL_BYTES_MAX, type SmallFile, SmallFiles } from "./small_files.ts";

/** A file to be sent. Close it, whatever happens. */
export interface ServedFile {
  /** Below the root. */
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** The whole of a small file; undefined: `open` it. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** The caller closes what it gets. */
  open(): Result<Deno.FsFile>;
  close(): void;
}

/** What a path is. */
export type Lookup =
  | { readonly kind: "file"; readonly file: ServedFile }
  | { readonly kind: "folder" }
  | { readonly kind: "missing" }
  /** It is there, and not for us or not for them. */
  | { readonly kind: "refused"; readonly error: SystemError }
  | { readonly kind: "failed"; readonly error: SystemError };

/** Nothing is there, or nothing that a path could name. */
const MISSING: readonly string[] = [
  "EINVAL",
  "ENAMETOOLONG",
  "ENOENT",
  "ENOTDIR",
];
const REFUSED: readonly string[] = ["EACCES", "ELOOP", "EPERM"];

/** A file replaced this often while it is looked at is somebody's game. */
const TRIES_MAX = 4;

/** The files below a root. */
export class StaticFiles {
  readonly #root: string;
  readonly #links: StaticConfig["disableSymlinks"];
  readonly #small = new SmallFiles();

  constructor({ root, disableSymlinks }: StaticConfig) {
    this.#root = root === "/" ? "" : root;
    this.#links = disableSymlinks;
  }

  /** Look up a path that static_path.ts has mapped. */
  look(path: string): Lookup {
    const kept = this.#kept(path);
    if (kept !== undefined) {
      return { kind: "file", file: servedBytes(path, kept) };
    }
    const found = this.find(path);
    if (!found.ok) return toLookup(found.error);
    const { kind } = found.value.facts;
    if (kind === "file") return this.#serve(path, found.value);
    found.value.close();
    return kind === "folder" ? { kind } : { kind: "missing" };
  }

  /** Whether that is a file that may be served. */
  has(path: string): boolean {
    if (this.#kept(path) !== undefined) return true;
    const found = this.find(path);
    if (!found.ok) return false;
    found.value.close();
    return found.value.facts.kind === "file";
  }

  /** Find a file or folder that may be served; the caller closes it. */
  find(path: string): Result<FoundFile> {
    const name = `${this.#root}${path}` || "/";
    for (let tries = 1;; tries++) {
      const found = findFile(name);
      if (!found.ok) return found;
      const place = this.#placeOf(found.value, path);
      if (place === "inside") return found;
      found.value.close();
      if (place === "outside" || tries === TRIES_MAX) {
        return failure(refusal(name));
      }
    }
  }

  /** Facts of a name in a folder, for a listing; undefined: not listed. */
  factsOf(path: string, isSymlink: boolean): FileFacts | undefined {
    // Even the size of what a refused link leads to is nobody's business.
    if (isSymlink && this.#links !== "off") return undefined;
    const facts = factsOf(`${this.#root}${path}`);
    return facts.ok ? facts.value : undefined;
  }

  /** Where links have led; "moved": replaced just now, so look again. */
  #placeOf(found: FoundFile, path: string): "inside" | "outside" | "moved" {
    if (this.#links === "off") return "inside";
    const root = findFile(this.#root || "/");
    if (!root.ok) return "outside";
    const top = root.value.realPath();
    root.value.close();
    const real = found.realPath();
    if (!top.ok || !real.ok) return "outside";
    if (real.value.endsWith(" (deleted)")) return "moved";
    const base = top.value === "/" ? "" : top.value;
    if (this.#links === "on") {
      return real.value === (`${base}${path}` || "/") ? "inside" : "outside";
    }
    const isInside = real.value === top.value ||
      real.value.startsWith(`${base}/`);
    return isInside ? "inside" : "outside";
  }

  /** A small file that was read before and has not changed. */
  #kept(path: string): SmallFile | undefined {
    // Where its links lead may have changed without it.
    if (this.#links !== "off") return undefined;
    const kept = this.#small.get(path);
    if (kept === undefined) return undefined;
    const facts = factsOf(`${this.#root}${path}`);
    if (facts.ok && isSameVersion(facts.value, kept.facts)) return kept;
    this.#small.delete(path);
    return undefined;
  }

  #serve(path: string, found: FoundFile): Lookup {
    if (found.facts.size > SMALL_BYTES_MAX) {
      return { kind: "file", file: servedFile(path, found, found.facts) };
    }
    const read = readSmall(found);
    if (read.ok && read.value.kind === "grown") {
      return { kind: "file", file: servedFile(path, found, read.value.facts) };
    }
    found.close();
    if (!read.ok) return toLookup(read.error);
    const { facts, bytes, kind } = read.value;
    const small = { facts, bytes };
    if (kind === "settled" && this.#links === "off") {
      this.#small.set(path, small);
    }
    return { kind: "file", file: servedBytes(path, small) };
  }
}

function servedBytes(path: string, { facts, bytes }: SmallFile): ServedFile {
  return {
    path,
    size: bytes.length,
    mtimeMs: facts.mtimeMs,
    bytes,
    open: () => failure(namedError("EBADF", `open() "${path}"`)),
    close: () => {},
  };
}

function servedFile(
  path: string,
  found: FoundFile,
  { size, mtimeMs }: FileFacts,
): ServedFile {
  return {
    path,
    size,
    mtimeMs,
    bytes: undefined,
    open: () => found.open(),
    close: () => found.close(),
  };
}

/** All of a small file, unless it is one no more. */
type Reading = SmallFile & {
  /** unsettled: it changed all the time. grown: `bytes` are not all of it. */
  readonly kind: "settled" | "unsettled" | "grown";
};

function readSmall(found: FoundFile): Result<Reading> {
  const opened = found.open();
  if (!opened.ok) return opened;
  const file = opened.value;
  try {
    let { facts } = found;
    for (let tries = 1;; tries++) {
      const bytes = readFrom(file, facts.size);
      const after = factsOfOpen(file);
      const isSame = isSameVersion(facts, after) && bytes.length === after.size;
      const kind = after.size > SMALL_BYTES_MAX
        ? "grown"
        : isSame
        ? "settled"
        : "unsettled";
      if (kind !== "unsettled" || tries === TRIES_MAX) {
        return success({ facts: after, bytes, kind });
      }
      facts = after;
    }
  } catch (error) {
    return failure(fromDenoError(error, "read()"));
  } finally {
    closeQuietly(file);
  }
}

/** The first bytes of a file, fewer if it is shorter. */
function readFrom(file: Deno.FsFile, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.min(size, SMALL_BYTES_MAX));
  file.seekSync(0, Deno.SeekMode.Start);
  let length = 0;
  while (length < bytes.length) {
    const count = file.readSync(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

/** nginx says the same of a link it does not follow. */
function refusal(name: string): SystemError {
  return namedError("ELOOP", `open() "${name}"`);
}

function toLookup(error: SystemError): Lookup {
  if (MISSING.includes(error.code)) return { kind: "missing" };
  return REFUSED.includes(error.code)
    ? { kind: "refused", error }
    : { kind: "failed", error };
}
