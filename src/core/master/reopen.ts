/**
 * Reopening logs: the master first, for it gives the new files to the workers'
 * user, then every child over its channel.
 * nginx: src/os/unix/ngx_process_cycle.c (ngx_reopen) and
 * src/core/ngx_cycle.c, ngx_reopen_files.
 *
 * Unlike nginx this works in every mode: logs must be rotatable while a slow
 * request holds a shutdown up (its weakness W18).
 */

import type { Instant } from "../../base/unit.ts";
import { after, toMilliseconds } from "../../base/unit.ts";
import type { ChildRef } from "./event.ts";
import type { Outcome } from "./effect.ts";
import type { LiveSlot } from "./slot.ts";
import { isLive } from "./slot.ts";
import type { MasterState, Step } from "./state.ts";
import {
  forEach,
  ignore,
  inOrder,
  liveSlotOf,
  refOf,
  rowsWhere,
  say,
  stay,
} from "./state.ts";
import { answer } from "./waiter.ts";

/** How long a worker may take to answer before a waiter is told so. */
const ANSWER_TIMEOUT_MS = toMilliseconds(5000);

/** USR1: reopen every log. */
export function reopen(state: MasterState, now: Instant): Step {
  if (state.mode === "exited") return stay(state);
  const rows = rowsWhere(
    state,
    (slot): slot is LiveSlot => isLive(slot) && slot.phase !== "terminating",
  );
  const reopening = {
    pending: rows.map(({ slot }) => slot.pid),
    deadline: after(now, ANSWER_TIMEOUT_MS),
  };
  return inOrder(
    { ...state, reopening },
    (current) =>
      stay(
        current,
        say("notice", { kind: "reopening" }),
        { kind: "reopenLogs" },
      ),
    forEach(
      rows,
      (current, row) =>
        stay(current, { kind: "send", command: "reopen", ...refOf(row) }),
    ),
    settleReopening,
  );
}

/** A worker said that it reopened; its pid alone proves nothing. */
export function onChildReopened(state: MasterState, ref: ChildRef): Step {
  return liveSlotOf(state, ref) === undefined
    ? ignore(state, "childReopened")
    : withoutReopening(state, ref);
}

/** That child has reopened, or will not any more. */
export function withoutReopening(state: MasterState, ref: ChildRef): Step {
  const { reopening } = state;
  if (reopening === undefined || !reopening.pending.includes(ref.pid)) {
    return stay(state);
  }
  const pending = reopening.pending.filter((pid) => pid !== ref.pid);
  return settleReopening({ ...state, reopening: { ...reopening, pending } });
}

/** Somebody did not answer in time: say so to those who wait. */
export function reopeningTimedOut(state: MasterState): Step {
  const pids = state.reopening?.pending.join(", ") ?? "";
  return answerReopen(state, {
    ok: false,
    text: `no answer from worker process ${pids}`,
  });
}

function settleReopening(state: MasterState): Step {
  return state.reopening?.pending.length === 0
    ? answerReopen(state, { ok: true, text: "logs are reopened" })
    : stay(state);
}

function answerReopen(state: MasterState, outcome: Outcome): Step {
  return answer({ ...state, reopening: undefined }, "reopen", outcome);
}
