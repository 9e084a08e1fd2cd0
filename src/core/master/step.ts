/**
 * The master's one decision function: what one event means. It owns the
 * branching over events and hands each to the leaf that computes; it never
 * awaits, throws, logs, reads a clock or rolls dice.
 *
 * The shape is gen_statem's: state × event -> state', actions. The loop that
 * performs the actions is in `role/master.ts`; the simulator runs the same
 * function. nginx: src/os/unix/ngx_process_cycle.c, ngx_master_process_cycle.
 */

import { unreachable } from "../../base/invariant.ts";
import type { Instant } from "../../base/unit.ts";
import { onZoneLoaded, withRoles } from "./cache.ts";
import {
  onConfigLoaded,
  onConfigRejected,
  onListenersFailed,
  onListenersOpened,
  onPidFileFailed,
  onPidFileWritten,
} from "./changeover.ts";
import {
  onChannelBroken,
  onChannelClosed,
  onChildDraining,
  onChildFailed,
  onConnectionsCut,
  onSendFailed,
} from "./channel.ts";
import { mailboxChanges, onMailboxesFailed, onMeshAsked } from "./mailbox.ts";
import type { MasterEvent } from "./event.ts";
import { refFrom } from "./event.ts";
import { onControlClosed, onControlRequested, onSignalled } from "./intent.ts";
import { onChildExited } from "./reap.ts";
import { onPredecessorLost } from "./predecessor.ts";
import { onMasterFound, onMasterLost } from "./relay.ts";
import { onChildReady } from "./reload.ts";
import { onChildReopened } from "./reopen.ts";
import { fillVacated, onChildSpawned, onSpawnFailed } from "./spawn.ts";
import { onOrphanReaped, onProcessEnded } from "./orphan.ts";
import { onStarterLost } from "./starter.ts";
import type { MasterState, Step } from "./state.ts";
import { inOrder } from "./state.ts";
import { steerChanges, trimChanges } from "./steer.ts";
import { countStep } from "./tally.ts";
import {
  handOverIfDone,
  onUpgradeExited,
  onUpgradeReady,
  onUpgradeReported,
} from "./successor.ts";
import { onTimerFired } from "./timer.ts";
import {
  onPidFileRenamed,
  onPidFileRenameFailed,
  onUpgradeSpawned,
  onUpgradeSpawnFailed,
} from "./upgrade.ts";

/**
 * Decide what one event means. Total: any event in any state, including
 * duplicates, unknown slots and stale generations. Pure: same arguments, same
 * answer; `state` is not modified.
 *
 * @param now monotonic; never earlier than in the previous call
 */
export function step(
  state: MasterState,
  event: MasterEvent,
  now: Instant,
): Step {
  const decided = withRoles(
    state,
    inOrder(
      state,
      (current) => decide(current, event, now),
      (current) => handOverIfDone(current, now),
      (current) => fillVacated(state, current),
    ),
  );
  const derived = [
    ...steerChanges(state, decided.state),
    ...trimChanges(state, decided.state),
    ...mailboxChanges(state, decided.state),
  ];
  return {
    state: countStep(state, event, decided),
    effects: derived.length === 0
      ? decided.effects
      : [...decided.effects, ...derived],
  };
}

function decide(state: MasterState, event: MasterEvent, now: Instant): Step {
  if ("slot" in event) return decideChild(state, event, now);
  switch (event.kind) {
    case "signalled":
      return onSignalled(state, event.signals, now);
    case "controlRequested":
      return onControlRequested(state, event, now);
    case "controlClosed":
      return onControlClosed(state, event.token);
    case "configLoaded":
      return onConfigLoaded(state, event);
    case "configRejected":
      return onConfigRejected(state, event, now);
    case "listenersOpened":
      return onListenersOpened(state, event);
    case "listenersFailed":
      return onListenersFailed(state, event, now);
    case "pidFileWritten":
      return onPidFileWritten(state, event.generation, now);
    case "pidFileFailed":
      return onPidFileFailed(state, event, now);
    case "processEnded":
      return onProcessEnded(state, event.process);
    case "orphanReaped":
      return onOrphanReaped(state, event);
    case "starterLost":
      return onStarterLost(state, now);
    case "pidFileRenamed":
    case "pidFileRenameFailed":
    case "upgradeSpawned":
    case "upgradeSpawnFailed":
    case "upgradeReady":
    case "upgradeReported":
    case "upgradeExited":
    case "masterFound":
    case "masterLost":
    case "predecessorLost":
      return decideUpgrade(state, event, now);
    case "timerFired":
      return onTimerFired(state, now);
    default:
      return unreachable(event);
  }
}

/** The events about one child, or the slot it was to have. */
type ChildEvent = Extract<MasterEvent, { readonly slot: unknown }>;

function decideChild(
  state: MasterState,
  event: ChildEvent,
  now: Instant,
): Step {
  switch (event.kind) {
    case "childSpawned":
      return onChildSpawned(state, refFrom(event), now);
    case "spawnFailed":
      return onSpawnFailed(state, event, now);
    case "childReady":
      return onChildReady(state, refFrom(event), now);
    case "childDraining":
      return onChildDraining(state, refFrom(event), now);
    case "childFailed":
      return onChildFailed(state, event);
    case "meshAsked":
      return onMeshAsked(state, refFrom(event));
    case "mailboxesFailed":
      return onMailboxesFailed(state, event);
    case "zoneLoaded":
      return onZoneLoaded(state, event);
    case "childReopened":
      return onChildReopened(state, refFrom(event));
    case "channelClosed":
      return onChannelClosed(state, refFrom(event));
    case "channelBroken":
      return onChannelBroken(state, event, now);
    case "sendFailed":
      return onSendFailed(state, event, now);
    case "childExited":
      return onChildExited(state, event, now);
    case "connectionsCut":
      return onConnectionsCut(state, refFrom(event));
    default:
      return unreachable(event);
  }
}

/** What belongs to a binary upgrade, on either side. */
function decideUpgrade(
  state: MasterState,
  event: UpgradeEvent,
  now: Instant,
): Step {
  switch (event.kind) {
    case "pidFileRenamed":
      return onPidFileRenamed(state);
    case "pidFileRenameFailed":
      return onPidFileRenameFailed(state, event.error);
    case "upgradeSpawned":
      return onUpgradeSpawned(state, event.pid, now);
    case "upgradeSpawnFailed":
      return onUpgradeSpawnFailed(state, event.error);
    case "upgradeReady":
      return onUpgradeReady(state, event.pid, now);
    case "upgradeReported":
      return onUpgradeReported(state, event);
    case "upgradeExited":
      return onUpgradeExited(state, event);
    case "masterFound":
      return onMasterFound(state, event.pid);
    case "masterLost":
      return onMasterLost(state);
    case "predecessorLost":
      return onPredecessorLost(state);
    default:
      return unreachable(event);
  }
}

/** The events of an upgrade. */
type UpgradeEvent = Extract<MasterEvent, {
  readonly kind:
    | "pidFileRenamed"
    | "pidFileRenameFailed"
    | "upgradeSpawned"
    | "upgradeSpawnFailed"
    | "upgradeReady"
    | "upgradeReported"
    | "upgradeExited"
    | "masterFound"
    | "masterLost"
    | "predecessorLost";
}>;
