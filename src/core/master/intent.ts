/**
 * From signals and requests to intents, and the order in which coalesced ones
 * are taken: nginx's (src/os/unix/ngx_process_cycle.c,
 * ngx_master_process_cycle). A signal and the same request on the control
 * socket mean the same; the request also waits for an answer.
 */

import { unreachable } from "../../base/invariant.ts";
import type { Instant } from "../../base/unit.ts";
import type { ControlRequest, MasterEvent } from "./event.ts";
import { giveUp } from "./give_up.ts";
import { noaccept } from "./noaccept.ts";
import { relaySignals } from "./relay.ts";
import { reload } from "./reload.ts";
import { reopen } from "./reopen.ts";
import { scale } from "./scale.ts";
import { quit, terminate } from "./shutdown.ts";
import type { Intent, Signal } from "./signal.ts";
import { inPrecedence } from "./signal.ts";
import { fillVacated } from "./spawn.ts";
import type { MasterState, Step } from "./state.ts";
import { forEach, inOrder, say, stay } from "./state.ts";
import { upgrade } from "./upgrade.ts";

/** Signals arrived; several at once count as a set, in nginx's order. */
export function onSignalled(
  state: MasterState,
  signals: readonly Signal[],
  now: Instant,
): Step {
  if (state.mode === "exited") return stay(state);
  if (state.mode === "relaying") return relaySignals(state, signals);
  const entries = inPrecedence(signals).filter(({ intent }) =>
    // A terminal sends it whenever its window changes.
    intent !== "noaccept" || !state.policy.winchIsResize
  );
  const intents = [...new Set(entries.map(({ intent }) => intent))];
  return inOrder(
    state,
    (current) =>
      stay(
        current,
        ...entries.map(({ signal, signo, saying }) =>
          say("notice", { kind: "signalReceived", signal, signo, saying })
        ),
      ),
    // Each as if it had come alone.
    forEach(intents, (before, intent) =>
      inOrder(
        before,
        (current) => act(current, intent, now),
        (current) => fillVacated(before, current),
      )),
  );
}

/** What an intent does; terminate and quit make the later ones void. */
function act(state: MasterState, intent: Intent, now: Instant): Step {
  switch (intent) {
    case "terminate":
      return leave(state, terminate, now);
    case "quit":
      return leave(state, quit, now);
    case "reload":
      return reload(state, now);
    case "reopen":
      return reopen(state, now);
    case "more":
      return scale(state, 1, now);
    case "fewer":
      return scale(state, -1, now);
    case "upgrade":
      return upgrade(state, { isDriven: false });
    case "noaccept":
      return noaccept(state, now);
    case "ignore":
      return stay(state);
    default:
      return unreachable(intent);
  }
}

/** A reload on its way is given up before everything ends. */
function leave(
  state: MasterState,
  move: (state: MasterState, now: Instant) => Step,
  now: Instant,
): Step {
  if (state.mode !== "running") return move(state, now);
  return inOrder(
    state,
    (current) => giveUp(current, { kind: "shutDown" }, now),
    (current) => move(current, now),
  );
}

/** An operator asks, and waits. */
export function onControlRequested(
  state: MasterState,
  event: Extract<MasterEvent, { readonly kind: "controlRequested" }>,
  now: Instant,
): Step {
  const { token, request } = event;
  const isLeaving = state.mode !== "starting" && state.mode !== "running";
  if (hasLeft(state) || (isLeaving && request === "reload")) {
    const outcome = { ok: false, text: "shutting down" };
    return stay(state, { kind: "reply", token, outcome });
  }
  const waiting = {
    ...state,
    waiters: [...state.waiters, { token, request }],
  };
  return request === "upgrade"
    ? upgrade(waiting, { isDriven: true })
    : act(waiting, request satisfies ControlRequest, now);
}

/** Whether there is nothing of ours left to ask for. */
function hasLeft({ mode }: MasterState): boolean {
  return mode === "relaying" || mode === "exited";
}

/** Nobody waits for that answer any more. */
export function onControlClosed(state: MasterState, token: number): Step {
  const waiters = state.waiters.filter((waiter) => waiter.token !== token);
  return stay({ ...state, waiters });
}
