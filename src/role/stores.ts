/**
 * The cache zones of a service, as stores: opened before the user's code and
 * before root is given up, for another user may not be able to read what that
 * takes. A service without a cache loads none of it. Decides nothing.
 */

import type { Level } from "../base/level.ts";
import type { SendNotice } from "../cache/reporter.ts";
import type { Store } from "../cache/store.ts";
import type { ZoneConfig } from "../config/config.ts";

/** What stores need of the service. */
export interface StoresHost {
  readonly sendToManager: SendNotice;
  readonly log: (level: Level, text: string) => void;
}

/** The zones by name. */
export type Stores = ReadonlyMap<string, Store>;

/** Open every zone; this does not touch the disk. */
export async function openStores(
  zones: readonly ZoneConfig[],
  { sendToManager, log }: StoresHost,
): Promise<Stores> {
  if (zones.length === 0) return new Map();
  const { Store } = await import("../cache/store.ts");
  return new Map(
    zones.map((zone) => [
      zone.name,
      new Store(zone, { send: sendToManager, log }),
    ]),
  );
}
