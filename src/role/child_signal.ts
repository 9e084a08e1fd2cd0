/**
 * Signals sent to a worker itself, not to its master, as events. What they
 * mean is decided in core/worker.ts.
 * nginx: src/os/unix/ngx_process.c, ngx_signal_handler, NGX_PROCESS_WORKER.
 */

import process from "node:process";
import type { Pid } from "../base/id.ts";
import { toMilliseconds } from "../base/unit.ts";
import type { Asker, SignalEvent } from "../core/worker_event.ts";
import { isUsr1Blocked } from "../os/reexec.ts";
import { ignoreSignal, onSignal, readUsr1 } from "../os/signal.ts";

/** Signals that must not end a worker, and are said to have come. */
const IGNORED = [["SIGHUP", 1], ["SIGUSR2", 12], ["SIGALRM", 14]] as const;

/** Signals sent to this worker itself, not to the master. */
export function listenToSignals(
  take: (event: SignalEvent) => void,
  master: Pid,
): void {
  const signal = (name: string, signo: number): Asker => {
    return { kind: "signal", name, signo };
  };
  const on = onSignal;
  on("SIGTERM", () => {
    take({ kind: "terminateAsked", asker: signal("SIGTERM", 15) });
  });
  on("SIGINT", () => {
    take({ kind: "terminateAsked", asker: signal("SIGINT", 2) });
  });
  on("SIGQUIT", () => {
    // The parent-death signal, which may come before the channel's end.
    if (process.ppid !== master) return take({ kind: "masterLost" });
    const lingerMs = toMilliseconds(0);
    const asker = signal("SIGQUIT", 3);
    take({ kind: "quitAsked", asker, lingerMs });
  });
  const reopen = (): void => {
    take({ kind: "reopenAsked", asker: signal("SIGUSR1", 10) });
  };
  if (isUsr1Blocked()) readUsr1(reopen);
  else on("SIGUSR1", reopen);
  // They mean something to the master; a terminal sends them to all of us.
  // SIGALRM, whose default is death, is only heard, as in nginx.
  for (const [name, signo] of IGNORED) {
    on(name, () => take({ kind: "signalIgnored", name, signo }));
  }
  ignoreSignal("SIGWINCH");
}
