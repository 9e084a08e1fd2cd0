/**
 * What an app is told besides its requests: which worker it is in, when it is
 * to end, and where it may log. Decides nothing.
 */

import type { AppContext, AppLog, PoolChannel } from "../app/app.ts";
import type { Level } from "../base/level.ts";
import type { Init } from "../channel/message.ts";
import type { Stores } from "./stores.ts";

/** What of the service an app sees. */
export interface ContextParts {
  readonly broadcast: (name: string) => PoolChannel;
  readonly draining: AbortSignal;
  readonly write: (level: Level, text: string) => void;
  readonly stores: Stores;
  readonly zones: Pick<AppContext, "cache" | "purge">;
}

/**
 * The stores in a context: not for apps, but for what is built on them, and
 * for the tests.
 */
export const STORES = Symbol.for("procmgr.stores");

/** The context of one app in one worker. */
export function createContext(
  { pool, slot, generation, ordinal }: Init,
  { broadcast, draining, write, stores, zones }: ContextParts,
): AppContext & { readonly [STORES]: Stores } {
  return {
    [STORES]: stores,
    worker: Object.freeze({ pool, slot, generation, ordinal, broadcast }),
    draining,
    log: createLog(write),
    cache: (name) => zones.cache(name),
    purge: (target) => zones.purge(target),
  };
}

function createLog(write: ContextParts["write"]): AppLog {
  const at = (level: keyof AppLog) => (text: string): void => {
    write(level, String(text));
  };
  return Object.freeze({
    error: at("error"),
    warn: at("warn"),
    notice: at("notice"),
    info: at("info"),
    debug: at("debug"),
  });
}
