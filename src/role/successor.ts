/**
 * The new master, for the old one: execute it with our sockets and the lock of
 * the pid file, hear how its start goes, signal it, notice its end. It is a
 * child that may outlive us.
 *
 * Decides nothing. nginx: src/core/nginx.c, ngx_exec_new_binary.
 */

import type { Pid } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import { checkFromChild } from "../channel/message.ts";
import type { MasterEffect } from "../core/master/effect.ts";
import type { Child } from "../os/child.ts";
import { spawnChild } from "../os/child.ts";
import { checkProgram } from "../os/program.ts";
import { childrenTitled } from "../os/reap.ts";
import type { Inbox } from "./gather.ts";
import type { Inheritance } from "./inheritance.ts";
import { encodeInheritance, INHERITANCE_NAME } from "./inheritance.ts";

/** What a master's title begins with. */
export const MASTER_TITLE = "procmgr: master process";

/** The new master, if there is one. */
export class Successor {
  readonly #inbox: Inbox;
  readonly #command: readonly string[];
  readonly #env: Readonly<{ [name: string]: string }>;
  #child: Child | undefined;

  /**
   * `command` begins with the path this master was started by; `env` is what
   * is not in our environment any more.
   */
  constructor(
    inbox: Inbox,
    command: readonly string[],
    env: Readonly<{ [name: string]: string }>,
  ) {
    this.#inbox = inbox;
    this.#command = command;
    this.#env = env;
  }

  /** Execute it; answered on the inbox. */
  exec(inheritance: Inheritance): void {
    const inbox = this.#inbox;
    const [path = ""] = this.#command;
    const program = checkProgram(path);
    if (!program.ok) {
      inbox.push({ kind: "upgradeSpawnFailed", error: program.error });
      return;
    }
    const { groups, pidFile } = inheritance;
    const fds = groups.flatMap(({ sockets }) => sockets.map(({ fd }) => fd));
    const child: { value?: Child } = {};
    spawnChild({
      command: this.#command,
      env: {
        ...Deno.env.toObject(),
        ...this.#env,
        [INHERITANCE_NAME]: encodeInheritance(inheritance),
      },
      inherit: [...fds, ...pidFile === null ? [] : [pidFile.fd]].map(toFd),
    }, {
      onSpawned: (born) => {
        child.value = born;
        this.#child = born;
        inbox.push({ kind: "upgradeSpawned", pid: born.pid });
      },
      onSpawnFailed: (error) => {
        const call = `execve() of new binary process "${path}"`;
        const told = { ...error, call };
        inbox.push({ kind: "upgradeSpawnFailed", error: told });
      },
      onMessage: (value) => {
        if (child.value !== undefined) this.#hear(value, child.value);
      },
      // Its exit is the truth; what it says besides is not for us.
      onChannelClosed: () => {},
      onChannelBroken: () => {},
      onExited: (exit) => {
        const { value } = child;
        if (value === undefined) return;
        if (this.#child === value) this.#child = undefined;
        inbox.push({ kind: "upgradeExited", pid: value.pid, exit });
      },
    });
  }

  /** Signal it, if that process is still it. */
  kill(effect: Extract<MasterEffect, { readonly kind: "killUpgrade" }>): void {
    if (this.#child?.pid === effect.pid) this.#child.kill(effect.signal);
  }

  /** For it we are gone. */
  release(pid: Pid): void {
    if (this.#child?.pid === pid) this.#child.disconnect();
  }

  /** Pass a signal on to the master, whoever executed it. */
  relay(
    { pid, signal }: Extract<MasterEffect, { readonly kind: "relaySignal" }>,
  ): void {
    try {
      Deno.kill(pid, signal);
    } catch {
      // It ended a moment ago; its exit is told next.
    }
  }

  /** A newer master that became our child when its old one left. */
  find(): void {
    const pid = childrenTitled(MASTER_TITLE)[0];
    if (pid === undefined) this.#inbox.push({ kind: "masterLost" });
    else this.#inbox.push({ kind: "masterFound", pid });
  }

  #hear(value: unknown, { pid }: Child): void {
    const received = checkFromChild(value);
    if (!received.ok) return;
    const { message } = received;
    if (message.kind === "ready") {
      this.#inbox.pushMessage({ kind: "upgradeReady", pid });
    } else if (message.kind === "failed") {
      const { reason } = message;
      this.#inbox.pushMessage({ kind: "upgradeReported", pid, reason });
    }
  }
}
