/**
 * Ending workers: quit (drain), terminate, and the ladder from one to SIGKILL;
 * and ending the master, which is a mode and not a nested loop.
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_master_process_cycle and
 * ngx_signal_worker_processes.
 *
 * Every worker climbs its own ladder by its own deadlines, so no other signal
 * can postpone its SIGKILL (in nginx any wake-up re-arms the one timer).
 */

import type { Instant } from "../../base/unit.ts";
import { after } from "../../base/unit.ts";
import type { MasterEffect } from "./effect.ts";
import type { ChildRef } from "./event.ts";
import { startRelaying } from "./relay.ts";
import type { LiveSlot, Slot } from "./slot.ts";
import { childOf, isIdle, isLive, VACANT } from "./slot.ts";
import type { MasterState, Row, Step, Waiter } from "./state.ts";
import {
  forEach,
  inOrder,
  isOccupied,
  isShared,
  liveSlotOf,
  liveUpgrade,
  refOf,
  rowsWhere,
  say,
  stay,
  withSlot,
} from "./state.ts";

/** Tell a worker to drain; `linger` when its socket loses its last reader. */
export function drainRow(
  state: MasterState,
  row: Row<LiveSlot>,
  options: { readonly now: Instant; readonly linger?: boolean },
): Step {
  const ref = refOf(row);
  const linger = options.linger === true ? { linger: true } : {};
  return stay(
    markDraining(state, row, options.now),
    { kind: "send", command: "quit", ...linger, ...ref },
  );
}

/** The slot drains, told to or not; its deadline counts from now. */
export function markDraining(
  state: MasterState,
  row: Row<LiveSlot>,
  now: Instant,
): MasterState {
  const { limits } = row.slot;
  const deadline = limits.drainTimeoutMs === 0
    ? undefined
    : after(after(now, limits.drainTimeoutMs), state.policy.drainGraceMs);
  return withSlot(state, row.index, {
    ...childOf(row.slot),
    phase: "draining",
    deadline,
  });
}

/** Set a worker on the first rung of the ladder; one already on it stays. */
export function terminateRow(
  state: MasterState,
  ref: ChildRef,
  now: Instant,
): Step {
  const slot = liveSlotOf(state, ref);
  if (slot === undefined || slot.phase === "terminating") return stay(state);
  const [firstMs] = state.policy.ladderMs;
  const replaced = slot.phase === "draining" ? { replaced: true } as const : {};
  return stay(
    withSlot(state, ref.slot, {
      ...childOf(slot),
      phase: "terminating",
      rung: 0,
      since: now,
      deadline: after(now, firstMs ?? state.policy.killRepeatMs),
      ...replaced,
    }),
    { kind: "send", command: "terminate", ...ref },
  );
}

/** A rung's deadline passed: terminate again, at last SIGKILL. */
export function climb(
  state: MasterState,
  row: Row<Extract<Slot, { readonly phase: "terminating" }>>,
  now: Instant,
): Step {
  const ref = refOf(row);
  const { ladderMs, killRepeatMs } = state.policy;
  const rung = row.slot.rung + 1;
  const nextMs = ladderMs[rung];
  if (nextMs !== undefined) {
    const deadline = after(row.slot.since, nextMs);
    return stay(
      withSlot(state, row.index, { ...row.slot, rung, deadline }),
      { kind: "send", command: "terminate", ...ref },
    );
  }
  const killed = withSlot(state, row.index, {
    ...row.slot,
    rung,
    deadline: after(now, killRepeatMs),
  });
  const kill = { kind: "kill", signal: "SIGKILL", ...ref } as const;
  // Said once: a process in an uninterruptible sleep is killed many times.
  return rung === ladderMs.length
    ? stay(killed, say("warn", { kind: "terminateIgnored", ...ref }), kill)
    : stay(killed, kill);
}

/**
 * Too many generations drain beside the one in force: the oldest make room.
 * Those given up before their turn count too, or a storm of reloads that fail
 * would fill the table.
 */
