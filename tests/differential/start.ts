/**
 * Starting an instance and waiting until it is up, or has said no: what either
 * program itself says, since a port may answer before.
 */

import { readText } from "../support/log.ts";
import { orLate } from "./connection.ts";
import { isDaemon } from "./driver.ts";
import type { Step } from "./scenario.ts";
import type { Instance, Stage } from "./stage.ts";

/** A start that takes longer hangs. */
const READY_MS = 20_000;

/** It is up already: its command has nothing left to wait for. */
const RETURNED_MS = 8000;

/** nginx says nothing when its workers are there, and they are soon. */
const TITLED_MS = 500;

/** What is waited for. */
const PENDING = new WeakMap<
  Stage,
  { readonly name: string; readonly lines: number; readonly workers: number }
>();

/** Start, and say how it went: "ready", or how it ended. */
export async function begin(
  stage: Stage,
  step: Extract<Step, { readonly kind: "start" }>,
): Promise<void> {
  const { label = "start", second, env = {}, waits = true } = step;
  const name = second === undefined ? "first" : "second";
  const settings = { ...stage.settings, ...second };
  stage.configure(name, settings);
  const lines = readyCount(stage) + stage.driver.readyTimes(settings);
  const more = settings.masterProcess ? settings.workers : 0;
  const workers = stage.family.pidsOf("worker").length + more;
  stage.spawn(name, settings, env);
  PENDING.set(stage, { name, lines, workers });
  if (waits) await awaitUp(stage, label);
}

/** Wait for the instance that was started last. */
export async function awaitUp(stage: Stage, label: string): Promise<void> {
  const { name = "first", lines = 0, workers = 0 } = PENDING.get(stage) ?? {};
  const instance = stage.instance(name);
  const { settings } = instance;
  const isUp = (): boolean => readyCount(stage) >= lines;
  const isOver = await orLate(
    () => isUp() || hasFailed(stage, instance),
    READY_MS,
  );
  if (!isOver) return stage.say(label, "neither ready nor gone");
  if (!isUp()) return stage.say(label, howItEnded(instance));
  if (isDaemon(stage.driver.side, settings)) await findDaemon(stage, instance);
  await orLate(
    () => stage.family.pidsOf("worker").length >= workers,
    TITLED_MS,
  );
  stage.known = stage.family.pidsOf("worker");
  stage.say(label, "ready");
}

function readyCount(stage: Stage): number {
  const line = stage.driver.readyLine(stage.settings);
  return stage.logText().split("\n").filter((one) => line.test(one)).length;
}

/** A daemon's first process ends well by itself. */
function hasFailed(
  { driver }: Stage,
  { program: { exit }, settings }: Instance,
): boolean {
  if (exit === undefined) return false;
  return !isDaemon(driver.side, settings) || exit.kind !== "code" ||
    exit.code !== 0;
}

function howItEnded({ program: { exit } }: Instance): string {
  if (exit === undefined) return "alive";
  return exit.kind === "code" ? `exit ${exit.code}` : exit.signal;
}

/** The command returns; the master is whom the pid file names. */
async function findDaemon(stage: Stage, instance: Instance): Promise<void> {
  const { program } = instance;
  const hasReturned = await orLate(
    () => program.exit !== undefined,
    RETURNED_MS,
  );
  const { pid, daemon } = instance.settings;
  if (daemon === true) {
    stage.say("the command that starts it", howItEnded(instance));
  }
  if (!hasReturned) return;
  instance.pid = Number(readText(stage.path(pid)));
  stage.family.adopt(instance.pid);
}
