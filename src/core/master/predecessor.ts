/**
 * The old master, seen by the new one that it executed: it is told when our
 * workers serve, or why they never will, and its end makes what it handed over
 * ours alone. Until then the sockets, the Unix sockets' files and the name of
 * the pid file may go back to it, so nothing of that is closed or removed.
 *
 * nginx: src/core/ngx_connection.c (ls[i].inherited) and src/os/unix/
 * ngx_process_cycle.c; there the parent's pid is all the new master knows.
 */

import type { MasterState, Step } from "./state.ts";
import { ignore, say, stay } from "./state.ts";

/** The old master is gone, whether it left or died. */
export function onPredecessorLost(state: MasterState): Step {
  if (state.predecessor !== "alive") return ignore(state, "predecessorLost");
  const said = say("notice", { kind: "predecessorLost" });
  switch (state.mode) {
    case "starting":
      // What is not wanted is known when the first generation is ready.
      return stay({ ...state, predecessor: "gone" }, said);
    case "running":
      return inherit({ ...state, predecessor: "gone" }, said);
    default:
      return stay(
        { ...state, predecessor: undefined },
        said,
        { kind: "closeListeners", isShared: false },
      );
  }
}

/** Our first generation is ready. */
export function announceReady(state: MasterState): Step {
  switch (state.predecessor) {
    case "alive":
      return stay(state, { kind: "tellPredecessor", message: "ready" });
    case "gone":
      return inherit(state);
    case undefined:
      return stay(state);
  }
}

/** Our first generation never will be; our exit follows. */
export function announceFailure(state: MasterState, reason: string): Step {
  return state.predecessor === "alive"
    ? stay(state, { kind: "tellPredecessor", message: "failed", reason })
    : stay(state);
}

function inherit(
  state: MasterState,
  ...said: readonly ReturnType<typeof say>[]
): Step {
  return stay(
    { ...state, predecessor: undefined },
    ...said,
    { kind: "adoptSockets" },
  );
}
