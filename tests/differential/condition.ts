/**
 * Whether a condition of a scenario holds on a stage, right now.
 */

import { isAlive, listeningPorts } from "../support/proc.ts";
import type { Condition, Target } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** All that it names must hold. */
export function holds(stage: Stage, condition: Condition): boolean {
  const { gone, alive, said, pidFile, refuses, file } = condition;
  if (gone !== undefined && isAnyAlive(stage, gone)) return false;
  if (alive !== undefined && !areAllAlive(stage, alive)) return false;
  if (pidFile !== undefined && pidFileState(stage) !== pidFile) return false;
  if (file !== undefined && !isThere(stage.path(file))) return false;
  if (refuses !== undefined && listeningPorts().has(stage.port(refuses))) {
    return false;
  }
  if (said !== undefined) {
    const lines = stage.logText().split("\n").filter((line) => said.test(line));
    if (lines.length < (condition.times ?? 1)) return false;
  }
  return holdsOfMembers(stage, condition);
}

function holdsOfMembers(stage: Stage, condition: Condition): boolean {
  const { masters, workers, fresh, draining } = condition;
  const { managers, loaders } = condition;
  const wanted = [masters, workers, fresh, draining, managers, loaders];
  if (wanted.every((count) => count === undefined)) return true;
  const members = stage.family.members();
  const count = (wanted: string): number =>
    members.filter(({ role }) => role === wanted).length;
  const newcomers = members.filter(({ role, pid }) =>
    role === "worker" && !stage.known.includes(pid)
  );
  return [
    [masters, stage.family.livingMasters().length],
    [workers, count("worker")],
    [fresh, newcomers.length],
    [draining, count("draining")],
    [managers, count("manager")],
    [loaders, count("loader")],
  ].every(([want, is]) => want === undefined || want === is);
}

function isAnyAlive(stage: Stage, target: Target): boolean {
  return stage.pidsOf(target).some(isAlive);
}

function areAllAlive(stage: Stage, target: Target): boolean {
  const pids = stage.pidsOf(target);
  return pids.length > 0 && pids.every(isAlive);
}

/** Whose process id a pid file holds: "none" when there is no file. */
export function pidFileState(stage: Stage, suffix = ""): string {
  const text = textOf(stage.path(`${stage.settings.pid}${suffix}`));
  if (text === undefined) return "none";
  if (text.trim() === "") return "empty";
  const pid = Number(text);
  const owner = [...stage.instances.values()].find((one) => one.pid === pid);
  if (owner !== undefined) return owner.name === "first" ? "master" : "second";
  if (pid === stage.newMaster()) return "new master";
  if (pid === stage.bystander?.pid) return "stranger";
  return Number.isNaN(pid) ? "junk" : "other";
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
