/**
 * Helpers never respawn wrongly (P12): none comes before its generation is in
 * force or while the master leaves, and a loader comes once per generation,
 * unless the master itself ended it, and only while a zone of the plan has not
 * been loaded. Knows it from events and the machine, not from the master's
 * notes.
 */

import type { MasterEffect } from "../../src/core/master/effect.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";
import type { SimOs } from "./sim_os.ts";
import type { Transition } from "./transition.ts";
import { nameOf } from "./transition.ts";

/** Remembers loaders that ended and zones that were loaded. */
export class HelperChecker {
  readonly #os: SimOs;
  /** Generations whose loader ended, and not because it was told to. */
  readonly #ended = new Set<number>();
  /** Children that are loaders, and whether they were told to leave. */
  readonly #loaders = new Map<string, boolean>();
  #loaded: ReadonlySet<string> = new Set();

  constructor(os: SimOs) {
    this.#os = os;
  }

  /** What the spawns of this step break. */
  check(step: Transition): readonly string[] {
    this.#noteEvent(step.event);
    const zones = step.after.plan.cache?.zones ?? [];
    const known = [...this.#loaded].filter((zone) => zones.includes(zone));
    this.#loaded = new Set(known);
    for (const effect of step.effects) this.#noteEffect(effect);
    return step.effects.flatMap((effect) =>
      effect.kind === "spawn" && effect.helper !== undefined
        ? this.#checkSpawn(step, effect)
        : []
    );
  }

  #noteEvent(event: MasterEvent): void {
    switch (event.kind) {
      case "childSpawned":
        if (this.#os.find(event)?.child.helper === "cache_loader") {
          this.#loaders.set(nameOf(event), false);
        }
        return;
      case "zoneLoaded":
        if (this.#loaders.has(nameOf(event))) {
          this.#loaded = new Set([...this.#loaded, event.zone]);
        }
        return;
      case "childExited": {
        const wasTold = this.#loaders.get(nameOf(event));
        if (wasTold === false) this.#ended.add(event.generation);
        this.#loaders.delete(nameOf(event));
      }
    }
  }

  #noteEffect(effect: MasterEffect): void {
    const isQuit = effect.kind === "send" && effect.command === "quit";
    if (isQuit && this.#loaders.has(nameOf(effect))) {
      this.#loaders.set(nameOf(effect), true);
    }
  }

  #checkSpawn(
    { after }: Transition,
    spawn: Extract<MasterEffect, { readonly kind: "spawn" }>,
  ): readonly string[] {
    const { helper, generation } = spawn;
    const { cache } = after.plan;
    const broken: string[] = [];
    if (generation !== after.generation || after.mode !== "running") {
      broken.push(`P12 ${helper} of generation ${generation} is not its turn`);
    }
    if (cache === undefined) broken.push(`P12 ${helper} without a cache`);
    if (helper !== "cache_loader") return broken;
    if (this.#ended.has(generation)) {
      broken.push(`P12 a second loader of generation ${generation}`);
    }
    if (cache?.zones.every((zone) => this.#loaded.has(zone)) === true) {
      broken.push("P12 a loader for zones that are loaded");
    }
    return broken;
  }
}
