/**
 * The children that the runtime waits for: whoever else reaped one would take
 * its exit away, which ends the runtime's wait with ECHILD.
 *
 * Source: man 2 waitpid; see reap.ts.
 */

import type { Pid } from "../base/id.ts";

const claimed = new Set<Pid>();

/** Whether the runtime waits for that process: it must not be reaped here. */
export function isOwnChild(pid: Pid): boolean {
  return claimed.has(pid);
}

/** That process was spawned here, in this turn of the event loop. */
export function claimChild(pid: Pid): void {
  claimed.add(pid);
}

/** Its exit was told: the runtime has reaped it. */
export function releaseChild(pid: Pid): void {
  claimed.delete(pid);
}
