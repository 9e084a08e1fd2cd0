/**
 * A stage reduced to facts that can be compared: who runs, which processes are
 * new, whose pid is in the pid file, what is left at the end, what was logged.
 */

import { isAlive } from "../support/proc.ts";
import { orLate } from "./connection.ts";
import { pidFileState } from "./condition.ts";
import { formatLine, parseLine } from "./log_line.ts";
import type { Stage } from "./stage.ts";

/** How long what ends may take to be gone. */
const GONE_MS = 3000;

/** How long a master may take to terminate: its ladder, and a busy machine. */
const TERMINATED_MS = 15_000;

/** Who runs now; the workers are known from here on. */
export function look(stage: Stage, label: string): void {
  const members = stage.family.members();
  const pidsOf = (role: string): number[] =>
    members.filter((one) => one.role === role).map(({ pid }) => pid);
  const workers = pidsOf("worker");
  const fresh = workers.filter((pid) => !stage.known.includes(pid));
  const say = (what: string, value: string | number): void =>
    stage.say(`${label}: ${what}`, String(value));
  say("masters", stage.family.livingMasters().length);
  say("workers", workers.length);
  say("new workers", fresh.length);
  say("helpers", pidsOf("manager").length + pidsOf("loader").length);
  say("pid file", pidFileState(stage));
  say("oldbin", pidFileState(stage, ".oldbin"));
  stage.known = workers;
}

/** End what runs, and say what is left. */
export async function finish(stage: Stage): Promise<void> {
  for (const client of stage.clients.values()) client.close();
  for (const instance of stage.instances.values()) {
    if (instance.endSeen) continue;
    const name = instance.name === "first" ? "end" : `end of ${instance.name}`;
    if (stage.family.isOurs(instance.pid)) Deno.kill(instance.pid, "SIGTERM");
    await orLate(() => !isAlive(instance.pid), TERMINATED_MS);
    stage.say(name, await endOf(stage, instance.name));
  }
  for (const pid of stage.family.livingMasters()) Deno.kill(pid, "SIGTERM");
  await orLate(
    () => stage.family.livingMasters().length === 0,
    TERMINATED_MS,
  );
  await orLate(() => stage.remaining().length === 0, GONE_MS);
  stage.say("left: processes", nameAll(stage));
  stage.backend.close();
  stage.say("left: files", leftFiles(stage).join(", ") || "none");
  sayLog(stage);
}

/** How an instance ended: "exit 0", "signal 9"; a daemon is merely gone. */
export async function endOf(stage: Stage, name: string): Promise<string> {
  const { program, pid, settings } = stage.instance(name);
  // Whose child it is not, nobody knows the exit code of.
  if (settings.daemon !== false && stage.facts.get("start") === "ready") {
    return isAlive(pid) ? "alive" : "gone";
  }
  // The exit of a process may be told a moment after it is gone.
  await orLate(
    () => program.exit !== undefined,
    isAlive(pid) ? 0 : GONE_MS,
  );
  const { exit } = program;
  if (exit === undefined) return "alive";
  return exit.kind === "code" ? `exit ${exit.code}` : exit.signal;
}

function nameAll(stage: Stage): string {
  const left = new Set(stage.remaining());
  if (left.size === 0) return "none";
  const roles = stage.family.members()
    .filter(({ pid }) => left.has(pid)).map(({ role }) => role);
  return [...new Set(roles)].sort().join(", ") || "unknown";
}

/** Pid files and sockets: nobody needs them any more. */
function leftFiles(stage: Stage): string[] {
  return [...Deno.readDirSync(stage.folder)]
    .filter(({ name }) => name !== "backend.sock")
    .filter(({ name }) =>
      /\.(?:pid|oldbin)$/.test(name) ||
      Deno.lstatSync(stage.path(name)).isSocket
    )
    .map(({ name }) => name).sort();
}

const STARTED = /start (?:worker|cache \w+) process (\d+)/g;

/** Every different line, once. */
function sayLog(stage: Stage): void {
  const { side } = stage.driver;
  const text = stage.logText();
  // Masters say whom they start; who is not started is a master, even one
  // that was gone before anybody looked.
  const started = new Set(
    [...text.matchAll(STARTED)].map(([, pid]) => Number(pid)),
  );
  const isMaster = (pid: number): boolean => !started.has(pid);
  const circumstances = { folder: stage.folder, side, isMaster };
  const lines = text.split("\n").flatMap((line) =>
    parseLine(line, circumstances) ?? []
  );
  for (const line of new Set(lines.map(formatLine))) {
    stage.say(`log: ${line}`, "said");
  }
}
