/**
 * What the suite asks of a program: how its configuration is written, how it is
 * started and told things, what its processes are called. A driver knows one
 * program and nothing of scenarios; everything else is shared, so that both
 * are treated alike.
 */

import type { Command, Settings } from "./scenario.ts";

/** The two that are compared. */
export type Side = "nginx" | "procmgr";

/** Where one side of one scenario runs. */
export interface Place {
  readonly folder: string;
  /** Its own ports, by number in the settings. */
  readonly ports: readonly number[];
}

/** One program. */
export interface Driver {
  readonly side: Side;
  /** Why it cannot run here; undefined when it can. */
  missing(): string | undefined;
  /** The configuration's file name, for an instance. */
  configName(instance: string): string;
  configText(settings: Settings, place: Place): string;
  /** What to run for a master. */
  startCommand(place: Place, configName: string): readonly string[];
  /** What to run for one word to a running master, or a test. */
  command(
    is: Command,
    place: Place,
    configName: string,
  ): readonly string[];
  /** The line that says it is up, and how often it comes per start. */
  readyLine(settings: Settings): RegExp;
  readyTimes(settings: Settings): number;
}

/** Whether a program of that side goes into the background. */
export function isDaemon(side: Side, { daemon }: Settings): boolean {
  return daemon === true || daemon === side;
}

/** What a process is by its title. */
export type Role = "worker" | "draining" | "manager" | "loader" | "other";

/** The role in a title; both programs have nginx's titles. */
export function roleOf(side: Side, title: string): Role {
  switch (title) {
    case `${side}: worker process`:
      return "worker";
    case `${side}: worker process is shutting down`:
      return "draining";
    case `${side}: cache manager process`:
      return "manager";
    case `${side}: cache loader process`:
      return "loader";
    default:
      return "other";
  }
}

/** The arguments of a command that both have. */
export function commandFlags(is: Command): readonly string[] {
  return is === "test" ? ["-t"] : ["-s", is];
}
