/**
 * Rules about operators who wait: each is answered once, a reload is done only
 * when a generation begun after it is in force, a reopen only when everybody
 * alive has said so.
 */

import type { MasterEffect } from "../../src/core/master/effect.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";
import type { MasterState } from "../../src/core/master/state.ts";
import type { Transition } from "./transition.ts";
import { nameOf } from "./transition.ts";
import type { SimOs } from "./sim_os.ts";

/** Looks at replies before they are given. */
export class ClientChecker {
  readonly #os: SimOs;

  constructor(os: SimOs) {
    this.#os = os;
  }

  /** What the replies of this step break. */
  check(step: Transition): readonly string[] {
    return [
      ...step.effects.flatMap((effect) =>
        effect.kind === "reply" ? this.#checkReply(step, effect) : []
      ),
      ...this.#checkReopening(step),
    ];
  }

  #checkReply(
    { after }: Transition,
    effect: Extract<MasterEffect, { readonly kind: "reply" }>,
  ): readonly string[] {
    const { token, outcome } = effect;
    const client = this.#os.clients.find(token);
    if (client === undefined) return [`reply to unknown client ${token}`];
    const broken: string[] = [];
    if (client.replies > 0) broken.push(`second reply to client ${token}`);
    if (client.isGone) broken.push(`reply to client ${token}, which is gone`);
    if (client.request === "upgrade" && outcome.ok) {
      if (after.mode !== "exited" && after.mode !== "relaying") {
        broken.push(`upgrade ${token} is done, but the old master is here`);
      }
    }
    const isOld = after.generation <= client.generation;
    if (client.request === "reload" && outcome.ok && isOld) {
      broken.push(
        `reload ${token} is done, but was asked for after generation ` +
          `${after.generation} began`,
      );
    }
    return broken;
  }

  /** A reopen waits for the living, and is done when they have answered. */
  #checkReopening({ before, event, after }: Transition): readonly string[] {
    const pending = after.reopening?.pending ?? [];
    const broken = pending
      .filter((pid) => !this.#os.processes.has(pid))
      .map((pid) => `a reopen waits for pid ${pid}, gone`);
    const isOver = after.reopening === undefined;
    // Given up in time, or those that are ended need not answer any more.
    if (isOver && (before.reopening === undefined || isExcused(event, after))) {
      return broken;
    }
    for (const process of this.#os.processes.values()) {
      const { child, owesReopened } = process;
      const isEnding = after.slots[child.ref.slot]?.phase === "terminating";
      if (!owesReopened || isEnding) continue;
      if (pending.includes(child.ref.pid)) continue;
      broken.push(`a reopen is done without ${nameOf(child.ref)}`);
    }
    return broken;
  }
}

function isExcused(event: MasterEvent, { mode }: MasterState): boolean {
  return event.kind === "timerFired" || mode === "terminating" ||
    mode === "exited";
}
