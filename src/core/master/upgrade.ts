/**
 * USR2: a new master is executed from the path this one was started by, beside
 * this one and with its listening sockets. This file begins an upgrade and
 * refuses one; successor.ts has the new master's life, predecessor.ts what the
 * new master makes of the old one.
 *
 *     renaming ─▶ executing ─▶ booting ─▶ ready ─▶ WINCH, QUIT, or by itself
 *        │            │           ├─▶ terminating
 *        ▼            ▼           ▼        ▼        when --wait asked for it
 *       back out (successor.ts): the pid file's name comes back
 *
 * The new master is no row of the process table: the old one ends without it,
 * and it without the old one (nginx's detached child).
 *
 * nginx: src/core/nginx.c, ngx_exec_new_binary, and src/os/unix/ngx_process.c,
 * ngx_signal_handler (who is refused).
 */

import type { SystemError } from "../../base/system_error.ts";
import { formatSystemError } from "../../base/system_error.ts";
import type { Pid } from "../../base/id.ts";
import type { Instant } from "../../base/unit.ts";
import { after, toMilliseconds } from "../../base/unit.ts";
import { longestStartupMs } from "./give_up.ts";
import type { UpgradeRefusal } from "./notice.ts";
import { formatRefusal } from "./notice.ts";
import { finishIfDone } from "./shutdown.ts";
import { backOut } from "./successor.ts";
import type { MasterState, Step } from "./state.ts";
import { ignore, inOrder, say, stay } from "./state.ts";

/** USR2, or a request that waits: `isDriven`, the old leaves by itself. */
export function upgrade(
  state: MasterState,
  { isDriven }: { readonly isDriven: boolean },
): Step {
  if (state.mode === "exited") return stay(state);
  const refusal = refusalOf(state);
  if (refusal !== undefined) return refuse(state, refusal);
  return stay(
    { ...state, upgrade: { isDriven, stage: "renaming" } },
    say("notice", { kind: "changingBinary" }),
    { kind: "renamePidFile" },
  );
}

function refusalOf(state: MasterState): UpgradeRefusal | undefined {
  if (state.upgrade || state.predecessor === "alive") return "upgrading";
  if (state.mode === "starting") return "starting";
  if (state.mode !== "running") return "leaving";
  return state.changeover === undefined ? undefined : "reloading";
}

/** Who asked while another waits for its upgrade is not answered with it. */
function refuse(state: MasterState, refusal: UpgradeRefusal): Step {
  const level = refusal === "upgrading" ? "crit" : "warn";
  const said = say(level, { kind: "upgradeRefused", refusal });
  const last = state.waiters.at(-1);
  if (last?.request !== "upgrade") return stay(state, said);
  const outcome = { ok: false, text: formatRefusal(refusal) };
  return stay(
    { ...state, waiters: state.waiters.slice(0, -1) },
    said,
    { kind: "reply", token: last.token, outcome },
  );
}

/** Our pid file is `.oldbin`, its name is the new master's. */
export function onPidFileRenamed(state: MasterState): Step {
  const { upgrade } = state;
  if (upgrade?.stage !== "renaming") return ignore(state, "pidFileRenamed");
  // Told to leave meanwhile: nobody is executed for that.
  if (state.mode !== "running") return backOut(state, "shut down meanwhile");
  return stay(
    { ...state, upgrade: { ...upgrade, stage: "executing" } },
    { kind: "execUpgrade" },
  );
}

/** An `.oldbin` is there, or the folder takes no new name. */
export function onPidFileRenameFailed(
  state: MasterState,
  error: SystemError,
): Step {
  if (state.upgrade?.stage !== "renaming") {
    return ignore(state, "pidFileRenameFailed");
  }
  return inOrder(
    state,
    (current) => stay(current, say("error", { kind: "callFailed", error })),
    (current) => backOut(current, formatSystemError(error)),
  );
}

/** The kernel executed it; it must become ready in time. */
export function onUpgradeSpawned(
  state: MasterState,
  pid: Pid,
  now: Instant,
): Step {
  const { upgrade } = state;
  if (upgrade?.stage !== "executing") return ignore(state, "upgradeSpawned");
  const { isDriven } = upgrade;
  const limitMs = toMilliseconds(
    longestStartupMs(state.plan) + state.policy.upgradeGraceMs,
  );
  const deadline = after(now, limitMs);
  return inOrder(
    { ...state, upgrade: { isDriven, stage: "booting", pid, deadline } },
    (current) => stay(current, say("notice", { kind: "upgradeStarted", pid })),
    // It may have been all that an end was waiting for.
    finishIfDone,
  );
}

/** There is no such program, or it is none. */
export function onUpgradeSpawnFailed(
  state: MasterState,
  error: SystemError,
): Step {
  if (state.upgrade?.stage !== "executing") {
    return ignore(state, "upgradeSpawnFailed");
  }
  return inOrder(
    state,
    (current) => stay(current, say("error", { kind: "callFailed", error })),
    (current) => backOut(current, formatSystemError(error)),
  );
}
