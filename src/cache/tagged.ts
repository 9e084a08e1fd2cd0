/**
 * Which entries of a zone have a tag: the index knows, where it is complete,
 * and the files, everywhere. For who removes entries by their tags, not for
 * who reads them.
 */

import type { ZoneConfig } from "../config/config.ts";
import { examine, filesIn } from "./walk.ts";
import { readTagged } from "./zone_index.ts";

/** The hashes of the entries with that tag. */
export function* hashesTagged(
  zone: ZoneConfig,
  tag: string,
): Generator<string, void> {
  const known = readTagged(zone.path, tag);
  if (known !== undefined) return yield* known;
  for (const file of filesIn(zone)) {
    const found = examine(file, zone);
    if (found.kind !== "entry") continue;
    if (found.head.tags?.includes(tag)) yield found.hash;
  }
}
