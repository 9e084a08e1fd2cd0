/**
 * Rules about operators who wait: each is answered once, a reload is done only
 * when a generation begun after it is in force, a reopen only when everybody
 * alive has said so.
 */

import type { MasterEffect } from "../../src/core/master/effect.ts";
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
  #checkReopening({ after, effects }: Transition): readonly string[] {
    const gone = (after.reopening?.pending ?? []).filter((pid) =>
      !this.#os.processes.has(pid)
    );
    const broken = gone.map((pid) => `a reopen waits for pid ${pid}, gone`);
    const isDone = effects.some((effect) =>
      effect.kind === "reply" && effect.outcome.ok &&
      this.#os.clients.find(effect.token)?.request === "reopen"
    );
    // Those that are ended have nothing to answer any more.
    if (!isDone || after.mode === "terminating") return broken;
    for (const process of this.#os.processes.values()) {
      const { child, owesReopened, terminateAt } = process;
      if (!owesReopened || terminateAt !== undefined) continue;
      broken.push(`a reopen is done without ${nameOf(child.ref)}`);
    }
    return broken;
  }
}
