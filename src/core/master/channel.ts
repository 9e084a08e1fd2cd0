/**
 * What a channel tells besides messages that have a file of their own: that a
 * worker drains by itself, that the channel is closed, carries garbage, or
 * cannot carry a command. Commands go by channel first, the signal is the
 * fallback. nginx: src/os/unix/ngx_process_cycle.c,
 * ngx_signal_worker_processes.
 */

import { unreachable } from "../../base/invariant.ts";
import type { Instant } from "../../base/unit.ts";
import type { ChildRef, MasterEvent } from "./event.ts";
import { refFrom } from "./event.ts";
import { giveUp, isNewcomer } from "./give_up.ts";
import { failuresAfter } from "./respawn.ts";
import { markDraining, terminateRow } from "./shutdown.ts";
import { isWanted, place } from "./spawn.ts";
import type { MasterState, Step } from "./state.ts";
import { ignore, inOrder, liveSlotOf, say, stay, withSlot } from "./state.ts";

/**
 * A worker told to quit by somebody else: its replacement starts at once and
 * not after its end, or all could be draining with nobody to accept (nginx's
 * weakness W17). One that does so again and again waits its backoff out.
 */
export function onChildDraining(
  state: MasterState,
  ref: ChildRef,
  now: Instant,
): Step {
  const slot = liveSlotOf(state, ref);
  // A helper has nobody to drain: it just ends.
  if (slot?.phase !== "serving" || slot.helper !== undefined) {
    return ignore(state, "childDraining");
  }
  const failures = failuresAfter(slot, now, state.policy);
  const draining = markDraining(state, { index: ref.slot, slot }, now);
  const said = say("notice", { kind: "workerDraining", ...ref });
  if (isNewcomer(state, slot)) {
    const exit = { kind: "code", code: 0 } as const;
    return inOrder(
      draining,
      (current) => stay(current, said),
      (current) =>
        giveUp(current, { kind: "childFailed", pid: ref.pid, exit }, now),
    );
  }
  return inOrder(
    draining,
    (current) => stay(current, said),
    (current) =>
      isWanted(state, slot)
        ? place(current, slot, { failures, now })
        : stay(current),
  );
}

/** What a worker cut is counted (tally.ts), and decides nothing. */
export function onConnectionsCut(state: MasterState, ref: ChildRef): Step {
  return liveSlotOf(state, ref) === undefined
    ? ignore(state, "connectionsCut")
    : stay(state);
}

/** Its own words for an exit that is about to come. */
export function onChildFailed(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "childFailed" }>,
): Step {
  const slot = liveSlotOf(state, event);
  if (slot?.phase !== "booting") return ignore(state, event.kind);
  const { reason } = event;
  return stay(withSlot(state, event.slot, { ...slot, reason }));
}

/** A hint: the exit is the truth, and the worker drains by itself. */
export function onChannelClosed(state: MasterState, ref: ChildRef): Step {
  if (liveSlotOf(state, ref) === undefined) {
    return ignore(state, "channelClosed");
  }
  return stay(state, say("debug", { kind: "channelClosed", ...ref }));
}

/** Nothing from a worker is trusted: one that sends garbage is ended. */
export function onChannelBroken(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "channelBroken" }>,
  now: Instant,
): Step {
  const slot = liveSlotOf(state, event);
  if (slot === undefined || slot.phase === "terminating") {
    return ignore(state, event.kind);
  }
  const ref = refFrom(event);
  const { reason } = event;
  const wasNewcomer = isNewcomer(state, slot);
  return inOrder(
    state,
    (current) =>
      stay(current, say("error", { kind: "channelBroken", reason, ...ref })),
    (current) => terminateRow(current, ref, now),
    (current) =>
      wasNewcomer
        ? giveUp(current, { kind: "channelBroken", pid: ref.pid }, now)
        : stay(current),
  );
}

/** The channel did not take a command: use the signal. */
export function onSendFailed(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "sendFailed" }>,
  now: Instant,
): Step {
  const slot = liveSlotOf(state, event);
  if (slot === undefined) return ignore(state, event.kind);
  const ref = refFrom(event);
  const { command } = event;
  const said = say("info", { kind: "sendFailed", command, ...ref });
  switch (command) {
    case "init":
      // Without its part it can never serve; its exit tells the rest.
      return inOrder(
        state,
        (current) => stay(current, said),
        (current) => terminateRow(current, ref, now),
      );
    case "quit":
      return stay(state, said, { kind: "kill", signal: "SIGQUIT", ...ref });
    case "terminate":
      return stay(state, said, { kind: "kill", signal: "SIGTERM", ...ref });
    case "reopen":
      return stay(state, said, { kind: "kill", signal: "SIGUSR1", ...ref });
    default:
      return unreachable(command);
  }
}
