/**
 * What the master has to say, as values: unit tests compare notices, process
 * tests compare lines. Where nginx says the same thing its wording is kept,
 * because operators know it and the differential suite compares it.
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_process.c.
 *
 * Structured first, text last (OTP reports): `formatNotice` is the only place
 * that turns a decision into words. A line about one child ends with
 * `slot= gen= pid=`, in that order.
 */

import { unreachable } from "../../base/invariant.ts";
import type { Exit } from "../../base/exit.ts";
import type { Generation, Pid, SlotIndex } from "../../base/id.ts";
import type { HelperRole } from "../../base/role.ts";
import { helperName } from "../../base/role.ts";
import { PID_MAX } from "../../base/id.ts";
import { signoOf } from "../../base/signo.ts";
import type { SystemError } from "../../base/system_error.ts";
import { formatSystemError } from "../../base/system_error.ts";
import type { Milliseconds } from "../../base/unit.ts";
import type { ChildRef, Command, MasterEvent } from "./event.ts";
import type { Signal } from "./signal.ts";

/** Why a change of generation was given up. */
export type Failure =
  | { readonly kind: "configRejected"; readonly reasons: readonly string[] }
  | { readonly kind: "systemFailed"; readonly error: SystemError }
  | { readonly kind: "bindGivenUp" }
  | { readonly kind: "tableFull" }
  | { readonly kind: "startupTimedOut"; readonly timeoutMs: Milliseconds }
  | {
    readonly kind: "childFailed";
    readonly pid: number;
    readonly exit: Exit;
    /** In its own words, if it had any. */
    readonly reason?: string;
  }
  | { readonly kind: "channelBroken"; readonly pid: number }
  | { readonly kind: "starterLost" }
  | { readonly kind: "shutDown" }
  /** WINCH came. */
  | { readonly kind: "noaccepting" };

/** The child a notice is about; a worker, unless it has a role. */
type Subject = ChildRef & { readonly helper?: HelperRole };

/** Why no new master is executed. */
export type UpgradeRefusal = "upgrading" | "starting" | "leaving" | "reloading";

/** One thing to say. */
export type MasterNotice =
  | {
    readonly kind: "signalReceived";
    readonly signal: Signal;
    readonly signo: number;
    readonly saying: string;
  }
  | { readonly kind: "listening"; readonly addresses: readonly string[] }
  | { readonly kind: "reconfiguring" }
  | { readonly kind: "configWrong"; readonly reason: string }
  | { readonly kind: "callFailed"; readonly error: SystemError }
  | { readonly kind: "bindRetried"; readonly retryMs: Milliseconds }
  | { readonly kind: "bindGivenUp" }
  | { readonly kind: "workersStarting" }
  | ({ readonly kind: "workerStarted" } & Subject)
  | ({ readonly kind: "workerReady" } & Subject)
  | {
    readonly kind: "generationReady";
    readonly generation: Generation;
    readonly workers: number;
  }
  | {
    readonly kind: "changeoverFailed";
    readonly generation: Generation;
    /** The generation that goes on; 0 when there is none. */
    readonly kept: Generation;
    readonly failure: Failure;
  }
  | { readonly kind: "changeoverSuperseded"; readonly generation: Generation }
  | ({ readonly kind: "workerExited"; readonly exit: Exit } & Subject)
  | ({ readonly kind: "workerFatal"; readonly exit: Exit } & Subject)
  | {
    readonly kind: "spawnFailed";
    readonly slot: SlotIndex;
    readonly generation: Generation;
    readonly helper?: HelperRole;
    readonly error: SystemError;
  }
  | {
    readonly kind: "respawnDelayed";
    readonly slot: SlotIndex;
    readonly generation: Generation;
    readonly delayMs: Milliseconds;
    readonly failures: number;
    readonly helper?: HelperRole;
  }
  | ({ readonly kind: "startupTimedOut" } & Subject)
  | ({ readonly kind: "drainTimedOut" } & Subject)
  | ({ readonly kind: "generationCrowdedOut" } & Subject)
  | ({ readonly kind: "terminateIgnored" } & Subject)
  | ({ readonly kind: "workerDraining" } & Subject)
  | ({ readonly kind: "channelClosed" } & Subject)
  | ({ readonly kind: "channelBroken"; readonly reason: string } & Subject)
  | (
    & { readonly kind: "sendFailed"; readonly command: "init" | Command }
    & Subject
  )
  | {
    readonly kind: "orphanExited";
    readonly process: Pid;
    readonly exit: Exit;
  }
  | (
    & { readonly kind: "mailboxesFailed"; readonly error: SystemError }
    & Subject
  )
  | { readonly kind: "reopening" }
  | { readonly kind: "tableFull"; readonly slotsMax: number }
  | {
    readonly kind: "scaled";
    readonly pool: string;
    readonly workers: number;
  }
  | {
    readonly kind: "scaleRefused";
    readonly pool: string;
    readonly workers: number;
  }
  | { readonly kind: "timerLate"; readonly lateMs: Milliseconds }
  | { readonly kind: "eventIgnored"; readonly event: MasterEvent["kind"] }
  | { readonly kind: "changingBinary" }
  | { readonly kind: "upgradeRefused"; readonly refusal: UpgradeRefusal }
  | UpgradeNotice
  | {
    readonly kind: "upgradeBackedOut";
    readonly generation: Generation;
    readonly reason: string;
  }
  | { readonly kind: "reloadRefused" }
  | { readonly kind: "predecessorLost" }
  | { readonly kind: "exiting" };

