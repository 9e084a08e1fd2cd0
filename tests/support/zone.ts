/**
 * A zone of the cache in a folder, for tests that need no configuration.
 */

import { toBytes, toMilliseconds } from "../../src/base/unit.ts";
import type { ZoneConfig } from "../../src/config/config.ts";

/** A zone with nginx's defaults, called "web". */
export function zoneAt(path: string): ZoneConfig {
  const pass = {
    filesMax: 100,
    thresholdMs: toMilliseconds(200),
    sleepMs: toMilliseconds(50),
  };
  return {
    name: "web",
    path,
    levels: [1, 2],
    sizeBytesMax: undefined,
    freeBytesMin: toBytes(0),
    inactiveMs: toMilliseconds(600_000),
    fsync: "off",
    manager: pass,
    loader: pass,
    loaderDelayMs: toMilliseconds(60_000),
  };
}
