/**
 * Nobody wanted is forgotten: each worker the plan in force wants is there, on
 * its way, waits for its backoff, has failed for good, or is being ended and
 * will come back. One that drained, by itself or told to, counts no more: its
 * end is not its replacement's.
 *
 * A place may stay empty while the table is full, and not for a step longer:
 * whoever leaves a row, somebody wanted has it.
 */

import type { Assignment, Slot } from "../../src/core/master/slot.ts";
import { isAssigned, isLive } from "../../src/core/master/slot.ts";
import type { MasterState } from "../../src/core/master/state.ts";
import { ordinalsBelow } from "./sim_socket.ts";
import type { SimOs } from "./sim_os.ts";
import type { Transition } from "./transition.ts";

/** Looks at the table after each step. */
export class PlaceChecker {
  readonly #os: SimOs;

  constructor(os: SimOs) {
    this.#os = os;
  }

  /** The places that nobody holds. */
  check({ after }: Transition): readonly string[] {
    if (after.mode !== "running" || after.noaccepting) return [];
    if (isFull(after)) return [];
    const { generation, plan, slots } = after;
    if (plan.cache !== undefined && !hasManager(after)) {
      return ["P2 the cache manager is forgotten"];
    }
    return plan.pools.flatMap(({ name, workers, limits }) =>
      ordinalsBelow(workers).flatMap((ordinal) => {
        const place = { generation, pool: name, ordinal, limits };
        return slots.some((slot) => this.#isHolder(slot, place))
          ? []
          : [`P2 worker ${name}/${ordinal} is forgotten`];
      })
    );
  }

  #isHolder(slot: Slot, place: Assignment): boolean {
    if (slot.phase === "vacant" || slot.phase === "draining") return false;
    if (
      slot.generation !== place.generation || slot.pool !== place.pool ||
      slot.ordinal !== place.ordinal
    ) return false;
    if (!isLive(slot)) return true;
    const process = this.#os.processes.get(slot.pid);
    return process?.hasLeft === false && process.quitAt === undefined;
  }
}

/** Failed for good counts: only a reload brings it back. */
function hasManager({ slots, generation }: MasterState): boolean {
  return slots.some((slot) =>
    isAssigned(slot) && slot.helper === "cache_manager" &&
    slot.generation === generation && slot.phase !== "draining"
  );
}

function isFull({ slots, policy }: MasterState): boolean {
  return slots.filter(isAssigned).length >= policy.slotsMax;
}
