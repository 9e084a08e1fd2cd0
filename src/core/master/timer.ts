/**
 * Time: the one timer is armed for `nextDeadline`, and when it fires every
 * deadline that has passed is acted on, in table order: first what ends, then
 * what starts, for an end may be the end of all. Deadlines live in the phases,
 * so leaving a phase cancels its timer (gen_statem's state timeout).
 *
 * Suspend guard (unicorn, "avoid murdering workers"): a timer that fires far
 * too late means that the machine or the master stood still; the deadlines
 * that kill are moved once, and acted on if that happens twice in a row.
 */

import { unreachable } from "../../base/invariant.ts";
import type { Instant, Milliseconds } from "../../base/unit.ts";
import { after, between, earliest, toMilliseconds } from "../../base/unit.ts";
import { retryDue } from "./changeover.ts";
import { giveUp, isNewcomer, longestStartupMs } from "./give_up.ts";
import { reopeningTimedOut } from "./reopen.ts";
import { climb, terminateRow } from "./shutdown.ts";
import type { LiveSlot, Slot } from "./slot.ts";
import { spawnAt } from "./spawn.ts";
import type { Changeover, MasterState, Row, Step, Upgrade } from "./state.ts";
import {
  forEach,
  inOrder,
  refOf,
  rowsWhere,
  say,
  slotAt,
  stay,
} from "./state.ts";
import { upgradeDue } from "./successor.ts";

/** A slot with something due at an instant. */
type TimedSlot = Extract<
  Slot,
  { readonly deadline: Instant | undefined }
>;

/** When the master must wake up; undefined: nothing is due, ever. */
export function nextDeadline(state: MasterState): Instant | undefined {
  return earliest([
    deadlineOf(state.changeover),
    state.reopening?.deadline,
    deadlineOf(state.upgrade),
    ...state.slots.map((slot) =>
      "deadline" in slot ? slot.deadline : undefined
    ),
  ]);
}

function deadlineOf(
  timed: Changeover | Upgrade | undefined,
): Instant | undefined {
  return timed !== undefined && "deadline" in timed
    ? timed.deadline
    : undefined;
}

/** The timer fired: act on everything that is due. */
export function onTimerFired(state: MasterState, now: Instant): Step {
  const due = nextDeadline(state);
  if (due === undefined || due > now) return stay(state);
  const lateMs = between(due, now);
  if (lateMs > state.policy.lateTimerMs && !state.lateForgiven) {
    return forgive(state, lateMs, now);
  }
  return inOrder(
    { ...state, lateForgiven: false },
    (current) => changeoverDue(current, now),
    (current) => reopeningDue(current, now),
    (current) => upgradeDue(current, now),
    forEach(
      endsFirst(rowsWhere(state, isTimed)),
      (current, { index }) => {
        // An earlier row's decision may have changed this one.
        const slot = slotAt(current, index);
        return isTimed(slot) && isDue(slot.deadline, now)
          ? slotDue(current, { index, slot }, now)
          : stay(current);
      },
    ),
  );
}

/** Nobody is started by the timer that gives its generation up. */
function endsFirst(
  rows: readonly Row<TimedSlot>[],
): readonly Row<TimedSlot>[] {
  const starts = ({ slot }: Row<TimedSlot>) => slot.phase === "waiting";
  return [...rows.filter((row) => !starts(row)), ...rows.filter(starts)];
}

function isTimed(slot: Slot): slot is TimedSlot {
  return "deadline" in slot;
}

function isDue(deadline: Instant | undefined, now: Instant): boolean {
  return deadline !== undefined && deadline <= now;
}

/**
 * Whoever a deadline would kill gets a little time from now; what merely waits
 * is simply late. Not the time lost: a deadline may be younger than the jump.
 */
function forgive(
  state: MasterState,
  lateMs: Milliseconds,
  now: Instant,
): Step {
  const until = after(now, state.policy.lateTimerMs);
  const slots = state.slots.map((slot) => postponed(slot, until));
  const { changeover } = state;
  const moved = changeover?.stage === "booting"
    ? { ...changeover, deadline: latest(changeover.deadline, until) }
    : changeover;
  const { upgrade } = state;
  const later = upgrade !== undefined && "deadline" in upgrade
    ? { ...upgrade, deadline: latest(upgrade.deadline, until) }
    : upgrade;
  return stay(
    {
      ...state,
      slots,
      changeover: moved,
      upgrade: later,
      lateForgiven: true,
    },
    say("warn", {
      kind: "timerLate",
      lateMs: toMilliseconds(Math.round(lateMs)),
    }),
  );
}

function postponed(slot: Slot, until: Instant): Slot {
  if (!isTimed(slot) || slot.phase === "waiting") return slot;
  if (slot.deadline === undefined) return slot;
  const deadline = latest(slot.deadline, until);
  if (slot.phase !== "terminating") return { ...slot, deadline };
  // The rungs of a ladder are counted from its first, which moves along.
  const since = after(slot.since, between(slot.deadline, deadline));
  return { ...slot, deadline, since };
}

function latest(left: Instant, right: Instant): Instant {
  return left < right ? right : left;
}

function changeoverDue(state: MasterState, now: Instant): Step {
  const { changeover } = state;
  if (changeover?.stage === "retrying" && isDue(changeover.deadline, now)) {
    return retryDue(state, changeover);
  }
  if (changeover?.stage === "booting" && isDue(changeover.deadline, now)) {
    return startupTimedOut(state, now);
  }
  return stay(state);
}

function startupTimedOut(state: MasterState, now: Instant): Step {
  const { changeover } = state;
  if (changeover?.stage !== "booting") return stay(state);
  const timeoutMs = longestStartupMs(changeover.plan);
  return giveUp(state, { kind: "startupTimedOut", timeoutMs }, now);
}

function reopeningDue(state: MasterState, now: Instant): Step {
  return isDue(state.reopening?.deadline, now)
    ? reopeningTimedOut(state)
    : stay(state);
}

function slotDue(
  state: MasterState,
  row: Row<TimedSlot>,
  now: Instant,
): Step {
  const { index, slot } = row;
  switch (slot.phase) {
    case "booting":
      return bootingDue(state, { index, slot }, now);
    case "draining":
      return overdue(state, { index, slot }, "drainTimedOut", now);
    case "terminating":
      return climb(state, { index, slot }, now);
    case "waiting":
      return spawnAt(state, index, slot);
    default:
      return unreachable(slot);
  }
}

function bootingDue(
  state: MasterState,
  row: Row<LiveSlot>,
  now: Instant,
): Step {
  if (!isNewcomer(state, row.slot)) {
    return overdue(state, row, "startupTimedOut", now);
  }
  return inOrder(
    state,
    (current) =>
      stay(current, say("error", { kind: "startupTimedOut", ...refOf(row) })),
    (current) => startupTimedOut(current, now),
  );
}

function overdue(
  state: MasterState,
  row: Row<LiveSlot>,
  kind: "drainTimedOut" | "startupTimedOut",
  now: Instant,
): Step {
  return inOrder(
    state,
    (current) => stay(current, say("warn", { kind, ...refOf(row) })),
    (current) => terminateRow(current, refOf(row), now),
  );
}
