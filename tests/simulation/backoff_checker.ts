/**
 * P8: no worker is spawned faster than its backoff allows, and after exit code
 * 2 not at all. Counts the ends of each worker by itself, from events and the
 * clock alone, and asks for the least delay the policy could have drawn.
 */

import type { Exit } from "../../src/base/exit.ts";
import type { Instant } from "../../src/base/unit.ts";
import type { ChildRef, MasterEvent } from "../../src/core/master/event.ts";
import type { Policy } from "../../src/core/master/policy.ts";
import type { AssignedSlot } from "../../src/core/master/slot.ts";
import { isAssigned, isLive } from "../../src/core/master/slot.ts";
import { slotAt } from "../../src/core/master/state.ts";
import type { Transition } from "./transition.ts";

interface PlaceRecord {
  /** Ends in a row, each without a stable service before it. */
  failures: number;
  endedAt: Instant;
  readyAt: Instant | undefined;
}

/** Remembers every worker by generation, pool and number. */
export class BackoffChecker {
  readonly #records = new Map<string, PlaceRecord>();
  /** Places whose worker exited with 2. */
  readonly #fatal = new Set<string>();
  /** Children that drained before they ended. */
  readonly #drained = new Set<string>();

  /** What the spawns of this step break. */
  check(step: Transition): readonly string[] {
    this.#noteEvent(step);
    this.#noteForgotten(step);
    // So it is when the workers come back after WINCH.
    const isBack = step.before.noaccepting && !step.after.noaccepting;
    // All of them, also one that the full table makes wait for its row.
    if (isBack) {
      this.#records.clear();
      this.#fatal.clear();
    }
    const isFresh = startsAfresh(step.event);
    for (const effect of step.effects) {
      if (effect.kind === "send" && effect.command === "quit") {
        this.#drained.add(nameOf(effect));
      }
    }
    return step.effects.flatMap((effect) => {
      if (effect.kind !== "spawn") return [];
      const { generation, pool, ordinal } = effect;
      const place = `${generation}/${pool}/${ordinal}`;
      if (isFresh) {
        this.#records.delete(place);
        this.#fatal.delete(place);
      }
      if (this.#fatal.has(place)) {
        return [`P8 ${place} spawns after exit code 2`];
      }
      const record = this.#records.get(place);
      if (record === undefined) return [];
      const least = leastDelayMs(record.failures, step.before.policy);
      const waited = step.now - record.endedAt;
      return waited >= least ? [] : [
        `P8 ${place} spawns ${waited} ms after its end ` +
        `${record.failures}, not ${least} ms`,
      ];
    });
  }

  /**
   * A worker that drained gave its place up, and its replacement found the
   * table full: who comes when there is a row is nobody's successor. That this
   * happens in a full table alone is place_checker.ts's to say.
   */
  #noteForgotten({ after }: Transition): void {
    if (after.mode !== "running") return;
    const held = new Set(
      after.slots.flatMap((slot, index) =>
        isAssigned(slot) && !this.#hasDrained(slot, index)
          ? [`${slot.generation}/${slot.pool}/${slot.ordinal}`]
          : []
      ),
    );
    for (const place of this.#records.keys()) {
      const isInForce = place.startsWith(`${after.generation}/`);
      if (isInForce && !held.has(place)) this.#records.delete(place);
    }
  }

  #hasDrained(slot: AssignedSlot, index: number): boolean {
    return isLive(slot) &&
      this.#drained.has(`${index}/${slot.generation}/${slot.pid}`);
  }

  #noteEvent({ before, event, now }: Transition): void {
    if (!("slot" in event)) return;
    // Pids are reused.
    if (event.kind === "childSpawned") this.#drained.delete(nameOf(event));
    const slot = slotAt(before, event.slot);
    if (!isAssigned(slot) || slot.generation !== event.generation) return;
    if ("pid" in event && (!("pid" in slot) || slot.pid !== event.pid)) return;
    const place = `${slot.generation}/${slot.pool}/${slot.ordinal}`;
    const record = this.#records.get(place) ??
      { failures: 0, endedAt: now, readyAt: undefined };
    const { phase } = slot;
    if (event.kind === "childDraining" && phase === "serving") {
      this.#drained.add(nameOf(event));
    }
    if (event.kind === "childReady" && phase === "booting") {
      this.#records.set(place, { ...record, readyAt: now });
    } else if (
      (event.kind === "childExited" && !this.#drained.has(nameOf(event))) ||
      (event.kind === "spawnFailed" && phase === "spawning") ||
      (event.kind === "childDraining" && phase === "serving")
    ) {
      this.#records.set(place, endOf(record, phase, now, before.policy));
      if (event.kind === "childExited" && isFatal(event.exit)) {
        this.#fatal.add(place);
      }
    }
  }
}

function isFatal(exit: Exit): boolean {
  return exit.kind === "code" && exit.code === 2;
}

function nameOf({ slot, generation, pid }: ChildRef): string {
  return `${slot}/${generation}/${pid}`;
}

function endOf(
  record: PlaceRecord,
  phase: string,
  now: Instant,
  policy: Policy,
): PlaceRecord {
  const isStable = phase === "serving" && record.readyAt !== undefined &&
    now - record.readyAt >= policy.stableMs;
  const failures = isStable ? 1 : record.failures + 1;
  return { failures, endedAt: now, readyAt: undefined };
}

/** An operator asked: whoever is missing then starts without a record. */
function startsAfresh({ kind }: MasterEvent): boolean {
  return kind === "signalled" || kind === "pidFileWritten";
}

/** Half of the full delay: the least the jitter leaves. */
function leastDelayMs(failures: number, policy: Policy): number {
  if (failures <= 1) return 0;
  const { backoffMinMs, backoffMaxMs } = policy;
  return Math.min(backoffMaxMs, backoffMinMs * 2 ** (failures - 2)) / 2;
}
