/**
 * States of an upgrade for tests of the core, reached by real events. The new
 * master's pid is 900.
 */

import type { Exit } from "../../src/base/exit.ts";
import { toPid } from "../../src/base/id.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";
import type { MasterState } from "../../src/core/master/state.ts";
import { asked, signalled, take } from "./core.ts";

/** The new master. */
export const SUCCESSOR = toPid(900);

export const RENAMED: MasterEvent = { kind: "pidFileRenamed" };

export const EXECUTED: MasterEvent = {
  kind: "upgradeSpawned",
  pid: SUCCESSOR,
};

export const READY: MasterEvent = { kind: "upgradeReady", pid: SUCCESSOR };

/** The new master ended. */
export function ended(exit: Exit): MasterEvent {
  return { kind: "upgradeExited", pid: SUCCESSOR, exit };
}

/** USR2, and the new master boots; with `token` somebody waits. */
export function upgrading(
  state: MasterState,
  token?: number,
  now = 0,
): MasterState {
  const begin = token === undefined
    ? signalled("SIGUSR2")
    : asked("upgrade", token);
  return take(state, [begin, RENAMED, EXECUTED], now).state;
}

/** The new master serves. */
export function upgraded(state: MasterState, token?: number): MasterState {
  return take(upgrading(state, token), READY).state;
}
