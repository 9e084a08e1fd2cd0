/**
 * SIGUSR1 when running from source: `deno run` opens a debugger port on it,
 * and no flag stops that. So the program executes itself once more with
 * SIGUSR1 blocked, before anything else is loaded; the mask is inherited by
 * every thread and every child, and `signal.ts` reads the signal from a
 * signalfd. Same pid, about one bare start (20 ms).
 *
 * Imports as little as it can: it is the first thing to run. Must not run
 * after a second thread of ours, a listener or a lock exists.
 *
 * Sources: man 2 execve, man 3 pthread_sigmask, man 5 proc (SigBlk).
 */

import type { SystemError } from "../base/system_error.ts";
import { ABI, cString, LAYOUT } from "./abi.ts";
import { errnoError, fromDenoError, namedError } from "./errno.ts";
import { addressOf, libc, readErrno } from "./libc.ts";

/** Whether SIGUSR1 is blocked in this process; false if nobody can say. */
export function isUsr1Blocked(): boolean {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const mask = /^SigBlk:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
    return (BigInt(`0x${mask}`) >> BigInt(ABI.SIGUSR1 - 1) & 1n) === 1n;
  } catch {
    return false;
  }
}

/** A sigset_t with just SIGUSR1. */
export function usr1Set(): Uint8Array<ArrayBuffer> {
  const set = new Uint8Array(LAYOUT.sigset.size);
  const bit = ABI.SIGUSR1 - 1;
  set[bit >> 3] = 1 << (bit & 7);
  return set;
}

/**
 * Execute this program again, same arguments and environment, with SIGUSR1
 * blocked. Returns only when that failed; the signal is not blocked then.
 */
export function reexecWithUsr1Blocked(): SystemError {
  const set = usr1Set();
  const refused = libc.pthread_sigmask(ABI.SIG_BLOCK, set, null);
  if (refused !== 0) return errnoError(refused, "pthread_sigmask()");
  const error = reexec();
  libc.pthread_sigmask(ABI.SIG_UNBLOCK, set, null);
  return error;
}

function reexec(): SystemError {
  // Where /proc does not show the mask, the next image would not know that it
  // is the second and execute itself for ever.
  if (!isUsr1Blocked()) return namedError("ENOSYS", "read /proc/self/status");
  try {
    const argv = Deno.readFileSync("/proc/self/cmdline");
    const environ = Deno.readFileSync("/proc/self/environ");
    libc.execve(
      cString("/proc/self/exe"),
      pointersInto(argv),
      pointersInto(environ),
    );
    return errnoError(readErrno(), 'execve("/proc/self/exe")');
  } catch (error) {
    return fromDenoError(error, 'execve("/proc/self/exe")');
  }
}

/** A char *[] of the NUL-terminated strings in `block`, with its final NULL. */
export function pointersInto(
  block: Uint8Array<ArrayBuffer>,
): BigUint64Array<ArrayBuffer> {
  const base = addressOf(block);
  const pointers: bigint[] = [];
  for (let at = 0; at < block.length; at = block.indexOf(0, at) + 1) {
    pointers.push(base + BigInt(at));
    if (!block.includes(0, at)) break;
  }
  return new BigUint64Array([...pointers, 0n]);
}
