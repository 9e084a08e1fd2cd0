/**
 * What works on one zone in one process, made once for all who use it: the
 * responses of a pool, an app's own caches, purging.
 */

import type { Level } from "../base/level.ts";
import type { ResponseCacheConfig, ZoneConfig } from "../config/config.ts";
import { AppAsker } from "./app_asker.ts";
import { responseKey } from "./purge.ts";
import { PurgeMarks } from "./purge_marks.ts";
import { Purger } from "./purger.ts";
import { ResponseCache } from "./response_cache.ts";
import { ResponseKeeper } from "./response_keeper.ts";
import { ResponsePlaces } from "./response_place.ts";
import type { Store } from "./store.ts";
import { openTurns, type Turns } from "./turns.ts";

/** A mark is of use until no entry is left from before it. */
const MARK_KEPT_MS_MIN = 3_600_000;

/** The parts. */
export interface ZoneParts {
  readonly store: Store;
  readonly marks: PurgeMarks;
  readonly turns: Turns;
  readonly purger: Purger;
}

/** Make them; the store is its caller's to close. */
export function openZoneParts(
  store: Store,
  { path, inactiveMs }: Pick<ZoneConfig, "path" | "inactiveMs">,
  log: (level: Level, text: string) => void,
): ZoneParts {
  const keptMs = Math.max(MARK_KEPT_MS_MIN, 2 * inactiveMs);
  const marks = new PurgeMarks(path, keptMs);
  const turns = openTurns(path, (text) => log("warn", text));
  return { store, marks, turns, purger: new Purger({ store, marks, turns }) };
}

/** An app behind a cache. */
export interface CachedApp<Info> {
  readonly pool: string;
  readonly config: ResponseCacheConfig;
  readonly fetch: (request: Request, info: Info) => unknown;
  readonly onFailure: (url: string, error: unknown) => void;
}

/** The cache in front of an app. */
export function createResponseCache<Info>(
  { store, marks, turns, purger }: ZoneParts,
  { pool, config, fetch, onFailure }: CachedApp<Info>,
): ResponseCache<Info> {
  const places = new ResponsePlaces(store, marks);
  const keeper = new ResponseKeeper(store, places, config);
  return new ResponseCache<Info>({
    fetch,
    config,
    places,
    turns,
    purger,
    asker: new AppAsker({ fetch, keeper, onFailure }),
    toKey: (url) => responseKey(pool, url),
  });
}
