/**
 * The folders of the cache zones: made before anybody may need them, for the
 * owner alone, and given to the user who works in them. One that is made stays,
 * whatever becomes of the generation that wanted it.
 *
 * nginx: src/core/ngx_file.c, ngx_create_paths.
 */

import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import type { CacheConfig } from "../config/config.ts";
import { effectiveUid } from "../os/credential.ts";
import { giveFolder, makeFolder } from "../os/file.ts";

/** Nobody else has any business in there. */
const FOLDER_MODE = 0o700;

/** Make every zone's folder; the first that cannot be is the error. */
export function makeCacheFolders(cache: CacheConfig | undefined): Result<void> {
  if (cache === undefined) return success(undefined);
  const { user } = cache.process;
  for (const { path } of cache.zones) {
    const made = makeFolder(path, FOLDER_MODE);
    if (!made.ok) return made;
    if (user === undefined || effectiveUid() !== 0) continue;
    const given = giveFolder(path, user.uid);
    if (!given.ok) return given;
  }
  return success(undefined);
}
