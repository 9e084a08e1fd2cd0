/**
 * PID 1 after an upgrade. Were it to leave, the kernel would end every process
 * of its namespace, the new master too. So it stays as a thin process: signals
 * are passed on to the new master, orphans are reaped, and its end is the new
 * master's, with the same exit code. A new master that is itself replaced is a
 * child of PID 1 when its old one has left, and is followed.
 *
 * Source: man 7 pid_namespaces; tini, which does the same for its child. nginx
 * does not change its binary as PID 1.
 */

import type { Exit } from "../../base/exit.ts";
import type { Pid } from "../../base/id.ts";
import { signoOf } from "../../base/signo.ts";
import type { MasterEffect } from "./effect.ts";
import { inPrecedence } from "./signal.ts";
import type { Signal } from "./signal.ts";
import type { MasterState, Step } from "./state.ts";
import { ignore, say, stay } from "./state.ts";

/** What a shell makes of a death by signal: 128 and its number. */
const SIGNALLED = 128;

/** Everything of ours is gone, and the new master must live on. */
export function startRelaying(
  state: MasterState,
  pid: Pid,
  effects: readonly MasterEffect[],
): Step {
  return stay(
    {
      ...state,
      mode: "relaying",
      waiters: [],
      reopening: undefined,
      upgrade: { isDriven: false, stage: "ready", pid },
    },
    ...effects,
    say("notice", { kind: "relaying", pid }),
    { kind: "releaseUpgrade", pid },
  );
}

/** Signals are for the master, and that is another process now. */
export function relaySignals(
  state: MasterState,
  signals: readonly Signal[],
): Step {
  const { upgrade } = state;
  if (upgrade === undefined || !("pid" in upgrade)) return stay(state);
  const { pid } = upgrade;
  return stay(
    state,
    ...inPrecedence(signals).map(({ signal }) =>
      ({ kind: "relaySignal", signal, pid }) as const
    ),
  );
}

/** It ended: is there a newer one? */
export function onMasterEnded(
  state: MasterState,
  { pid, exit }: { readonly pid: Pid; readonly exit: Exit },
): Step {
  const { upgrade } = state;
  if (upgrade === undefined || !("pid" in upgrade) || upgrade.pid !== pid) {
    return stay(state);
  }
  const exitCode = exit.kind === "code"
    ? exit.code
    : SIGNALLED + signoOf(exit.signal);
  return stay({ ...state, exitCode }, { kind: "findMaster" });
}

/** A newer master is our child: it is the one. */
export function onMasterFound(state: MasterState, pid: Pid): Step {
  if (state.mode !== "relaying") return ignore(state, "masterFound");
  return stay(
    { ...state, upgrade: { isDriven: false, stage: "ready", pid } },
    say("notice", { kind: "relaying", pid }),
  );
}

/** There is none: the service is over, and so is the namespace. */
export function onMasterLost(state: MasterState): Step {
  if (state.mode !== "relaying") return ignore(state, "masterLost");
  return stay(
    { ...state, mode: "exited", upgrade: undefined },
    say("notice", { kind: "exiting" }),
    { kind: "exit", code: state.exitCode },
  );
}