export function crowdOut(state: MasterState, now: Instant): Step {
  const draining = rowsWhere(
    state,
    (slot): slot is LiveSlot =>
      slot.phase === "draining" && slot.generation !== state.generation,
  );
  const generations = [
    ...new Set(draining.map(({ slot }) => slot.generation)),
  ].sort((left, right) => right - left);
  const crowded = generations.slice(state.plan.generationsMax);
  const rows = draining.filter(({ slot }) => crowded.includes(slot.generation));
  return inOrder(
    state,
    forEach(rows, (current, row) =>
      inOrder(
        current,
        (next) =>
          stay(
            next,
            say("warn", { kind: "generationCrowdedOut", ...refOf(row) }),
          ),
        (next) => terminateRow(next, refOf(row), now),
      )),
  );
}

/** QUIT: everything drains, nothing is spawned any more. */
export function quit(state: MasterState, now: Instant): Step {
  if (state.mode !== "starting" && state.mode !== "running") {
    return stay(state);
  }
  return inOrder(
    leaving(state, "quitting"),
    vacateIdle,
    forEach(
      rowsWhere(state, isTellable),
      (current, row) =>
        drainRow(current, row, { now, linger: lingers(current) }),
    ),
    closeListeners,
    finishIfDone,
  );
}

/** Serving, or about to: a booting worker may have connections already. */
export function isTellable(slot: Slot): slot is LiveSlot {
  return slot.phase === "serving" || slot.phase === "booting";
}

/** TERM or INT: everything is ended, requests are cut. */
export function terminate(state: MasterState, now: Instant): Step {
  if (state.mode === "terminating" || state.mode === "exited") {
    return stay(state);
  }
  return inOrder(
    leaving(state, "terminating"),
    vacateIdle,
    forEach(
      rowsWhere(state, isLive),
      (current, row) => terminateRow(current, refOf(row), now),
    ),
    closeListeners,
    finishIfDone,
  );
}

/** From here on nothing is spawned, and no generation is on its way. */
function leaving(
  state: MasterState,
  mode: "quitting" | "terminating",
): MasterState {
  // What a dead old master left is closed with the rest.
  const predecessor = state.predecessor === "alive" ? "alive" : undefined;
  return {
    ...state,
    mode,
    predecessor,
    changeover: undefined,
    reloadWanted: false,
  };
}

/**
 * Whether workers that leave go on accepting for a moment: a new master that
 * is ready may have fewer workers, and then some sockets lose their readers.
 */
export function lingers({ upgrade }: MasterState): boolean {
  return upgrade?.stage === "ready";
}

function closeListeners(state: MasterState): Step {
  return stay(state, { kind: "closeListeners", isShared: isShared(state) });
}

/** Slots that only wait or failed have nobody to wait for. */
function vacateIdle(state: MasterState): Step {
  const slots = state.slots.map((slot) => isIdle(slot) ? VACANT : slot);
  return stay({ ...state, slots });
}

/** Leave when the last child is gone and leaving is what we are doing. */
export function finishIfDone(state: MasterState): Step {
  const isLeaving = state.mode === "quitting" || state.mode === "terminating";
  if (!isLeaving || state.slots.some(isOccupied)) return stay(state);
  if (isUndecided(state)) return stay(state);
  const last: readonly MasterEffect[] = [
    { kind: "removePidFile", isShared: state.predecessor === "alive" },
    ...state.waiters.map((waiter) => lastReply(waiter, state)),
  ];
  const pid = liveUpgrade(state)?.pid;
  if (state.policy.isInit && pid !== undefined) {
    return startRelaying(state, pid, last);
  }
  return stay(
    {
      ...state,
      mode: "exited",
      waiters: [],
      reopening: undefined,
      upgrade: undefined,
      predecessor: undefined,
    },
    ...last,
    say("notice", { kind: "exiting" }),
    { kind: "exit", code: state.exitCode },
  );
}

/** Whether an answer about the new master must come before we may leave. */
export function isUndecided({ upgrade }: MasterState): boolean {
  return upgrade?.stage === "renaming" || upgrade?.stage === "executing" ||
    upgrade?.stage === "terminating";
}

/** Whoever asked for the end has it; others are told what came instead. */
function lastReply(
  { token, request }: Waiter,
  { upgrade }: MasterState,
): MasterEffect {
  if (request === "upgrade" && upgrade?.stage === "ready") {
    const text = `process ${upgrade.pid} is the master now`;
    return { kind: "reply", token, outcome: { ok: true, text } };
  }
  const ok = request === "quit" || request === "terminate";
  const text = ok ? "exited" : "shut down meanwhile";
  return { kind: "reply", token, outcome: { ok, text } };
}