/** The notices about the new master. */
type UpgradeNotice =
  & { readonly pid: Pid }
  & (
    | { readonly kind: "upgradeStarted" }
    | { readonly kind: "upgradeReady" }
    | { readonly kind: "upgradeTimedOut" }
    | { readonly kind: "relaying" }
    | { readonly kind: "upgradeExited"; readonly exit: Exit }
  );

/** The text of a notice, without time and level. */
export function formatNotice(notice: MasterNotice): string {
  switch (notice.kind) {
    case "signalReceived":
      return `signal ${notice.signo} (${notice.signal}) received, ` +
        notice.saying;
    case "listening":
      return `listening on ${notice.addresses.join(", ")}`;
    case "reconfiguring":
      return "reconfiguring";
    case "configWrong":
      return notice.reason;
    case "callFailed":
      return formatSystemError(notice.error);
    case "bindRetried":
      return `try again to bind() after ${notice.retryMs}ms`;
    case "bindGivenUp":
      return "still could not bind()";
    case "workersStarting":
      return "start worker processes";
    case "generationReady":
      return `generation ${notice.generation} is ready, ` +
        plural(notice.workers, "worker");
    case "changeoverFailed":
      return formatChangeoverFailed(notice);
    case "changeoverSuperseded":
      return `generation ${notice.generation} is given up for a newer reload`;
    case "spawnFailed":
      return `could not respawn ${processOf(notice)}: ` +
        `${formatSystemError(notice.error)}${slotFields(notice)}`;
    case "respawnDelayed":
      return `${processOf(notice)} is respawned in ${notice.delayMs}ms after ` +
        `${plural(notice.failures, "failure")}${slotFields(notice)}`;
    case "orphanExited":
      return `unknown process ${notice.process} ${formatExit(notice.exit)}`;
    case "reopening":
      return "reopening logs";
    case "tableFull":
      return `no more than ${notice.slotsMax} processes can be spawned`;
    case "scaled":
      return `pool "${notice.pool}" has ${plural(notice.workers, "worker")}`;
    case "scaleRefused":
      return `pool "${notice.pool}" stays at ` +
        plural(notice.workers, "worker");
    case "timerLate":
      return `the clock jumped ${notice.lateMs}ms, deadlines are moved`;
    case "eventIgnored":
      return `ignored a late ${notice.event}`;
    case "changingBinary":
      return "changing binary";
    case "upgradeRefused":
      return REFUSED + formatRefusal(notice.refusal);
    case "upgradeStarted":
    case "upgradeReady":
    case "upgradeTimedOut":
    case "upgradeExited":
    case "relaying":
      return upgradeText(notice);
    case "upgradeBackedOut":
      return `no upgrade, generation ${notice.generation} goes on: ` +
        notice.reason;
    case "reloadRefused":
      return "the configuration is not read during an upgrade";
    case "predecessorLost":
      return "old binary process is gone";
    case "exiting":
      return "exit";
    default:
      return formatChildNotice(notice);
  }
}

/** nginx's words. */
const REFUSED = "the changing binary signal is ignored: ";

/** Why there is no upgrade; the first is nginx's. */
export function formatRefusal(refusal: UpgradeRefusal): string {
  switch (refusal) {
    case "upgrading":
      return "you should shutdown or terminate before either old or new " +
        "binary's process";
    case "starting":
      return "the first generation is not ready";
    case "leaving":
      return "shutting down";
    case "reloading":
      return "a reload is on its way";
  }
}

