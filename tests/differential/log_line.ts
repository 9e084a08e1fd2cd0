/**
 * Lines of either log as comparable values: who said it, how bad it is, and the
 * text without what differs between any two runs. Pure.
 */

import type { Side } from "./driver.ts";

/** What is left of a line. */
export interface LogLine {
  readonly by: "master" | "worker";
  readonly level: string;
  readonly text: string;
}

/** What tells one run from another. */
export interface Circumstances {
  readonly folder: string;
  readonly side: Side;
  /** Whether that process is, or was, a master. */
  readonly isMaster: (pid: number) => boolean;
}

const LINE =
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[(\w+)\] (\d+)#\d+: (?:\*\d+ )?(.*)$/;

/** Before there is a log. */
const EARLY = /^(?:nginx|procmgr): \[(\w+)\] (.*)$/;

/** The line in comparable form; undefined when it is none of the log's. */
export function parseLine(
  line: string,
  circumstances: Circumstances,
): LogLine | undefined {
  const logged = LINE.exec(line);
  if (logged !== null) {
    const [, level = "", pid = "", text = ""] = logged;
    const by = circumstances.isMaster(Number(pid)) ? "master" : "worker";
    return { by, level, text: comparable(text, circumstances) };
  }
  const early = EARLY.exec(line);
  if (early === null) return undefined;
  const [, level = "", text = ""] = early;
  return { by: "master", level, text: comparable(text, circumstances) };
}

/** Numbers that mean something: codes, signals, errors, pauses. */
const NUMBER =
  /(?<!(?:code|signal|after|failed|failed \(|\() ?)(?<![\w.])\d+(?:\.\d+)*(?::\d+)?/g;

/** A text without folders, configuration names, numbers and row fields. */
export function comparable(
  text: string,
  { folder, side }: Pick<Circumstances, "folder" | "side">,
): string {
  return text
    .replaceAll(folder, "$D")
    .replace(/ slot=\d+ gen=\d+(?: pid=\d+)?$/, "")
    .replace(/\b(\w+)\.(?:jsonc|conf)\b/g, "$1.config")
    .replaceAll(`${side}/`, "program/")
    .replace(NUMBER, "N")
    .trim();
}

/** A line as the name of a fact. */
export function formatLine({ by, level, text }: LogLine): string {
  return `${by} [${level}] ${text}`;
}
