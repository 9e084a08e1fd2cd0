/**
 * What the cache's helpers do for one zone, as they see it: a pass of the
 * manager, a pass of the loader. What a zone is made of is not their business;
 * when a pass is due is core/helper.ts's.
 *
 * Source: nginx src/core/ngx_file.h, ngx_path_manager_pt and
 * ngx_path_loader_pt, which a path registers.
 */

import type { Level } from "../base/level.ts";
import type { ChildRole } from "../base/role.ts";
import type { ZoneConfig } from "../config/config.ts";
import type { ZoneNotice } from "./notice.ts";

/** Whoever told something of a zone: a process. */
export interface Sender {
  readonly pid: number;
  readonly role: ChildRole;
}

/** What both helpers may be told of a zone, each as far as it concerns it. */
interface HeardZone {
  /** Somebody tells of the zone's files. */
  hear?(notice: ZoneNotice, from: Sender): void;
  /** Somebody who may have told something is gone. */
  part?(from: Sender): void;
  /** The helper ends, as it should. */
  close?(): void;
}

/** A zone in the hands of the cache manager. */
export interface ManagedZone extends HeardZone {
  /**
   * One pass; answers when it wants the next, in milliseconds. `signal` asks
   * it to come to its end.
   */
  manage(signal: AbortSignal): Promise<number>;
}

/** A zone in the hands of the cache loader. */
export interface LoadedZone extends HeardZone {
  /** One pass; whether the whole zone is loaded now. */
  load(signal: AbortSignal): Promise<boolean>;
}

/** What a zone has of the helper it is in. */
export interface ZoneHost {
  log(level: Level, text: string): void;
  /** Tell the cache manager; false: it does not listen now. */
  send(notice: ZoneNotice): boolean;
  /** Something happened that the next pass should not be waited for with. */
  wantPass(): void;
}

/** Make a zone of what the configuration says; opens nothing yet. */
export type OpenZone<Zone> = (config: ZoneConfig, host: ZoneHost) => Zone;
