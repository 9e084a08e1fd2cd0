/**
 * The folder of a zone's temporary files, and what is left in it by those who
 * are dead. Whether they are is temporary.ts's decision.
 */

import { TEMPORARY } from "./key.ts";
import { isAbandoned } from "./temporary.ts";

/** Remove what is nobody's; how many files. What cannot be, stays. */
export function removeTemporaryFiles(zone: string): number {
  const folder = `${zone}/${TEMPORARY}`;
  let removed = 0;
  for (const { name, isFile } of namesIn(folder)) {
    if (isFile && removeAbandoned(`${folder}/${name}`)) removed += 1;
  }
  return removed;
}

function namesIn(folder: string): readonly Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    // Nobody has written anything yet.
    return [];
  }
}

function removeAbandoned(path: string): boolean {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    const isLocked = !file.tryLockSync(true);
    const writtenAtMs = file.statSync().mtime?.getTime() ?? 0;
    if (!isAbandoned({ isLocked, writtenAtMs }, Date.now())) return false;
    Deno.removeSync(path);
    return true;
  } catch {
    return false;
  }
}
