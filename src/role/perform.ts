/**
 * Effects to calls: one case, one call. No `if` on state, no decision; what a
 * call answers becomes an event. nginx has no such place: there decisions and
 * system calls share a function.
 */

import { unreachable } from "../base/invariant.ts";
import type { Generation } from "../base/id.ts";
import type { HelperRole } from "../base/role.ts";
import type { Result, SystemError } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import type { Config } from "../config/config.ts";
import { formatConfigError } from "../config/error.ts";
import type { ConfigSource } from "../config/load.ts";
import type { ControlServer } from "../control/server.ts";
import type { MasterEffect } from "../core/master/effect.ts";
import { formatNotice } from "../core/master/notice.ts";
import { namedError } from "../os/errno.ts";
import { trimMemory } from "../os/memory.ts";
import { loadWithApps } from "./app_config.ts";
import type { ChildrenPort } from "./children.ts";
import type { Inbox } from "./gather.ts";
import type { Self } from "./handover.ts";
import type { Listeners } from "./listeners.ts";
import type { Orphans } from "./orphans.ts";
import { planFor } from "./plan.ts";
import type { Predecessor } from "./predecessor.ts";
import type { Resources } from "./resources.ts";
import type { SdNotify } from "./sd_notify.ts";
import type { Birth, SpawnEffect } from "./spawner.ts";
import { helperBirth, workerBirth } from "./spawner.ts";
import type { Successor } from "./successor.ts";

/**
 * The changeover is over: what only it needed is given back, a moment later,
 * so as not to be in the way of the first answers.
 */
const TRIM_AFTER_MS = 1000;

/** What the master acts on. */
export interface Machine {
  readonly inbox: Inbox;
  readonly source: ConfigSource;
  readonly self: Self;
  /** The configurations still needed: in force, and on its way. */
  readonly configs: Map<Generation, Config>;
  readonly children: ChildrenPort;
  /** What of a configuration can be had here. */
  readonly adapt: (config: Config) => Config;
  readonly listeners: Listeners;
  readonly resources: Resources;
  readonly control: ControlServer;
  readonly orphans: Orphans;
  readonly successor: Successor;
  /** The old master, if we were executed by one. */
  readonly predecessor: Predecessor | undefined;
  readonly sdNotify: SdNotify;
}

/** Do one thing. `exit` is the loop's. */
export function perform(
  effect: Exclude<MasterEffect, { readonly kind: "exit" }>,
  machine: Machine,
): void {
  const { children, control, listeners, resources } = machine;
  switch (effect.kind) {
    case "loadConfig":
      return void loadAgain(effect.generation, machine);
    case "openListeners":
      return open(effect.generation, machine);
    case "abandonListeners":
      machine.configs.delete(effect.generation);
      return resources.abandon(effect.generation);
    case "adoptGeneration":
      return adopt(effect.generation, machine);
    case "closeListeners":
      return resources.closeListeners(effect.isShared);
    case "steer":
      return listeners.steer(effect.pool, effect.ordinals);
    case "trimListeners":
      return listeners.trim(effect.pool, effect.workers);
    case "writePidFile":
      return writePid(effect.generation, machine);
    case "removePidFile":
      return resources.removePid(effect.isShared);
    case "renamePidFile":
      return renamePid(machine);
    case "restorePidFile":
      return resources.restorePid();
    case "execUpgrade":
      return machine.successor.exec(resources.handOver());
    case "killUpgrade":
      return machine.successor.kill(effect);
    case "releaseUpgrade":
      return machine.successor.release(effect.pid);
    case "relaySignal":
      return machine.successor.relay(effect);
    case "findMaster":
      return machine.successor.find();
    case "tellPredecessor":
      return machine.predecessor?.tell(effect);
    case "adoptSockets":
      return listeners.adoptInherited();
    case "spawn":
      return spawn(effect, machine);
    case "send":
      return children.send(effect);
    case "openMailboxes":
      return children.openMailboxes(effect);
    case "closeMailboxes":
      return children.closeMailboxes(effect);
    case "kill":
      return children.kill(effect);
    case "reapOrphan":
      return machine.orphans.reap(effect.process);
    case "reopenLogs":
      return resources.reopenLogs();
    case "reply":
      return control.reply(effect.token, effect.outcome);
    case "log":
      return resources.write(effect.level, formatNotice(effect.notice));
    default:
      return unreachable(effect);
  }
}

