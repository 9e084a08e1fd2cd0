/**
 * Processes that are not ours and whose parent we are: as PID 1, as a
 * subreaper, or because a shell executed us and had children. Nobody else
 * reaps them, and nobody but the runtime may reap ours.
 *
 * nginx: src/os/unix/ngx_process.c, ngx_process_get_status, which says
 * "unknown process"; tini. It waits for anyone (waitpid -1); we may not.
 */

import type { Exit } from "../../base/exit.ts";
import type { Pid } from "../../base/id.ts";
import { onMasterEnded } from "./relay.ts";
import { isLive } from "./slot.ts";
import type { MasterState, Step } from "./state.ts";
import { inOrder, liveUpgrade, say, stay } from "./state.ts";

/** Somebody whose parent we are ended and waits to be reaped. */
export function onProcessEnded(state: MasterState, process: Pid): Step {
  // One of ours: the runtime reaps it, and its own event tells how it ended.
  // As PID 1 after an upgrade nobody is, but for the runtime's own.
  const isPlain = state.mode !== "relaying";
  if (isPlain && isOurs(state, process)) return stay(state);
  return stay(state, { kind: "reapOrphan", process });
}

/** It is gone from the kernel's table, too. */
export function onOrphanReaped(
  state: MasterState,
  { process, exit }: { readonly process: Pid; readonly exit: Exit },
): Step {
  const said = say("notice", { kind: "orphanExited", process, exit });
  return inOrder(
    state,
    (current) => stay(current, said),
    (current) =>
      current.mode === "relaying"
        ? onMasterEnded(current, { pid: process, exit })
        : stay(current),
  );
}

function isOurs(state: MasterState, process: Pid): boolean {
  return liveUpgrade(state)?.pid === process ||
    state.slots.some((slot) => isLive(slot) && slot.pid === process);
}
