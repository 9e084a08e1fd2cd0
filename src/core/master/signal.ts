/**
 * The signals, their names on the command line, and the order in which
 * coalesced ones are taken. One table feeds the master's handlers and
 * `--signal`, as in nginx (src/os/unix/ngx_process.c, signals[]).
 */

/** The signals the master acts on. */
export type Signal =
  | "SIGTERM"
  | "SIGINT"
  | "SIGQUIT"
  | "SIGHUP"
  | "SIGUSR1"
  | "SIGTTIN"
  | "SIGTTOU"
  | "SIGUSR2"
  | "SIGWINCH"
  | "SIGALRM";

/** What the operator means by a signal. */
export type Intent =
  | "terminate"
  | "quit"
  | "reload"
  | "reopen"
  | "more"
  | "fewer"
  | "upgrade"
  | "noaccept"
  /** It must not end the master, as its default action would. */
  | "ignore";

/** One row of the table. */
export interface SignalEntry {
  readonly signal: Signal;
  readonly signo: number;
  readonly intent: Intent;
  /** Its name for `--signal`, where it has one. */
  readonly name?: "stop" | "quit" | "reload" | "reopen" | "upgrade";
  /** What the log says after the signal's name; nginx's words. */
  readonly saying: string;
}

/**
 * In nginx's order of precedence: terminate, quit, reconfigure, reopen,
 * change binary, noaccept.
 * Source: nginx src/os/unix/ngx_process_cycle.c, ngx_master_process_cycle.
 */
export const SIGNALS: readonly SignalEntry[] = [
  {
    signal: "SIGTERM",
    signo: 15,
    intent: "terminate",
    name: "stop",
    saying: "exiting",
  },
  { signal: "SIGINT", signo: 2, intent: "terminate", saying: "exiting" },
  {
    signal: "SIGQUIT",
    signo: 3,
    intent: "quit",
    name: "quit",
    saying: "shutting down",
  },
  {
    signal: "SIGHUP",
    signo: 1,
    intent: "reload",
    name: "reload",
    saying: "reconfiguring",
  },
  {
    signal: "SIGUSR1",
    signo: 10,
    intent: "reopen",
    name: "reopen",
    saying: "reopening logs",
  },
  {
    signal: "SIGTTIN",
    signo: 21,
    intent: "more",
    saying: "one worker more",
  },
  {
    signal: "SIGTTOU",
    signo: 22,
    intent: "fewer",
    saying: "one worker fewer",
  },
  {
    signal: "SIGUSR2",
    signo: 12,
    intent: "upgrade",
    name: "upgrade",
    saying: "changing binary",
  },
  {
    signal: "SIGWINCH",
    signo: 28,
    intent: "noaccept",
    saying: "stop accepting connections",
  },
  { signal: "SIGALRM", signo: 14, intent: "ignore", saying: "ignoring" },
];

/** The rows of the signals given, in the order they are to be taken. */
export function inPrecedence(
  signals: readonly Signal[],
): readonly SignalEntry[] {
  return SIGNALS.filter((entry) => signals.includes(entry.signal));
}

/** The row of a `--signal` name; undefined when there is none. */
export function signalNamed(name: string): SignalEntry | undefined {
  return SIGNALS.find((entry) => entry.name === name);
}
