/**
 * Preparing a generation: load its configuration, open what it adds, put our
 * pid where its configuration says, start its workers. The start of the master
 * is the same with nothing to keep.
 *
 *     loading ─▶ opening ─▶ recording ─▶ booting ─▶ commit (reload.ts)
 *                  │  ▲
 *                  ▼  │
 *                retrying        any stage ─▶ give up (give_up.ts)
 *
 * nginx: src/core/ngx_cycle.c, ngx_init_cycle; the bind retries are those of
 * src/core/ngx_connection.c, ngx_open_listening_sockets, without its deafness.
 */

import type { Generation } from "../../base/id.ts";
import type { SystemError } from "../../base/system_error.ts";
import type { Instant } from "../../base/unit.ts";
import { after } from "../../base/unit.ts";
import { helpersOf } from "./cache.ts";
import type { MasterEvent } from "./event.ts";
import { giveUp, longestStartupMs } from "./give_up.ts";
import { fill, missingOf, rowsFree } from "./spawn.ts";
import type { Changeover, MasterState, Step } from "./state.ts";
import { ignore, inOrder, say, stay } from "./state.ts";

/** The configuration is good: open what it adds. */
export function onConfigLoaded(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "configLoaded" }>,
): Step {
  const { generation, plan } = event;
  if (!isAtStage(state, generation, "loading")) {
    return ignore(state, event.kind);
  }
  return stay(
    {
      ...state,
      changeover: { generation, stage: "opening", plan, attempt: 1 },
    },
    { kind: "openListeners", generation },
  );
}

/** The configuration is bad: say where, all of it, and change nothing. */
export function onConfigRejected(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "configRejected" }>,
  now: Instant,
): Step {
  const { generation, reasons } = event;
  if (!isAtStage(state, generation, "loading")) {
    return ignore(state, event.kind);
  }
  return inOrder(
    state,
    (current) =>
      stay(
        current,
        ...reasons.map((reason) =>
          say("emerg", { kind: "configWrong", reason })
        ),
      ),
    (current) => giveUp(current, { kind: "configRejected", reasons }, now),
  );
}

/** Everything is open: put our pid where the operator will look. */
export function onListenersOpened(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "listenersOpened" }>,
): Step {
  const { changeover } = state;
  const { generation, bound } = event;
  if (
    changeover?.stage !== "opening" || changeover.generation !== generation
  ) {
    return ignore(state, event.kind);
  }
  const { plan } = changeover;
  const listening = bound.length === 0
    ? []
    : [say("notice", { kind: "listening", addresses: bound })];
  return stay(
    { ...state, changeover: { generation, stage: "recording", plan } },
    ...listening,
    { kind: "writePidFile", generation },
  );
}

/**
 * An address in use is tried again as nginx does at start; anything else, and
 * the last attempt, refuses the whole. Meanwhile the master is not deaf (W14).
 */
export function onListenersFailed(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "listenersFailed" }>,
  now: Instant,
): Step {
  const { changeover } = state;
  const { generation, error } = event;
  if (
    changeover?.stage !== "opening" || changeover.generation !== generation
  ) {
    return ignore(state, event.kind);
  }
  const said = stay(state, say("emerg", { kind: "callFailed", error }));
  if (error.code !== "EADDRINUSE") {
    return inOrder(
      state,
      () => said,
      (current) => giveUp(current, { kind: "systemFailed", error }, now),
    );
  }
  return inOrder(
    state,
    () => said,
    (current) => retryOpening(current, changeover, now),
  );
}

function retryOpening(
  state: MasterState,
  changeover: Extract<Changeover, { readonly stage: "opening" }>,
  now: Instant,
): Step {
  const { bindAttemptsMax, bindRetryMs } = state.policy;
  const { generation, plan, attempt } = changeover;
  if (attempt >= bindAttemptsMax) {
    return inOrder(
      state,
      (current) => stay(current, say("emerg", { kind: "bindGivenUp" })),
      (current) => giveUp(current, { kind: "bindGivenUp" }, now),
    );
  }
  const deadline = after(now, bindRetryMs);
  return stay(
    {
      ...state,
      changeover: { generation, stage: "retrying", plan, attempt, deadline },
    },
    say("notice", { kind: "bindRetried", retryMs: bindRetryMs }),
  );
}

/** The pid file says who we are: start the new workers. */
export function onPidFileWritten(
  state: MasterState,
  generation: Generation,
  now: Instant,
): Step {
  const { changeover } = state;
  if (
    changeover?.stage !== "recording" || changeover.generation !== generation
  ) {
    return ignore(state, "pidFileWritten");
  }
  const { plan } = changeover;
  const deadline = after(now, longestStartupMs(plan));
  const booting: MasterState = {
    ...state,
    changeover: { generation, stage: "booting", plan, deadline },
  };
  const rows = missingOf(state, plan, generation).length + helpersOf(plan);
  if (rowsFree(state) < rows) {
    const { slotsMax } = state.policy;
    return inOrder(
      booting,
      (current) => stay(current, say("emerg", { kind: "tableFull", slotsMax })),
      (current) => giveUp(current, { kind: "tableFull" }, now),
    );
  }
  return inOrder(
    booting,
    (current) => stay(current, say("notice", { kind: "workersStarting" })),
    (current) => fill(current, plan, generation),
  );
}

/** Another master's pid file, or a folder we may not write. */
export function onPidFileFailed(
  state: MasterState,
  event: { readonly generation: Generation; readonly error: SystemError },
  now: Instant,
): Step {
  const { generation, error } = event;
  if (!isAtStage(state, generation, "recording")) {
    return ignore(state, "pidFileFailed");
  }
  return inOrder(
    state,
    (current) => stay(current, say("emerg", { kind: "callFailed", error })),
    (current) => giveUp(current, { kind: "systemFailed", error }, now),
  );
}

/** A retry's time has come. */
export function retryDue(
  state: MasterState,
  changeover: Extract<Changeover, { readonly stage: "retrying" }>,
): Step {
  const { generation, plan, attempt } = changeover;
  return stay(
    {
      ...state,
      changeover: { generation, stage: "opening", plan, attempt: attempt + 1 },
    },
    { kind: "openListeners", generation },
  );
}

function isAtStage(
  state: MasterState,
  generation: Generation,
  stage: Changeover["stage"],
): boolean {
  return state.changeover?.stage === stage &&
    state.changeover.generation === generation;
}
