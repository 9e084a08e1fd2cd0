/**
 * A file that may be an entry, opened: what it is, and its body in parts. Who
 * opens it decides what becomes of one that is broken.
 *
 * A file that is open stays what it was, whatever is put in its place or
 * removed meanwhile: man 2 rename, man 2 unlink.
 */

import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { fromDenoError } from "../os/errno.ts";
import type { DecodedHead } from "./entry.ts";
import { decodeEntry } from "./entry.ts";
import { hashOf } from "./key.ts";

/** What one look at a file reads at once; an entry this small is whole. */
export const LOOK_BYTES = 64 * 1024;

/** What was found in a file. */
export type Look =
  | {
    readonly kind: "entry";
    readonly entry: DecodedHead;
    readonly file: Deno.FsFile;
    /** The body, if it is small enough to have been read. */
    readonly body: Uint8Array<ArrayBuffer> | undefined;
  }
  | { readonly kind: "broken"; readonly reason: string; readonly ino: number }
  | { readonly kind: "missing" };

/** Everything that is read here is copied out of it before the next look. */
const buffer = new Uint8Array(LOOK_BYTES);

/**
 * Open a file and see whether it is the entry of that hash. Whoever gets an
 * entry closes its file. `lookBytes` is what is read at first, a head as a
 * rule.
 */
export function openEntry(
  path: string,
  hash: string,
  lookBytes = LOOK_BYTES,
): Result<Look> {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return success({ kind: "missing" });
    }
    return failure(fromDenoError(error, `open() "${path}"`));
  }
  try {
    const look = lookAt(file, hash, lookBytes);
    if (look.kind !== "entry") file.close();
    return success(look);
  } catch (error) {
    file.close();
    return failure(fromDenoError(error, `read() "${path}"`));
  }
}

function lookAt(file: Deno.FsFile, hash: string, lookBytes: number): Look {
  const { size, ino, isFile } = file.statSync();
  const broken = (reason: string): Look => {
    return { kind: "broken", reason, ino: ino ?? 0 };
  };
  if (!isFile) return broken("it is no file");
  let bytes: Uint8Array<ArrayBuffer> = buffer.subarray(0, lookBytes);
  bytes = bytes.subarray(0, fill(file, bytes));
  let decoded = decodeEntry(bytes, size);
  while (decoded.kind === "short" && decoded.bytes > bytes.length) {
    const longer = new Uint8Array(Math.min(decoded.bytes, size));
    if (longer.length <= bytes.length) break;
    file.seekSync(0, Deno.SeekMode.Start);
    bytes = longer.subarray(0, fill(file, longer));
    decoded = decodeEntry(bytes, size);
  }
  if (decoded.kind === "short") return broken("it is too short");
  if (decoded.kind === "broken") return broken(decoded.reason);
  const { entry } = decoded;
  if (hashOf(entry.head.key) !== hash) return broken("it is another's");
  const isWhole = bytes.length === size;
  const body = isWhole ? bytes.slice(entry.bodyAt) : undefined;
  return { kind: "entry", entry, file, body };
}

/** Read until the buffer is full or the file ends. */
function fill(file: Deno.FsFile, target: Uint8Array): number {
  let filled = 0;
  while (filled < target.length) {
    const read = file.readSync(target.subarray(filled));
    if (read === null || read === 0) break;
    filled += read;
  }
  return filled;
}
