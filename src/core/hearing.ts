/**
 * What every child says of what it hears, be it a worker or a helper: a line
 * for a signal, none for a message of the master; and the reopening of its
 * log, which is the same for all.
 *
 * The wording is nginx's: src/os/unix/ngx_process.c, ngx_signal_handler.
 */

import type { Level } from "../base/level.ts";
import type { Asker, WorkerSignal } from "./worker_event.ts";

/** A line for the log, as an effect. */
export interface Line {
  readonly kind: "log";
  readonly level: Level;
  readonly text: string;
}

/** What reopening takes, in order. */
export type ReopenEffect =
  | Line
  | { readonly kind: "reopenLog" }
  | { readonly kind: "send"; readonly message: "reopened" };

/** A line of that level. */
export function line(level: Level, text: string): Line {
  return { kind: "log", level, text };
}

/** What a signal is answered with in the log; a message needs no line. */
export function saying(asker: Asker, what: string): readonly Line[] {
  return asker.kind === "signal" ? [signalLine(asker, what)] : [];
}

/** A signal, and what it leads to. */
export function signalLine({ signo, name }: WorkerSignal, what: string): Line {
  return line("notice", `signal ${signo} (${name}) received, ${what}`);
}

/** Reopen the log; a master that asked is told when it is done. */
export function reopen(asker: Asker): readonly ReopenEffect[] {
  const answer: readonly ReopenEffect[] = asker.kind === "master"
    ? [{ kind: "send", message: "reopened" }]
    : [];
  return [
    ...saying(asker, "reopening logs"),
    // In the old file, as in nginx: it says where the log went on.
    line("notice", "reopening logs"),
    { kind: "reopenLog" },
    ...answer,
  ];
}
