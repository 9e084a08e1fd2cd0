/**
 * A child ended: who was it, was it expected, and does its slot live on.
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_reap_children, and
 * src/os/unix/ngx_process.c, ngx_process_get_status.
 */

import type { Exit } from "../../base/exit.ts";
import type { Level } from "../../base/level.ts";
import type { Instant } from "../../base/unit.ts";
import { noteLoaderEnd } from "./cache.ts";
import type { MasterEvent } from "./event.ts";
import { refFrom } from "./event.ts";
import { giveUp, isNewcomer } from "./give_up.ts";
import { withoutReopening } from "./reopen.ts";
import { failuresAfter, isFatal } from "./respawn.ts";
import { finishIfDone, terminate } from "./shutdown.ts";
import type { LiveSlot } from "./slot.ts";
import { VACANT, workerOf } from "./slot.ts";
import { isHeld, mayReturn, respawnAt } from "./spawn.ts";
import type { MasterState, Step } from "./state.ts";
import { ignore, inOrder, liveSlotOf, say, stay, withSlot } from "./state.ts";

/** The one event after which nothing more is heard of that child. */
export type ChildExited = Extract<
  MasterEvent,
  { readonly kind: "childExited" }
>;

/** A child ended. */
export function onChildExited(
  state: MasterState,
  event: ChildExited,
  now: Instant,
): Step {
  const slot = liveSlotOf(state, event);
  if (slot === undefined) return ignore(state, event.kind);
  const ref = refFrom(event);
  return inOrder(
    state,
    (current) => stay(current, sayExit(state, slot, event)),
    (current) => withoutReopening(current, ref),
    (current) => afterExit(current, slot, event, now),
    (current) => stay(noteLoaderEnd(current, slot)),
    finishIfDone,
  );
}

function afterExit(
  state: MasterState,
  slot: LiveSlot,
  event: ChildExited,
  now: Instant,
): Step {
  const gone = withSlot(state, event.slot, VACANT);
  if (isNewcomer(state, slot)) {
    const { pid, exit } = event;
    const words = slot.phase === "booting" && slot.reason !== undefined
      ? { reason: slot.reason }
      : {};
    return giveUp(gone, { kind: "childFailed", pid, exit, ...words }, now);
  }
  if (!isMissed(state, slot, event)) return stay(gone);
  if (state.policy.isSingle) return terminate({ ...gone, exitCode: 1 }, now);
  if (isFatal(event.exit)) {
    return stay(withSlot(state, event.slot, {
      ...workerOf(slot),
      phase: "failed",
      exit: event.exit,
    }));
  }
  const failures = failuresAfter(slot, now, state.policy);
  return respawnAt(state, event.slot, { ...slot, failures }, now);
}

/**
 * Whether the worker is wanted and nobody has its place: one that drained by
 * itself has a replacement already, unless the table was full.
 */
function isMissed(
  state: MasterState,
  slot: LiveSlot,
  { slot: index }: ChildExited,
): boolean {
  return mayReturn(state, slot) &&
    !isHeld(withSlot(state, index, VACANT), slot);
}

function sayExit(
  state: MasterState,
  slot: LiveSlot,
  event: ChildExited,
): ReturnType<typeof say> {
  const { exit } = event;
  const ref = refFrom(event);
  if (isFatal(exit) && isMissed(state, slot, event)) {
    return say("alert", { kind: "workerFatal", exit, ...ref });
  }
  const level = levelOf(exit, isAskedToEnd(state, slot));
  return say(level, { kind: "workerExited", exit, ...ref });
}

/** Whether its end is what everybody wants. */
function isAskedToEnd(state: MasterState, slot: LiveSlot): boolean {
  return state.mode === "quitting" || state.mode === "terminating" ||
    slot.phase === "draining" || slot.phase === "terminating";
}

/** What a terminal sends to a whole group, and operators to one process. */
const ENDING_SIGNALS: readonly string[] = ["SIGINT", "SIGQUIT", "SIGTERM"];

/**
 * As nginx: a death by signal is an alert, whoever sent it. But a worker that
 * a Ctrl-C reached before it had a handler ended as it should.
 */
function levelOf(exit: Exit, isAsked: boolean): Level {
  if (exit.kind === "code") return exit.code === 0 ? "notice" : "error";
  return isAsked && ENDING_SIGNALS.includes(exit.signal) ? "notice" : "alert";
}
