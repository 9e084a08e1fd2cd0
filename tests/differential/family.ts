/**
 * The processes of one side, found cheaply enough to be looked at all the
 * time: from the masters down, and everybody ever seen who is still alive, for
 * orphans have no parent to be found by. man 5 proc
 */

import { isAlive, statOf, titleOf } from "../support/proc.ts";
import type { Role, Side } from "./driver.ts";
import { roleOf } from "./driver.ts";

/** One living process. */
export interface Member {
  readonly pid: number;
  readonly role: Role;
}

/** One side's processes. */
export class Family {
  readonly #side: Side;
  /** Every master there ever was, in order. */
  readonly masters: number[] = [];
  readonly #seen = new Set<number>();
  readonly #sessions = new Set<number>();

  constructor(side: Side) {
    this.#side = side;
  }

  /** A master was started. */
  adopt(pid: number): void {
    if (!this.masters.includes(pid)) this.masters.push(pid);
    const session = statOf(pid)?.session;
    if (session !== undefined && session > 1) this.#sessions.add(session);
  }

  /** The masters that live. */
  livingMasters(): number[] {
    return this.masters.filter((pid) => this.isOurs(pid));
  }

  /** Everybody but the masters, in order of their pids. */
  members(): Member[] {
    for (const master of this.livingMasters()) {
      for (const pid of childrenOf(master)) {
        this.#seen.add(pid);
        if (this.#isMaster(pid, master)) this.adopt(pid);
      }
    }
    return [...this.#seen]
      .filter((pid) => !this.masters.includes(pid) && this.isOurs(pid))
      .map((pid) => ({ pid, role: roleOf(this.#side, titleOf(pid)) }))
      .sort((one, other) => one.pid - other.pid);
  }

  /** The pids of a role. */
  pidsOf(role: Role): number[] {
    return this.members().filter((one) => one.role === role)
      .map(({ pid }) => pid);
  }

  /** The sessions of all of them. */
  sessions(): readonly number[] {
    return [...this.#sessions];
  }

  /** Alive, and not somebody else who got the number since. */
  isOurs(pid: number): boolean {
    const session = statOf(pid)?.session ?? 0;
    return isAlive(pid) && this.#sessions.has(session);
  }

  /** A child that is a master itself: an upgrade's. */
  #isMaster(pid: number, parent: number): boolean {
    const prefix = `${this.#side}: master process`;
    return this.#hasExecuted(pid, parent) && titleOf(pid).startsWith(prefix);
  }

  /** A worker of nginx shows its master's title until it is initialised. */
  #hasExecuted(pid: number, parent: number): boolean {
    return titleOf(pid) !== titleOf(parent) || childrenOf(pid).length > 0;
  }
}

/** The living children of all threads of a process. */
function childrenOf(pid: number): number[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) =>
      Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`)
        .trim().split(" ").filter((one) => one !== "").map(Number)
    );
  } catch {
    return [];
  }
}
