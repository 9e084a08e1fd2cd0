/**
 * The old master, for the new one that it executed: what it handed over by
 * environment, and the channel on which it is told how our start goes. That
 * the channel closes means that it is gone.
 *
 * Decides nothing. nginx: src/core/nginx.c, ngx_add_inherited_sockets; there
 * the old master is told nothing.
 */

import process from "node:process";
import { toFd } from "../base/id.ts";
import type { Channel } from "../channel/channel.ts";
import { guardChannel, hasChannel, openChannel } from "../channel/channel.ts";
import type { MasterEffect } from "../core/master/effect.ts";
import { setCloseOnExec } from "../os/fd.ts";
import type { HandedFile, HandedGroup } from "./inheritance.ts";
import {
  formatSockets,
  INHERITANCE_NAME,
  parseInheritance,
} from "./inheritance.ts";
import { takeOver } from "./listener_inheritance.ts";

/** What this master came by. */
export interface Received {
  readonly groups: readonly HandedGroup[];
  readonly pidFile: HandedFile | undefined;
  /** The old master, if it lives and listens. */
  readonly predecessor: Predecessor | undefined;
  /** What is to be said about it, once there is a log. */
  readonly lines: readonly (readonly ["notice" | "error", string])[];
}

/** Take over what the environment says; undefined: a start of its own. */
export function receiveInheritance(): Received | undefined {
  const text = Deno.env.get(INHERITANCE_NAME);
  if (text === undefined) return undefined;
  // Workers, and what they execute, have no use for it.
  Deno.env.delete(INHERITANCE_NAME);
  const parsed = parseInheritance(text);
  if (!parsed.ok) {
    const line = `invalid ${INHERITANCE_NAME} environment variable, ` +
      `ignoring it: ${parsed.reason}`;
    return nothing(["error", line]);
  }
  const { master, pidFile } = parsed.value;
  const { groups, refused } = takeOver(parsed.value);
  if (pidFile !== null) setCloseOnExec(toFd(pidFile.fd), true);
  const isChild = hasChannel() && process.ppid === master;
  return {
    groups,
    pidFile: pidFile ?? undefined,
    predecessor: isChild ? new Predecessor() : undefined,
    lines: [
      ...refused.map(({ fd, text }) =>
        [
          "error",
          `invalid socket number "${fd}" in ${INHERITANCE_NAME} environment ` +
          `variable, ignoring it: ${text}`,
        ] as const
      ),
      [
        "notice",
        `using inherited sockets from "${formatSockets(parsed.value)}"`,
      ],
    ],
  };
}

function nothing(line: readonly ["error", string]): Received {
  return {
    groups: [],
    pidFile: undefined,
    predecessor: undefined,
    lines: [line],
  };
}

/** The old master's end of the channel. */
export class Predecessor {
  readonly #channel: Channel;
  #onLost: (() => void) | undefined;
  #isLost = false;

  constructor() {
    guardChannel();
    this.#channel = openChannel({
      onMessage: () => {},
      onBroken: () => {},
      onClosed: () => {
        this.#isLost = true;
        this.#onLost?.();
      },
    });
  }

  /** Call `onLost` once, when it is gone, or now if it is. */
  watch(onLost: () => void): void {
    this.#onLost = onLost;
    if (this.#isLost) onLost();
  }

  /** Tell it that we are ready, or why we never will be. */
  tell(
    effect: Extract<MasterEffect, { readonly kind: "tellPredecessor" }>,
  ): void {
    this.#channel.send(
      effect.message === "ready"
        ? { kind: "ready" }
        : { kind: "failed", reason: effect.reason },
    );
  }

  /** We have only just begun, and our exit follows. */
  async fail(reason: string): Promise<void> {
    await this.#channel.sendEarly({ kind: "failed", reason });
  }
}
