/**
 * Where an entry lies: the hash of its key is its file's name, and the last
 * characters of the hash are the folders it is in, as in nginx: "1:2" makes
 * .../c/29/b7f54b2df7773722d382f4809d65029c.
 *
 * The hash is 128 bits of SHA-256. Two keys of one hash would share a file, so
 * whoever reads it compares the key in it; they would not be mixed up.
 *
 * nginx: src/core/ngx_file.c, ngx_create_hashed_filename.
 */

import { hash } from "node:crypto";

/** The length of a name, in hexadecimal digits. */
const HASH_LENGTH = 32;

const HASH = /^[0-9a-f]{32}$/;

/** A disk gives out whole blocks, as a rule of this size. */
export const BLOCK_BYTES = 4096;

/** The longest key, in UTF-16 units. */
export const KEY_LENGTH_MAX = 64 * 1024;

/**
 * Temporary files lie in this folder of the zone. What begins with a dot at
 * the top of a zone is no entry, and nobody who walks through it looks there.
 */
export const TEMPORARY = ".temporary";

/** The name of a key's file. */
export function hashOf(key: string): string {
  return hash("sha256", key).slice(0, HASH_LENGTH);
}

/** Whether a file of that name may be an entry. */
export function isHash(name: unknown): name is string {
  return typeof name === "string" && HASH.test(name);
}

/** The folder an entry of that hash is in, relative to the zone; "": it. */
export function folderOf(hash: string, levels: readonly number[]): string {
  let end = hash.length;
  const folders = levels.map((length) => {
    end -= length;
    return hash.slice(end, end + length);
  });
  return folders.join("/");
}

/**
 * What the folders of so many entries take on the disk, if each is in the
 * order of a block and none is empty: no more than that, as a rule.
 */
export function folderBytes(
  entries: number,
  levels: readonly number[],
): number {
  // The zone itself, and the one for temporary files.
  let folders = 2;
  let possible = 1;
  for (const length of levels) {
    possible *= 16 ** length;
    folders += Math.min(entries, possible);
  }
  return folders * BLOCK_BYTES;
}

/** An entry's file, relative to the zone. */
export function fileOf(hash: string, levels: readonly number[]): string {
  const folder = folderOf(hash, levels);
  return folder === "" ? hash : `${folder}/${hash}`;
}
