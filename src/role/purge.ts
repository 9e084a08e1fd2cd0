/**
 * `--purge-url` and `--purge-tag`: forget stored responses, with or without a
 * master. Workers see it by what is in the zone: a file that is gone, a mark
 * that is there (cache/purger.ts).
 */

import { EXIT_CODE } from "../base/exit_code.ts";
import type { Result } from "../base/system_error.ts";
import { formatSystemError, success } from "../base/system_error.ts";
import { isTag, responseKey } from "../cache/purge.ts";
import { Store } from "../cache/store.ts";
import { openZoneParts } from "../cache/zone_parts.ts";
import type { Config, ZoneConfig } from "../config/config.ts";
import { formatConfigError } from "../config/error.ts";
import type { ConfigSource } from "../config/load.ts";
import { loadConfig } from "../config/load.ts";
import { writeEarly } from "../log/sink.ts";

/** What to forget. */
export interface PurgeOptions {
  readonly source: ConfigSource;
  readonly urls: readonly string[];
  readonly tags: readonly string[];
}

/** Purge every zone with responses; answers with the exit code. */
export async function purgeResponses(options: PurgeOptions): Promise<number> {
  const loaded = await loadConfig({ ...options.source, appRequired: false });
  if (!loaded.ok) {
    for (const error of loaded.errors) {
      writeEarly("emerg", formatConfigError(error));
    }
    return EXIT_CODE.FAILED;
  }
  const wrong = options.tags.find((tag) => !isTag(tag));
  if (wrong !== undefined) return fail(`"${wrong}" cannot be a tag`);
  const used = usedZones(loaded.config);
  if (used.length === 0) return fail('no pool has a "response_cache"');
  for (const { zone, pools } of used) {
    const purged = await purgeZone(zone, pools, options);
    if (!purged.ok) return fail(formatSystemError(purged.error));
    writeEarly("notice", `purged ${describe(options)} in zone "${zone.name}"`);
  }
  return EXIT_CODE.DONE;
}

interface UsedZone {
  readonly zone: ZoneConfig;
  /** Whose responses are in it. */
  readonly pools: readonly string[];
}

function usedZones({ cache, pools }: Config): readonly UsedZone[] {
  return (cache?.zones ?? []).map((zone) => ({
    zone,
    pools: pools.filter(({ worker }) =>
      worker.responseCache?.zone === zone.name
    ).map(({ name }) => name),
  })).filter((used) => used.pools.length > 0);
}

async function purgeZone(
  zone: ZoneConfig,
  pools: readonly string[],
  { urls, tags }: PurgeOptions,
): Promise<Result<void>> {
  // The manager finds out by itself what is gone.
  const store = new Store(zone, { send: () => true, log: writeEarly });
  const { purger } = openZoneParts(store, zone, writeEarly);
  const tagged = tags.length === 0
    ? success(undefined)
    : purger.purgeTags(tags);
  if (!tagged.ok) return tagged;
  for (const tag of tags) {
    const removed = await store.purge(tag);
    if (!removed.ok) return removed;
  }
  const keys = pools.flatMap((pool) =>
    urls.map((url) => responseKey(pool, new URL(url).href))
  );
  return await purger.purgeKeys(keys);
}

function describe({ urls, tags }: PurgeOptions): string {
  return [
    ...urls.map((url) => `"${url}"`),
    ...tags.map((tag) => `tag "${tag}"`),
  ].join(", ");
}

function fail(text: string): number {
  writeEarly("error", text);
  return EXIT_CODE.FAILED;
}
