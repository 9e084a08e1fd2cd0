/**
 * A file that is looked at before it is opened, with no moment between the two
 * in which it could become another: it is found by O_PATH, which opens nothing
 * (no pipe is waited for, no device is touched), its facts and its true name
 * are asked of that descriptor, and through it the very same file is opened.
 *
 * Sources: man 2 open (O_PATH), man 5 proc (/proc/pid/fd).
 */

import type { Fd } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { ABI, cString, hasNul } from "./abi.ts";
import { check, fromDenoError, namedError } from "./errno.ts";
import { closeFd } from "./fd.ts";
import { libc } from "./libc.ts";

/** What a file is like. Equal facts: the same version of the same file. */
export interface FileFacts {
  readonly kind: "file" | "folder" | "other";
  readonly size: number;
  /** Milliseconds since 1970; fractions are cut off. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly dev: number;
  readonly ino: number;
}

/** A file that was found, and stays the same until it is closed. */
export interface FoundFile {
  readonly facts: FileFacts;
  /**
   * Where it is, after all symbolic links; one that was removed since ends in
   * " (deleted)".
   */
  realPath(): Result<string>;
  /** Open it for reading. Only a regular file, or it may wait. */
  open(): Result<Deno.FsFile>;
  /** The names in a folder, and what they are; links are not followed. */
  list(): Result<Iterable<Deno.DirEntry>>;
  close(): void;
}

/** Find what `path` leads to, following links. */
export function findFile(path: string): Result<FoundFile> {
  const call = `open() "${path}"`;
  if (hasNul(path)) return failure(namedError("EINVAL", call));
  const flags = ABI.O_PATH | ABI.O_CLOEXEC;
  const opened = check(libc.open(cString(path), flags, 0), call);
  if (!opened.ok) return opened;
  const fd = toFd(opened.value);
  const facts = factsAt(procPath(fd), `fstat() "${path}"`);
  if (facts.ok) return success(new Found(fd, path, facts.value));
  closeFd(fd);
  return facts;
}

/** The facts of what `path` leads to now, without finding it. */
export function factsOf(path: string): Result<FileFacts> {
  return factsAt(path, `stat() "${path}"`);
}

/** Whether two facts are of the same version of the same file. */
export function isSameVersion(left: FileFacts, right: FileFacts): boolean {
  return left.ino === right.ino && left.dev === right.dev &&
    left.mtimeMs === right.mtimeMs && left.ctimeMs === right.ctimeMs &&
    left.size === right.size && left.kind === right.kind;
}

/** The facts of a file that is open. */
export function factsOfOpen(file: Deno.FsFile): FileFacts {
  return toFacts(file.statSync());
}

class Found implements FoundFile {
  readonly facts: FileFacts;
  readonly #fd: Fd;
  readonly #path: string;
  #isClosed = false;

  constructor(fd: Fd, path: string, facts: FileFacts) {
    this.#fd = fd;
    this.#path = path;
    this.facts = facts;
  }

  realPath(): Result<string> {
    return attempt(`readlink() "${this.#path}"`, () => {
      return Deno.readLinkSync(procPath(this.#fd));
    });
  }

  open(): Result<Deno.FsFile> {
    return attempt(`open() "${this.#path}"`, () => {
      return Deno.openSync(procPath(this.#fd));
    });
  }

  list(): Result<Iterable<Deno.DirEntry>> {
    return attempt(`opendir() "${this.#path}"`, () => {
      return [...Deno.readDirSync(procPath(this.#fd))];
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeFd(this.#fd);
  }
}

function attempt<Value>(call: string, act: () => Value): Result<Value> {
  try {
    return success(act());
  } catch (error) {
    return failure(fromDenoError(error, call));
  }
}

function factsAt(path: string, call: string): Result<FileFacts> {
  return attempt(call, () => toFacts(Deno.statSync(path)));
}

function toFacts(info: Deno.FileInfo): FileFacts {
  return {
    kind: info.isFile ? "file" : info.isDirectory ? "folder" : "other",
    size: info.size,
    mtimeMs: info.mtime?.getTime() ?? 0,
    ctimeMs: info.ctime?.getTime() ?? 0,
    dev: info.dev,
    ino: info.ino ?? 0,
  };
}

/** The kernel's link to what is open there, not to its name. */
function procPath(fd: Fd): string {
  return `/proc/self/fd/${fd}`;
}