/** Read the configuration anew; keeps it until the core has decided. */
async function loadAgain(
  generation: Generation,
  { inbox, source, self, configs, resources, adapt }: Machine,
): Promise<void> {
  const loaded = await loadWithApps(source, self);
  if (!loaded.ok) {
    const reasons = loaded.errors.map(formatConfigError);
    inbox.push({ kind: "configRejected", generation, reasons });
    return;
  }
  for (const warning of loaded.config.warnings) {
    resources.write("warn", warning);
  }
  const config = adapt(loaded.config);
  configs.set(generation, config);
  const plan = planFor(config);
  inbox.push({ kind: "configLoaded", generation, plan });
}

function open(
  generation: Generation,
  { inbox, configs, resources }: Machine,
): void {
  const config = configs.get(generation);
  const opened = config === undefined
    ? failure<readonly string[]>(noSuchGeneration(generation))
    : resources.open(generation, config);
  if (!opened.ok) {
    const { error } = opened;
    inbox.push({ kind: "listenersFailed", generation, error });
    return;
  }
  inbox.push({ kind: "listenersOpened", generation, bound: opened.value });
}

function adopt(
  generation: Generation,
  { configs, resources }: Machine,
): void {
  const config = configs.get(generation);
  if (config === undefined) return;
  for (const known of [...configs.keys()]) {
    if (known < generation) configs.delete(known);
  }
  resources.adopt(config);
  setTimeout(() => void trimMemory(), TRIM_AFTER_MS);
}

function writePid(
  generation: Generation,
  { inbox, resources }: Machine,
): void {
  const written = resources.writePid();
  if (written.ok) inbox.push({ kind: "pidFileWritten", generation });
  else {
    const { error } = written;
    inbox.push({ kind: "pidFileFailed", generation, error });
  }
}

function renamePid({ inbox, resources }: Machine): void {
  const renamed = resources.renamePid();
  if (renamed.ok) inbox.push({ kind: "pidFileRenamed" });
  else inbox.push({ kind: "pidFileRenameFailed", error: renamed.error });
}

function spawn(effect: SpawnEffect, machine: Machine): void {
  const { helper } = effect;
  const birth = helper === undefined
    ? workerFor(effect, machine)
    : helperFor(effect, helper, machine);
  machine.children.spawn(effect, birth);
}

function workerFor(
  effect: SpawnEffect,
  { configs, listeners }: Machine,
): Result<Birth> {
  const { generation, ordinal } = effect;
  const config = configs.get(generation);
  const pool = config?.pools.find(({ name }) => name === effect.pool);
  if (pool === undefined) return failure(noSuchGeneration(generation));
  const sockets = listeners.forWorker(generation, pool, ordinal);
  if (!sockets.ok) return sockets;
  const zones = config?.cache?.zones;
  const given = { listeners: sockets.value, ...zones && { zones } };
  return success(workerBirth(effect, pool, given));
}

function helperFor(
  effect: SpawnEffect,
  role: HelperRole,
  { configs }: Machine,
): Result<Birth> {
  const { generation } = effect;
  const cache = configs.get(generation)?.cache;
  return cache === undefined
    ? failure(noSuchGeneration(generation))
    : success(helperBirth(effect, role, cache));
}

function noSuchGeneration(generation: Generation): SystemError {
  return namedError("ENOENT", `generation ${generation}`);
}
