/**
 * What the cache's helpers do for one zone, as they see it: a pass of the
 * manager, a pass of the loader. What a zone is made of is not their business;
 * when a pass is due is core/helper.ts's.
 *
 * Source: nginx src/core/ngx_file.h, ngx_path_manager_pt and
 * ngx_path_loader_pt, which a path registers.
 */

import type { ZoneConfig } from "../config/config.ts";
import type { ZoneNotice } from "./notice.ts";

/** Whoever told it: a process. */
export interface Sender {
  readonly pid: number;
}

/** A zone in the hands of a helper. */
export interface Zone {
  /**
   * One pass of the cache manager; answers when it wants the next, in
   * milliseconds. `signal` asks it to come to its end.
   */
  manage(signal: AbortSignal): Promise<number>;
  /** One pass of the cache loader; whether the whole zone is loaded now. */
  load(signal: AbortSignal): Promise<boolean>;
  /** Somebody tells of the zone's files. */
  hear?(notice: ZoneNotice, from: Sender): void;
}

/** Where a zone may say something. */
export type ZoneLog = (level: "notice" | "error", text: string) => void;

/** Make a zone of what the configuration says; opens nothing yet. */
export type OpenZone = (config: ZoneConfig, log: ZoneLog) => Zone;
