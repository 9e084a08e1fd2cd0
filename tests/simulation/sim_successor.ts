/**
 * The new master of the simulated machine, as far as the old one can tell: it
 * is executed or not, boots, becomes ready or hangs, and dies at any moment.
 * With it the one name of the pid file, which the two pass to each other, and
 * the sockets, which live while either has them.
 *
 * The counterpart of role/successor.ts and of role/pidfile.ts in an upgrade;
 * decides nothing.
 */

import type { Exit } from "../../src/base/exit.ts";
import type { Pid } from "../../src/base/id.ts";
import type { MasterEffect } from "../../src/core/master/effect.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";
import type { Conditions } from "./condition.ts";
import { systemError } from "./condition.ts";

/** The effects of an upgrade. */
export type UpgradeEffect = Extract<
  MasterEffect,
  {
    readonly kind:
      | "renamePidFile"
      | "restorePidFile"
      | "execUpgrade"
      | "killUpgrade"
      | "releaseUpgrade"
      | "relaySignal"
      | "findMaster";
  }
>;

/** What the new master needs of its machine. */
export interface SuccessorHost {
  readonly conditions: Conditions;
  later(afterMs: number, run: () => void): void;
  push(event: MasterEvent): void;
  freePid(): Pid | undefined;
  /** It took the sockets, reads them, or let go of them. */
  onSockets(): void;
}

/** Whose the name of the pid file is. */
export type NameOwner = "old" | "both" | "new";

/** The new master, if there is one. */
export class SimSuccessor {
  /** Who has the lock of the file with the pid file's name. */
  owner: NameOwner = "old";
  /** Its pid, until its end was heard of. */
  pid: Pid | undefined;
  isAlive = false;
  isReady = false;
  /** Executed so far. */
  count = 0;
  readonly #host: SuccessorHost;

  constructor(host: SuccessorHost) {
    this.#host = host;
  }

  /** Do what the master decided. */
  perform(effect: UpgradeEffect): void {
    switch (effect.kind) {
      case "renamePidFile":
        return this.#rename();
      case "restorePidFile":
        this.owner = "old";
        return;
      case "execUpgrade":
        return this.#exec();
      case "killUpgrade":
        if (effect.pid === this.pid) this.#signalled(effect.signal);
        return;
      case "releaseUpgrade":
        return;
      case "relaySignal": {
        const ends = ["SIGTERM", "SIGINT", "SIGQUIT"].includes(effect.signal);
        if (ends) this.die({ kind: "code", code: 0 });
        return;
      }
      case "findMaster":
        // Nobody replaces the new master here: relay_test.ts.
        return this.#answer({ kind: "masterLost" });
    }
  }

  /** It ends, by itself or by somebody's hand. */
  die(exit: Exit): void {
    const { pid } = this;
    if (!this.isAlive || pid === undefined) return;
    this.isAlive = false;
    this.isReady = false;
    this.#host.onSockets();
    this.#answer({ kind: "upgradeExited", pid, exit });
  }

  /** The master took the news of its end: its pid is free. */
  reap(pid: Pid): void {
    if (this.pid === pid) this.pid = undefined;
  }

  /** The old master is gone: what both had is the new one's. */
  inherit(): void {
    if (this.isAlive) this.owner = "new";
  }

  #rename(): void {
    const { conditions } = this.#host;
    const error = conditions.hits("oldbinRefused")
      ? systemError('rename() "procmgr.pid" to "procmgr.pid.oldbin"', "EACCES")
      : undefined;
    if (error !== undefined) {
      return this.#answer({ kind: "pidFileRenameFailed", error });
    }
    this.owner = "both";
    this.#answer({ kind: "pidFileRenamed" });
  }

  #exec(): void {
    const { conditions } = this.#host;
    const pid = this.#host.freePid();
    if (pid === undefined || conditions.hits("upgradeRefused")) {
      const error = systemError("execve()", "ENOEXEC");
      return this.#answer({ kind: "upgradeSpawnFailed", error });
    }
    this.count += 1;
    this.pid = pid;
    this.isAlive = true;
    this.#host.onSockets();
    this.#answer({ kind: "upgradeSpawned", pid });
    this.#boot(pid);
  }

  #boot(pid: Pid): void {
    const { conditions } = this.#host;
    const bootMs = 20 + conditions.int("upgradeDies", 300);
    if (conditions.hits("upgradeDies")) {
      const exit: Exit = { kind: "code", code: 1 };
      const afterMs = conditions.int("upgradeDies", 3 * bootMs);
      this.#host.later(afterMs, () => this.#dieAs(pid, exit));
    }
    if (conditions.hits("upgradeHangs")) return;
    this.#host.later(bootMs, () => {
      if (this.pid !== pid || !this.isAlive) return;
      this.isReady = true;
      this.#host.onSockets();
      this.#answer({ kind: "upgradeReady", pid });
    });
  }

  #signalled(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this;
    if (pid === undefined) return;
    const isDeaf = signal === "SIGTERM" &&
      this.#host.conditions.hits("terminateIgnored");
    if (!isDeaf) this.#dieAs(pid, { kind: "signal", signal });
  }

  #dieAs(pid: Pid, exit: Exit): void {
    if (this.pid === pid) this.die(exit);
  }

  /** What is heard of it comes in the order in which it happened. */
  #answer(event: MasterEvent): void {
    this.#host.later(this.#host.conditions.latencyMs(), () => {
      this.#pending.shift()?.();
    });
    this.#pending.push(() => this.#host.push(event));
  }

  readonly #pending: (() => void)[] = [];
}
