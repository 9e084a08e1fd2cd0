/**
 * Rules about an upgrade, by what the machine knows: one master owns the name
 * of the pid file at any time, no address is without an owner, the new master
 * gets no signal that is not meant for it, and nobody removes what it uses.
 */

import type { SimOs } from "./sim_os.ts";
import type { Transition } from "./transition.ts";
import { isLeaving } from "./transition.ts";

/** Looks at the new master. */
export class UpgradeChecker {
  readonly #os: SimOs;

  constructor(os: SimOs) {
    this.#os = os;
  }

  /** Before the effects are performed. */
  before({ before, after, effects }: Transition): readonly string[] {
    const { successor } = this.#os;
    return effects.flatMap((effect): readonly string[] => {
      switch (effect.kind) {
        case "renamePidFile":
          return before.upgrade === undefined && successor.owner === "old"
            ? []
            : ["NAME renamed in the middle of an upgrade"];
        case "execUpgrade":
          return successor.owner === "both" && !successor.isAlive
            ? []
            : ["NAME a new master without the pid file's name"];
        case "restorePidFile":
          return successor.isAlive
            ? ["NAME taken back from a new master that lives"]
            : [];
        case "killUpgrade":
          return effect.pid === successor.pid
            ? []
            : [`P3 ${effect.signal} to pid ${effect.pid}, no new master`];
        case "closeListeners":
          return successor.isAlive && !effect.isShared
            ? ["P7 a socket's file is removed under the new master"]
            : [];
        case "spawn":
          return isLeaving(after) ? ["P5 spawn while leaving"] : [];
        default:
          return [];
      }
    });
  }

  /** After them. */
  after({ before, after }: Transition): readonly string[] {
    const { resources, successor } = this.#os;
    const broken: string[] = [];
    if (after.mode === "exited") {
      if (successor.isAlive && successor.owner !== "new") {
        broken.push("NAME the new master has no pid file");
      }
      // A released new master removes them itself.
      const isOurs = before.mode !== "relaying";
      if (isOurs && resources.filesLeft && successor.pid === undefined) {
        broken.push("END a socket's file is left, and no new master");
      }
      return broken;
    }
    if (after.upgrade === undefined && successor.owner === "both") {
      broken.push("NAME nobody took the pid file's name back");
    }
    if (isLeaving(after)) return broken;
    // One that it did not inherit is a hung worker's, from a time before the
    // address was dropped and promised again: checkLost looks at its queue.
    const elsewhere = resources.sockets.all().filter((one) => one.isElsewhere);
    for (const socket of elsewhere) {
      const isPromised = resources.isPromised(socket.address);
      if (isPromised && !socket.isOurs && socket.queue > 0) {
        broken.push(`P7 ${socket.address} has only the new master`);
      }
    }
    return broken;
  }
}
