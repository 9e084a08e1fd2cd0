/**
 * One fixed-column line per transition, for a failure's report and for
 * `--verbose`. Columns, explained at the head of simulator.ts: time, event,
 * slot, phase before and after, effects.
 */

import type { MasterEffect } from "../../src/core/master/effect.ts";
import type { MasterEvent } from "../../src/core/master/event.ts";
import { formatNotice } from "../../src/core/master/notice.ts";
import { slotAt } from "../../src/core/master/state.ts";
import type { Transition } from "./transition.ts";

/** The line of a transition. */
export function formatTransition(step: Transition): string {
  const { now, event, effects } = step;
  const slot = "slot" in event ? `${event.slot}` : "-";
  return [
    `${now}`.padStart(9),
    describe(event).padEnd(34),
    slot.padStart(2),
    change(step).padEnd(24),
    effects.flatMap(formatEffect).join(" "),
  ].join("  ").trimEnd();
}

function describe(event: MasterEvent): string {
  switch (event.kind) {
    case "signalled":
      return event.signals.join("+");
    case "controlRequested":
      return `control ${event.request} #${event.token}`;
    case "childExited": {
      const { exit } = event;
      const how = exit.kind === "code" ? exit.code : exit.signal;
      return `childExited ${how} pid=${event.pid} gen=${event.generation}`;
    }
    case "sendFailed":
      return `sendFailed ${event.command} pid=${event.pid}`;
    default:
      return [
        event.kind,
        ..."pid" in event ? [`pid=${event.pid}`] : [],
        ..."process" in event ? [`pid=${event.process}`] : [],
        ..."generation" in event ? [`gen=${event.generation}`] : [],
      ].join(" ");
  }
}

function change({ before, event, after }: Transition): string {
  if ("slot" in event) {
    return `${slotAt(before, event.slot).phase}→` +
      slotAt(after, event.slot).phase;
  }
  return `${whereIs(before)}→${whereIs(after)}`;
}

function whereIs({ mode, changeover }: Transition["after"]): string {
  return changeover === undefined ? mode : `${mode}/${changeover.stage}`;
}

function formatEffect(effect: MasterEffect): readonly string[] {
  switch (effect.kind) {
    case "spawn":
      return [
        `spawn(${effect.slot} ${effect.pool}/${effect.ordinal} ` +
        `gen=${effect.generation})`,
      ];
    case "send":
      return [`${effect.command}(${effect.slot} pid=${effect.pid})`];
    case "kill":
      return [`${effect.signal}(${effect.slot} pid=${effect.pid})`];
    case "steer":
      return [`steer(${effect.pool} ${effect.ordinals.join()})`];
    case "reply":
      return [`reply(#${effect.token} ${effect.outcome.ok ? "ok" : "no"})`];
    case "log":
      return effect.level === "debug"
        ? []
        : [`"${formatNotice(effect.notice)}"`];
    case "reapOrphan":
      return [`reapOrphan(${effect.process})`];
    case "exit":
      return [`exit(${effect.code})`];
    case "trimListeners":
      return [`trim(${effect.pool} ${effect.workers})`];
    default:
      return [
        "generation" in effect
          ? `${effect.kind}(${effect.generation})`
          : effect.kind,
      ];
  }
}
