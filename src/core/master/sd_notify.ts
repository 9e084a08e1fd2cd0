/**
 * What a service manager is told about the master: which lines of sd_notify's
 * protocol one step of the master is. Sent by role/sd_notify.ts.
 *
 * A reload is announced and ended, whichever way it went, or the manager would
 * wait for it. A master that is leaving to a new one is not stopping: at its
 * end it names the new one, which says nothing before, for until then the
 * manager listens to the old one alone.
 *
 * Sources: man 3 sd_notify; man 5 systemd.service, Type=notify-reload.
 */

import type { Pid } from "../../base/id.ts";
import type { MasterEffect } from "./effect.ts";
import type { MasterNotice } from "./notice.ts";
import { formatFailure, formatNotice } from "./notice.ts";
import type { MasterState, Step } from "./state.ts";
import { liveUpgrade, workersOf } from "./state.ts";

/** What the service manager knows already. */
export interface Told {
  readonly isReady: boolean;
  readonly isStopping: boolean;
  /** The last STATUS. */
  readonly status: string;
  /** What the last reload, or the start, failed of; "": it did not. */
  readonly failure: string;
  /** It listens to the old master. */
  readonly isSilent: boolean;
  /** The new master; an exit takes it out of the state. */
  readonly heir: Pid | undefined;
}

/** It knows nothing. */
export const NOTHING_TOLD: Told = {
  isReady: false,
  isStopping: false,
  status: "",
  failure: "",
  isSilent: false,
  heir: undefined,
};

/** What is not in the state. */
export interface Telling {
  /** Ours. */
  readonly pid: Pid;
  /** CLOCK_MONOTONIC, now. */
  readonly monotonicUsec: number;
}

/** systemd reads 4096 bytes of a message; a character has up to four. */
const STATUS_CHARACTERS_MAX = 900;

/** The messages that a step is, each a datagram, and what is known then. */
export function tell(
  told: Told,
  { state, effects }: Step,
  telling: Telling,
): { readonly told: Told; readonly messages: readonly string[] } {
  const isOver = state.mode === "exited";
  const isSilent = state.predecessor === "alive" || (isOver && told.isSilent);
  if (isSilent) return { told: { ...told, isSilent }, messages: [] };
  const failure = effects.reduce(failureAfter, told.failure);
  const heir = isOver ? told.heir : liveUpgrade(state)?.pid;
  const isReady = told.isReady || (!isOver && state.generation > 0);
  const isStopping = isLeaving(state) && heir === undefined;
  const status = statusOf(state, failure);
  const messages = [
    ...isReady && !told.isReady ? [`READY=1\nMAINPID=${telling.pid}`] : [],
    ...reloadsIn(effects, { isReady, wasReady: told.isReady, telling }),
    ...isStopping && !told.isStopping ? ["STOPPING=1"] : [],
    // At the very end, while we are still the one that is listened to.
    ...isOver && heir !== undefined ? [`MAINPID=${heir}`] : [],
  ];
  return {
    told: { isReady, isStopping, status, failure, isSilent, heir },
    messages: status === told.status
      ? messages
      : withStatus(messages, `STATUS=${status}`),
  };
}

/** One message less than two. */
function withStatus(
  messages: readonly string[],
  status: string,
): readonly string[] {
  const last = messages.at(-1);
  return [
    ...messages.slice(0, -1),
    last === undefined ? status : `${last}\n${status}`,
  ];
}

/** Two messages: before version 254 systemd takes but one of them. */
const ENDED = "READY=1";

function begun({ monotonicUsec }: Telling): string {
  return `RELOADING=1\nMONOTONIC_USEC=${monotonicUsec}`;
}

/**
 * Begun and ended, in the order of the effects. HUP during the start is obeyed
 * in the step that ends the start.
 */
function reloadsIn(
  effects: readonly MasterEffect[],
  { isReady, wasReady, telling }: {
    readonly isReady: boolean;
    readonly wasReady: boolean;
    readonly telling: Telling;
  },
): readonly string[] {
  if (!isReady) return [];
  return effects.flatMap((effect) => {
    if (effect.kind === "loadConfig") return [begun(telling)];
    if (!wasReady) return [];
    if (effect.kind === "adoptGeneration") return [ENDED];
    if (effect.kind !== "log") return [];
    switch (effect.notice.kind) {
      case "changeoverFailed":
        return [ENDED];
      case "reloadRefused":
        return [begun(telling), ENDED];
      default:
        return [];
    }
  });
}

function isLeaving({ mode }: MasterState): boolean {
  return mode === "quitting" || mode === "terminating" || mode === "exited";
}

/** A reload that begins, or went well, ends what is known of the last. */
function failureAfter(failure: string, effect: MasterEffect): string {
  if (effect.kind === "loadConfig") return "";
  if (effect.kind === "adoptGeneration") return "";
  return effect.kind === "log" ? failureOf(effect.notice) ?? failure : failure;
}

function failureOf(notice: MasterNotice): string | undefined {
  if (notice.kind === "reloadRefused") return formatNotice(notice);
  if (notice.kind !== "changeoverFailed") return undefined;
  const why = formatFailure(notice.failure);
  return notice.kept === 0
    ? `could not start: ${why}`
    : `reload failed: ${why}`;
}

function statusOf(state: MasterState, failure: string): string {
  const parts = [lifeOf(state), ...failure === "" ? [] : [failure]];
  return parts.join("; ").replaceAll(/\s+/g, " ")
    .slice(0, STATUS_CHARACTERS_MAX);
}

function lifeOf(state: MasterState): string {
  const left = workersIn(state, (slot) => slot.phase !== "spawning");
  switch (state.mode) {
    case "starting":
      return "starting";
    case "running":
      return runningOf(state);
    case "quitting":
      return `shutting down gracefully, workers left: ${left}`;
    case "terminating":
      return `shutting down, workers left: ${left}`;
    case "relaying":
      return "a new master process serves";
    case "exited":
      return "stopped";
  }
}

function runningOf(state: MasterState): string {
  const { changeover, generation, plan } = state;
  const serving = workersIn(
    state,
    (slot) => slot.phase === "serving" && slot.generation === generation,
  );
  const draining = workersIn(state, ({ phase }) => phase === "draining");
  const heir = liveUpgrade(state);
  return [
    `generation ${generation}, workers: ${serving} of ${workersOf(plan)}`,
    ...draining > 0 ? [`draining: ${draining}`] : [],
    ...changeover ? [`generation ${changeover.generation} is starting`] : [],
    ...heir ? [`new binary process ${heir.pid}`] : [],
  ].join(", ");
}

/** A slot with a worker's work. */
type Assigned = Exclude<
  MasterState["slots"][number],
  { readonly phase: "vacant" | "waiting" | "failed" }
>;

function workersIn(
  { slots }: MasterState,
  counts: (slot: Assigned) => boolean,
): number {
  return slots.filter((slot) =>
    slot.phase !== "vacant" && slot.phase !== "waiting" &&
    slot.phase !== "failed" && slot.helper === undefined && counts(slot)
  ).length;
}
