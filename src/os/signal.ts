/**
 * Signals into callbacks. Decides nothing: what a signal means and in which
 * order coalesced ones are taken is the core's.
 *
 * SIGPIPE needs nothing: the runtime ignores it at its start, and so do the
 * children it spawns. SIGUSR1 from source is read from a signalfd, because it
 * is blocked there: see reexec.ts. man 2 signalfd
 */

import type { Fd } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import { ABI, LAYOUT } from "./abi.ts";
import { check } from "./errno.ts";
import { libc } from "./libc.ts";
import { usr1Set } from "./reexec.ts";

/**
 * Call `onSignalled` when `signal` came, once or several times since the last
 * call; the result stops that, and the signal has its default action again.
 */
export function onSignal(
  signal: Deno.Signal,
  onSignalled: () => void,
): () => void {
  Deno.addSignalListener(signal, onSignalled);
  return () => Deno.removeSignalListener(signal, onSignalled);
}

/** Let `signal` do nothing, for the rest of this process. */
export function ignoreSignal(signal: Deno.Signal): void {
  Deno.addSignalListener(signal, () => {});
}

/**
 * Call `onUsr1` with the sender's pid for each SIGUSR1, which must be blocked
 * (isUsr1Blocked). One thread of the runtime waits for it, for the rest of the
 * process: leave with Deno.exit.
 */
export function readUsr1(onUsr1: (senderPid: number) => void): Result<void> {
  const opened = check(
    libc.signalfd(-1, usr1Set(), ABI.SFD_CLOEXEC),
    "signalfd()",
  );
  if (!opened.ok) return opened;
  void readForEver(toFd(opened.value), onUsr1);
  return success(undefined);
}

async function readForEver(
  fd: Fd,
  onUsr1: (senderPid: number) => void,
): Promise<void> {
  const layout = LAYOUT.signalfd_siginfo;
  const info = new DataView(new ArrayBuffer(layout.size));
  for (;;) {
    const length = await libc.waitingRead(fd, info, BigInt(layout.size));
    // errno is lost on that thread. A signal that interrupts the read is the
    // only error there is; the runtime's handlers restart it anyway.
    if (Number(length) !== layout.size) continue;
    onUsr1(info.getUint32(layout.pid, true));
  }
}
