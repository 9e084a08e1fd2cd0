/**
 * The zones as one app has them: in front of it, in its hands, and to purge.
 * A worker without a cache loads nothing of this.
 */

import type { Level } from "../base/level.ts";
import { formatSystemError, type Result } from "../base/system_error.ts";
import type { ResponseCacheConfig, ZoneConfig } from "../config/config.ts";
import { isTag, responseKey } from "./purge.ts";
import type { Store } from "./store.ts";
import { WebCache } from "./web_cache.ts";
import {
  createResponseCache,
  openZoneParts,
  type ZoneParts,
} from "./zone_parts.ts";

/** What is no longer right. */
export interface PurgeTarget {
  readonly urls?: readonly (string | URL)[];
  readonly tags?: readonly string[];
}

/** Whose zones they are. */
export interface AppZonesOptions {
  readonly pool: string;
  /** undefined: what the app answers is not stored. */
  readonly responseCache: ResponseCacheConfig | undefined;
  readonly zones: readonly ZoneConfig[];
  readonly stores: ReadonlyMap<string, Store>;
  readonly log: (level: Level, text: string) => void;
}

/** The fetch function of an app. */
type Fetch<Info> = (request: Request, info: Info) => unknown;

/** The zones of one app. */
export class AppZones {
  readonly #options: AppZonesOptions;
  readonly #caches = new Map<string, WebCache>();
  readonly #parts: ZoneParts | undefined;

  constructor(options: AppZonesOptions) {
    this.#options = options;
    const { responseCache, zones, stores, log } = options;
    const zone = zones.find(({ name }) => name === responseCache?.zone);
    const store = zone && stores.get(zone.name);
    if (store === undefined || zone === undefined) return;
    this.#parts = openZoneParts(store, zone, log);
  }

  /** The app behind its cache, if it has one. */
  around<Info>(
    fetch: Fetch<Info>,
    onFailure: (url: string, error: unknown) => void,
  ): Fetch<Info> {
    const { pool, responseCache: config } = this.#options;
    const parts = this.#parts;
    if (parts === undefined || config === undefined) return fetch;
    const cache = createResponseCache<Info>(parts, {
      pool,
      config,
      fetch,
      onFailure,
    });
    return (request, info) => cache.fetch(request, info);
  }

  /** A zone as the standard's Cache; throws when there is none. */
  cache(name: string): WebCache {
    const opened = this.#caches.get(name);
    if (opened !== undefined) return opened;
    const store = this.#options.stores.get(name);
    if (store === undefined) throw noZone(name, this.#options.stores);
    const cache = new WebCache(store);
    this.#caches.set(name, cache);
    return cache;
  }

  /** Forget responses of this app; rejects when that cannot be done. */
  async purge({ urls = [], tags = [] }: PurgeTarget): Promise<void> {
    const wrong = tags.find((tag) => !isTag(tag));
    if (wrong !== undefined) throw new TypeError(`No tag: "${wrong}"`);
    const { pool } = this.#options;
    const keys = urls.map((url) => responseKey(pool, new URL(url).href));
    if (this.#parts === undefined) return;
    const { purger } = this.#parts;
    check(purger.purgeTags(tags));
    check(await purger.purgeKeys(keys));
  }
}

/** What an app is told that asks for a zone there is not. */
function noZone(name: string, zones: ReadonlyMap<string, unknown>): Error {
  const known = [...zones.keys()].map((zone) => `"${zone}"`).join(", ");
  return new Error(`No cache zone "${name}": there is ${known}`);
}

function check(result: Result<void>): void {
  if (!result.ok) throw new Error(formatSystemError(result.error));
}
