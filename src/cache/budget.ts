/**
 * How much a pass may do before it must rest, so that a large cache does not
 * keep the disk and the processor to itself.
 *
 * nginx: src/http/ngx_http_file_cache.c, ngx_http_file_cache_loader_sleep and
 * the two places that call for it (loader_files, loader_threshold).
 */

import type { Milliseconds } from "../base/unit.ts";

/** What a pass may take. */
export interface Budget {
  readonly filesMax: number;
  readonly thresholdMs: Milliseconds;
}

/** Whether a pass that took so much is over. */
export function isSpent(
  { filesMax, thresholdMs }: Budget,
  taken: { readonly files: number; readonly elapsedMs: Milliseconds },
): boolean {
  return taken.files >= filesMax || taken.elapsedMs >= thresholdMs;
}