function upgradeText(notice: UpgradeNotice): string {
  const { pid } = notice;
  switch (notice.kind) {
    case "upgradeStarted":
      return `start new binary process ${pid}`;
    case "upgradeReady":
      return `new binary process ${pid} is ready`;
    case "upgradeTimedOut":
      return `new binary process ${pid} was not ready in time, terminating it`;
    case "upgradeExited":
      return `new binary process ${pid} ${formatExit(notice.exit)}`;
    case "relaying":
      return `process ${pid} is the master now, it gets all signals`;
  }
}

/** The notices about one child. */
type ChildNotice = Extract<MasterNotice, ChildRef>;

function formatChildNotice(notice: ChildNotice): string {
  const pid = notice.pid > PID_MAX ? "" : ` pid=${notice.pid}`;
  const fields = ` slot=${notice.slot} gen=${notice.generation}${pid}`;
  return `${childText(notice)}${fields}`;
}

function childText(notice: ChildNotice): string {
  const worker = nameOf(notice);
  switch (notice.kind) {
    case "workerStarted":
      return `start ${worker}`;
    case "workerReady":
      return `${worker} is ready`;
    case "workerExited":
      return `${worker} ${formatExit(notice.exit)}`;
    case "workerFatal":
      return `${worker} exited with fatal code 2 and cannot be respawned`;
    case "startupTimedOut":
      return `${worker} was not ready in time, terminating it`;
    case "drainTimedOut":
      return `${worker} did not drain in time, terminating it`;
    case "generationCrowdedOut":
      return `${worker} belongs to the oldest of too many draining ` +
        `generations, terminating it`;
    case "terminateIgnored":
      return `${worker} does not terminate, sending SIGKILL`;
    case "workerDraining":
      return `${worker} drains by itself`;
    case "channelClosed":
      return `channel of ${worker} was closed`;
    case "channelBroken":
      return `channel of ${worker} carried garbage ` +
        `(${notice.reason}), terminating it`;
    case "mailboxesFailed":
      return `${worker} goes without some mailboxes: ` +
        formatSystemError(notice.error);
    case "sendFailed":
      return `"${notice.command}" could not be sent to ${worker}`;
    default:
      return unreachable(notice);
  }
}

/** One that is no process, because all are this one, has no pid to name. */
function nameOf(
  child: { readonly pid: number; readonly helper?: HelperRole },
): string {
  return child.pid > PID_MAX
    ? "worker of this process"
    : `${processOf(child)} ${child.pid}`;
}

/** nginx's names for the kinds of children. */
function processOf({ helper }: { readonly helper?: HelperRole }): string {
  return `${helper === undefined ? "worker" : helperName(helper)} process`;
}

/** nginx's words for an exit. */
export function formatExit(exit: Exit): string {
  return exit.kind === "code"
    ? `exited with code ${exit.code}`
    : `exited on signal ${signoOf(exit.signal)}`;
}

/** One line for the operator who waits, and for the log. */
export function formatFailure(failure: Failure): string {
  switch (failure.kind) {
    case "configRejected":
      return failure.reasons.join("; ");
    case "systemFailed":
      return formatSystemError(failure.error);
    case "bindGivenUp":
      return "still could not bind()";
    case "tableFull":
      return "the process table is full";
    case "startupTimedOut":
      return `not every worker was ready within ${failure.timeoutMs}ms`;
    case "childFailed":
      return `${nameOf(failure)} ${formatExit(failure.exit)} ` +
        `before every worker was ready` +
        (failure.reason === undefined ? "" : `: ${failure.reason}`);
    case "channelBroken":
      return `the channel of ${nameOf(failure)} carried garbage`;
    case "starterLost":
      return "the start command went away before every worker was ready";
    case "shutDown":
      return "shut down meanwhile";
    case "noaccepting":
      return "told to stop accepting connections meanwhile";
    default:
      return unreachable(failure);
  }
}

function formatChangeoverFailed(
  notice: Extract<MasterNotice, { readonly kind: "changeoverFailed" }>,
): string {
  const why = formatFailure(notice.failure);
  return notice.kept === 0
    ? `could not start: ${why}`
    : `reload failed, generation ${notice.kept} goes on: ${why}`;
}

function slotFields(
  notice: { readonly slot: SlotIndex; readonly generation: Generation },
): string {
  return ` slot=${notice.slot} gen=${notice.generation}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
