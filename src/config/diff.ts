/**
 * What a reload changes about the listeners: which sockets stay open, which
 * are opened, which are closed. A listener is its address with its options: a
 * changed backlog is another listener, and the one who performs this must
 * know that old and new then share an address.
 *
 * nginx: src/core/ngx_cycle.c, the loop over old_cycle->listening.
 */

import type { Config, ListenConfig } from "./config.ts";

/** The law: old without `closed`, with `opened`, is new. */
export interface ListenerDiff {
  /** In the new one only. */
  readonly opened: readonly ListenConfig[];
  /** In both, as the new one has them. */
  readonly kept: readonly ListenConfig[];
  /** In the old one only. */
  readonly closed: readonly ListenConfig[];
}

/** Compare the listeners of all pools; which pool has one does not matter. */
export function diffListeners(
  older: Pick<Config, "pools">,
  newer: Pick<Config, "pools">,
): ListenerDiff {
  const before = byKey(older);
  const after = byKey(newer);
  return {
    opened: notIn(after, before),
    kept: [...after].filter(([key]) => before.has(key)).map(([, one]) => one),
    closed: notIn(before, after),
  };
}

/** Equal text means the same listener, options included. */
export function listenerKey(
  { address, backlog, target }: ListenConfig,
): string {
  return target.kind === "tcp"
    ? JSON.stringify([address, backlog, target.reuseport, target.ipv6Only])
    : JSON.stringify([
      address,
      backlog,
      target.mode,
      target.owner?.uid,
      target.owner?.gid,
    ]);
}

type Listeners = ReadonlyMap<string, ListenConfig>;

function byKey({ pools }: Pick<Config, "pools">): Listeners {
  const all = pools.flatMap((pool) => pool.listen);
  return new Map(all.map((one) => [listenerKey(one), one]));
}

function notIn(some: Listeners, others: Listeners): readonly ListenConfig[] {
  return [...some].filter(([key]) => !others.has(key)).map(([, one]) => one);
}
