/**
 * WINCH: the workers drain and nobody takes their place, while the master and
 * its listening sockets stay; who connects meanwhile waits in their queues.
 * The first half of an upgrade by hand, and of nothing else in nginx: there
 * WINCH is ignored in the foreground, here it works wherever a terminal's
 * window cannot send it by itself (`winchIsResize`).
 *
 * HUP ends it: by a reload, or in the middle of an upgrade with the
 * configuration the master has (`restart`). Either way the master forgets that
 * it was told, which nginx does not (its weakness W7).
 *
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_noaccept and ngx_restart.
 */

import type { Instant } from "../../base/unit.ts";
import { giveUp } from "./give_up.ts";
import { drainRow, isTellable } from "./shutdown.ts";
import { isAssigned, isIdle, VACANT } from "./slot.ts";
import type { Slot } from "./slot.ts";
import { fill } from "./spawn.ts";
import type { MasterState, Step } from "./state.ts";
import { forEach, inOrder, rowsWhere, say, stay } from "./state.ts";

/** WINCH: everyone drains, nobody is spawned until a HUP. */
export function noaccept(state: MasterState, now: Instant): Step {
  if (state.mode !== "running" || state.noaccepting) return stay(state);
  return inOrder(
    state,
    (current) => giveUp(current, { kind: "noaccepting" }, now),
    (current) => stay({ ...current, noaccepting: true }),
    (current) => stay({ ...current, slots: withoutIdle(current) }),
    (current) =>
      inOrder(
        current,
        forEach(
          rowsWhere(current, isTellable),
          (next, row) => drainRow(next, row, { now, linger: true }),
        ),
      ),
  );
}

/** The workers come back, with the configuration in force. */
export function restart(state: MasterState): Step {
  if (!state.noaccepting) return stay(state);
  return inOrder(
    { ...state, noaccepting: false },
    (current) => stay(current, say("notice", { kind: "workersStarting" })),
    (current) => fill(current, current.plan, current.generation),
  );
}

/** Who waits for a spawn, or failed for good, is forgotten. */
function withoutIdle({ slots }: MasterState): readonly Slot[] {
  return slots.map((slot) => isAssigned(slot) && isIdle(slot) ? VACANT : slot);
}
