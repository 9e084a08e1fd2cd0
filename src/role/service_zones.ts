/**
 * The zones of the cache as the service's app has them: what is around its
 * fetch function, and what its context offers. Opened with the stores, while
 * this process may read what that takes. Decides nothing.
 */

import type { LoadedApp } from "../app/fetch_handler.ts";
import type { AppContext } from "../app/app.ts";
import type { Level } from "../base/level.ts";
import type { AppZones } from "../cache/app_zones.ts";
import type { Init } from "../channel/message.ts";
import type { Stores } from "./stores.ts";

/** Not in the import: who has no cache would load it, too; see main.ts. */
const APP_ZONES = "../cache/app_zones.ts";

/** What the service and its app see of the zones. */
export interface ServiceZones extends Pick<AppContext, "cache" | "purge"> {
  /** The app's fetch function behind the cache, if it has one. */
  around(
    fetch: LoadedApp["fetch"],
    onFailure: (url: string, error: unknown) => void,
  ): LoadedApp["fetch"];
}

/** Of a service without zones. */
export const NO_ZONES: ServiceZones = {
  around: (fetch) => fetch,
  cache: (name) => {
    const there = 'the configuration has no "cache"';
    throw new Error(`No cache zone "${name}": ${there}`);
  },
  purge: () => Promise.resolve(),
};

/** Open them. */
export async function openZones(
  { pool, zones = [], config }: Init,
  { stores, log }: {
    readonly stores: Stores;
    readonly log: (level: Level, text: string) => void;
  },
): Promise<ServiceZones> {
  if (zones.length === 0) return NO_ZONES;
  const { AppZones }: typeof import("../cache/app_zones.ts") = await import(
    APP_ZONES
  );
  const { responseCache } = config;
  const opened: AppZones = new AppZones({
    pool,
    responseCache,
    zones,
    stores,
    log,
  });
  return {
    around: (fetch, onFailure) => opened.around(fetch, onFailure),
    cache: (name) => opened.cache(name),
    purge: (target) => opened.purge(target),
  };
}
