/**
 * The new master, seen by the old one: it says that it is ready, or why it
 * never will be, and whenever it ends everything is as before: the pid file
 * has its name, the workers that WINCH sent away come back, and new
 * connections go where this master wants them.
 *
 * From ready on the new master steers the connections, for it alone knows
 * which sockets its own workers read; before, and after its end, this one.
 *
 * nginx: src/os/unix/ngx_process_cycle.c, ngx_reap_children (a new binary that
 * dies is noticed there; a hanging one is not).
 */

import type { Exit } from "../../base/exit.ts";
import type { Pid } from "../../base/id.ts";
import type { Level } from "../../base/level.ts";
import type { Instant } from "../../base/unit.ts";
import { after } from "../../base/unit.ts";
import { noaccept, restart } from "./noaccept.ts";
import { formatExit } from "./notice.ts";
import { onMasterEnded } from "./relay.ts";
import { finishIfDone, quit } from "./shutdown.ts";
import type { LiveUpgrade, MasterState, Step } from "./state.ts";
import {
  ignore,
  inOrder,
  isOccupied,
  isShared,
  liveUpgrade,
  say,
  stay,
} from "./state.ts";
import { answer } from "./waiter.ts";

/** Its workers serve: driven, ours drain; else the operator says when. */
export function onUpgradeReady(
  state: MasterState,
  pid: Pid,
  now: Instant,
): Step {
  const { upgrade } = state;
  if (upgrade?.stage !== "booting" || upgrade.pid !== pid) {
    return ignore(state, "upgradeReady");
  }
  const { isDriven } = upgrade;
  return inOrder(
    { ...state, upgrade: { isDriven, stage: "ready", pid } },
    (current) => stay(current, say("notice", { kind: "upgradeReady", pid })),
    (current) => isDriven ? noaccept(current, now) : stay(current),
  );
}

/** Its own words for an end that is about to come. */
export function onUpgradeReported(
  state: MasterState,
  { pid, reason }: { readonly pid: Pid; readonly reason: string },
): Step {
  const { upgrade } = state;
  if (upgrade?.stage !== "booting" || upgrade.pid !== pid) {
    return ignore(state, "upgradeReported");
  }
  return stay({ ...state, upgrade: { ...upgrade, reason } });
}

/** It ended, for whatever reason: this master is the one again. */
export function onUpgradeExited(
  state: MasterState,
  { pid, exit }: { readonly pid: Pid; readonly exit: Exit },
): Step {
  const upgrade = liveUpgrade(state);
  if (upgrade?.pid !== pid) return ignore(state, "upgradeExited");
  if (state.mode === "relaying") return onMasterEnded(state, { pid, exit });
  const words = "reason" in upgrade && upgrade.reason !== undefined
    ? `: ${upgrade.reason}`
    : "";
  const when = upgrade.stage === "ready" ? "" : " before it was ready";
  const reason = `new binary process ${pid} ${formatExit(exit)}${when}${words}`;
  return inOrder(
    state,
    (current) =>
      stay(
        current,
        say(levelOf(exit, upgrade), { kind: "upgradeExited", pid, exit }),
      ),
    (current) => backOut(current, reason),
  );
}

/** As nginx: a death by signal is an alert; unless the signal was ours. */
function levelOf(exit: Exit, { stage }: LiveUpgrade): Level {
  if (stage === "terminating") return "notice";
  if (exit.kind === "signal") return "alert";
  return exit.code === 0 ? "notice" : "error";
}

/** Everything as before USR2, and who waits is told why. */
export function backOut(state: MasterState, reason: string): Step {
  const { generation, mode } = state;
  const wasShared = isShared(state);
  const wasReady = state.upgrade?.stage === "ready" && !state.upgrade.isDriven;
  const level = wasReady ? "notice" : "error";
  return inOrder(
    { ...state, upgrade: undefined },
    (current) =>
      stay(
        current,
        { kind: "restorePidFile" },
        say(level, { kind: "upgradeBackedOut", generation, reason }),
      ),
    (current) => answer(current, "upgrade", { ok: false, text: reason }),
    (current) => mode === "running" ? restart(current) : stay(current),
    (current) =>
      mode !== "running" && wasShared ? closeForGood(current) : stay(current),
    finishIfDone,
  );
}

/** Nobody else has our sockets any more: their files are ours to remove. */
function closeForGood(state: MasterState): Step {
  return stay(state, { kind: "closeListeners", isShared: false });
}

/** Its time is over: not ready, or still there after the last signal. */
export function upgradeDue(state: MasterState, now: Instant): Step {
  const { upgrade } = state;
  if (upgrade === undefined || !("deadline" in upgrade)) return stay(state);
  if (upgrade.deadline > now) return stay(state);
  const { pid } = upgrade;
  const { ladderMs, killRepeatMs } = state.policy;
  if (upgrade.stage === "booting") {
    const deadline = after(now, ladderMs.at(-1) ?? killRepeatMs);
    const reason = upgrade.reason ?? "it was not ready in time";
    return stay(
      {
        ...state,
        upgrade: { ...upgrade, stage: "terminating", reason, deadline },
      },
      say("error", { kind: "upgradeTimedOut", pid }),
      { kind: "killUpgrade", signal: "SIGTERM", pid },
    );
  }
  return stay(
    {
      ...state,
      upgrade: { ...upgrade, deadline: after(now, killRepeatMs) },
    },
    { kind: "killUpgrade", signal: "SIGKILL", pid },
  );
}

/**
 * HUP while an upgrade is on: the configuration is not read, for it may be the
 * new one's. Workers sent away by WINCH come back, and an upgrade that was to
 * end by itself waits for the operator from here on.
 */
export function recall(state: MasterState): Step {
  const { noaccepting, upgrade } = state;
  if (upgrade === undefined) return stay(state);
  const text = "the configuration is not read during an upgrade" +
    (noaccepting ? ", the workers are back" : "");
  const recalled: MasterState = {
    ...state,
    upgrade: { ...upgrade, isDriven: upgrade.isDriven && !noaccepting },
  };
  return inOrder(
    recalled,
    (current) => stay(current, say("notice", { kind: "reloadRefused" })),
    (current) => answer(current, "reload", { ok: false, text }),
    (current) =>
      noaccepting
        ? answer(current, "upgrade", { ok: false, text: "reloaded meanwhile" })
        : stay(current),
    restart,
  );
}

/** Driven, ready, and none of our workers is left: leave. */
export function handOverIfDone(state: MasterState, now: Instant): Step {
  const { mode, noaccepting, upgrade } = state;
  const isDone = mode === "running" && noaccepting &&
    upgrade?.stage === "ready" && upgrade.isDriven &&
    !state.slots.some(isOccupied);
  return isDone ? quit(state, now) : stay(state);
}
