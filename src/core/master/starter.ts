/**
 * The command that started this master as a daemon waits until it is ready. If
 * it is gone before that (killed, its terminal closed), nobody learns how the
 * start went on, so the start is given up: no orphan. Later it may go, it is
 * meant to. nginx: src/os/unix/ngx_daemon.c, where it never waits.
 */

import type { Instant } from "../../base/unit.ts";
import { giveUp } from "./give_up.ts";
import type { MasterState, Step } from "./state.ts";
import { ignore } from "./state.ts";

/** The start command is gone. */
export function onStarterLost(state: MasterState, now: Instant): Step {
  if (state.mode !== "starting") return ignore(state, "starterLost");
  return giveUp(state, { kind: "starterLost" }, now);
}
