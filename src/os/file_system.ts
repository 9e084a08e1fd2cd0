/**
 * What is free on a file system, for those who are not root. Source: man 3
 * statvfs, f_bavail.
 */

import { statfsSync } from "node:fs";

/** In bytes; undefined: it cannot be told. */
export function freeBytesAt(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path);
    return Number(bavail) * Number(bsize);
  } catch {
    return undefined;
  }
}
