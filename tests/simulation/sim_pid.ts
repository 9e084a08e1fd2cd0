/**
 * Pids of the simulated machine, few so that they are reused, and the orphans:
 * processes that are no children of the master and ended with it as their
 * parent. A pid is free again when its process was reaped. man 2 waitpid
 */

import type { Pid } from "../../src/base/id.ts";
import { toPid } from "../../src/base/id.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";

/** Who has which pid. */
export class SimPids {
  /** Ended and not reaped. */
  readonly orphans = new Set<Pid>();
  readonly #pidsMax: number;
  readonly #isChild: (pid: Pid) => boolean;
  #last = 1;

  constructor(pidsMax: number, isChild: (pid: Pid) => boolean) {
    this.#pidsMax = pidsMax;
    this.#isChild = isChild;
  }

  /** The next pid nobody has; undefined: all are taken. */
  free(): Pid | undefined {
    for (let tried = 0; tried < this.#pidsMax; tried++) {
      this.#last = 2 + (this.#last - 1) % this.#pidsMax;
      const pid = toPid(this.#last);
      if (!this.#isChild(pid) && !this.orphans.has(pid)) return pid;
    }
    return undefined;
  }

  /** An orphan is reaped; the checker sees to it that it is one. */
  reap(process: Pid): MasterEvent {
    this.orphans.delete(process);
    return { kind: "orphanReaped", process, exit: { kind: "code", code: 0 } };
  }

  /** One more orphan ends, if there is a pid for it. */
  orphan(): Pid | undefined {
    const pid = this.free();
    if (pid !== undefined) this.orphans.add(pid);
    return pid;
  }
}
