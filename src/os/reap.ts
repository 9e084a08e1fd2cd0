/**
 * Reaping processes that are not our children though we are their parent.
 *
 * The runtime waits for each child of its own by pid; a wait for anyone, which
 * is how others do this (waitpid -1), takes their exits away from it and ends
 * it. So who has ended is only peeked at, and one pid is reaped. The peek sees
 * one process, the same until that is reaped: one of ours may hide an orphan
 * for a moment, so whoever peeks must come again.
 *
 * Sources: man 2 waitid (WNOWAIT), man 2 waitpid; tini.
 */

import type { Exit } from "../base/exit.ts";
import type { Pid } from "../base/id.ts";
import { toPid } from "../base/id.ts";
import { signalOf } from "../base/signo.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { ABI, LAYOUT } from "./abi.ts";
import { check, namedError } from "./errno.ts";
import { libc } from "./libc.ts";
import { isOwnChild } from "./own_child.ts";

/** A process that ended and waits to be reaped; undefined: there is none. */
export function peekEnded(): Pid | undefined {
  const info = new DataView(new ArrayBuffer(LAYOUT.siginfo.size));
  const options = ABI.WEXITED | ABI.WNOHANG | ABI.WNOWAIT;
  // ECHILD: we have no children at all.
  if (libc.waitid(ABI.P_ALL, 0, info, options) !== 0) return undefined;
  const pid = info.getInt32(LAYOUT.siginfo.pid, true);
  return pid === 0 ? undefined : toPid(pid);
}

/** Our living children whose title begins so. man 5 proc (children) */
export function childrenTitled(title: string): readonly Pid[] {
  try {
    const threads = [...Deno.readDirSync("/proc/self/task")];
    return threads.flatMap(({ name }) =>
      Deno.readTextFileSync(`/proc/self/task/${name}/children`).split(" ")
    )
      .filter((pid) => /^[0-9]+$/.test(pid) && titleOf(pid).startsWith(title))
      .map((pid) => toPid(Number(pid)));
  } catch {
    return [];
  }
}

function titleOf(pid: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`);
  } catch {
    return "";
  }
}

/** Reap that process; EBUSY: the runtime does that. ECHILD: it is gone. */
export function reapProcess(pid: Pid): Result<Exit> {
  const call = `waitpid(${pid})`;
  if (isOwnChild(pid)) return failure(namedError("EBUSY", call));
  const status = new Int32Array(1);
  const waited = check(libc.waitpid(pid, status, ABI.WNOHANG), call);
  if (!waited.ok) return waited;
  // 0: it has not ended after all.
  if (waited.value === 0) return failure(namedError("EAGAIN", call));
  return success(exitOf(status[0] ?? 0));
}

/** <bits/waitstatus.h>: WIFEXITED, WEXITSTATUS, WTERMSIG. */
function exitOf(status: number): Exit {
  const signo = status & 0x7f;
  return signo === 0
    ? { kind: "code", code: status >> 8 & 0xff }
    : { kind: "signal", signal: signalOf(signo) };
}
