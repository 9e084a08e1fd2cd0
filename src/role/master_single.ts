/**
 * What a master loads and changes only when it is the single process
 * (`master_process: false`): serving is a third of all code, and a master
 * with workers starts without it.
 */

import type { Config } from "../config/config.ts";

/** Not in an import: see main.ts. */
const RESIDENTS = "./residents.ts";

/** The workers that live in this process, as a module. */
export type ResidentsModule = typeof import("./residents.ts");

/** One worker per pool is all a process can hold; helpers are processes. */
export function asSingle(config: Config): Config {
  const pools = config.pools.map((pool) => ({ ...pool, workers: 1 }));
  return { ...config, pools, cache: undefined };
}

/** Load them. */
export function loadResidents(): Promise<ResidentsModule> {
  return import(RESIDENTS);
}
