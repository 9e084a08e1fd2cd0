/**
 * What a process may use: priority, CPUs, resource limits.
 *
 * Priority and affinity belong to a thread on Linux, although POSIX says that
 * they are the process's; a runtime has several threads before our first line
 * runs. So both are set on every thread; threads made later inherit them.
 *
 * Sources: nginx src/os/unix/ngx_process_cycle.c, ngx_worker_process_init; man
 * 2 setpriority, sched_setaffinity, setrlimit; man 5 proc.
 */

import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { ABI, LAYOUT } from "./abi.ts";
import { check, fromDenoError, namedError } from "./errno.ts";
import { libc } from "./libc.ts";

/** Until a pass over the threads finds no new one. */
const THREAD_PASSES_MAX = 8;

/** Set the nice value, -20 to 19, of every thread. */
export function setPriority(value: number): Result<void> {
  const call = `setpriority(${value})`;
  return onEveryThread(
    call,
    (tid) => check(libc.setpriority(ABI.PRIO_PROCESS, tid, value), call),
  );
}

/** Let every thread run on just these CPUs. */
export function setAffinity(cpus: readonly number[]): Result<void> {
  const call = "sched_setaffinity()";
  const mask = new Uint8Array(LAYOUT.cpu_set.size);
  for (const cpu of cpus) {
    const index = cpu >> 3;
    const byte = mask[index];
    if (byte === undefined) return failure(namedError("EINVAL", call));
    mask[index] = byte | (1 << (cpu & 7));
  }
  return onEveryThread(
    call,
    (tid) =>
      check(
        libc.sched_setaffinity(tid, BigInt(mask.byteLength), mask),
        call,
      ),
  );
}

/** The CPUs this thread may run on. */
export function getAffinity(): Result<readonly number[]> {
  const mask = new Uint8Array(LAYOUT.cpu_set.size);
  const done = check(
    libc.sched_getaffinity(0, BigInt(mask.byteLength), mask),
    "sched_getaffinity()",
  );
  if (!done.ok) return done;
  const cpus: number[] = [];
  for (const [index, byte] of mask.entries()) {
    for (let bit = 0; bit < 8; bit++) {
      if ((byte & (1 << bit)) !== 0) cpus.push(index * 8 + bit);
    }
  }
  return success(cpus);
}

/**
 * Call `set` for each thread until no thread is left that it was not called
 * for: one that is started meanwhile may have copied the old value.
 */
function onEveryThread(
  call: string,
  set: (tid: number) => Result<number>,
): Result<void> {
  const seen = new Set<number>();
  for (let pass = 0; pass < THREAD_PASSES_MAX; pass++) {
    const found = threads(call);
    if (!found.ok) return found;
    const fresh = found.value.filter((tid) => !seen.has(tid));
    if (fresh.length === 0) break;
    for (const tid of fresh) {
      seen.add(tid);
      const done = set(tid);
      // ESRCH: a thread that ended meanwhile.
      if (!done.ok && done.error.code !== "ESRCH") return done;
    }
  }
  return success(undefined);
}

function threads(call: string): Result<readonly number[]> {
  try {
    const entries = [...Deno.readDirSync("/proc/self/task")];
    return success(entries.map(({ name }) => Number(name)));
  } catch (error) {
    return failure(fromDenoError(error, call));
  }
}

const RESOURCES = {
  nofile: { name: "RLIMIT_NOFILE", number: ABI.RLIMIT_NOFILE },
  core: { name: "RLIMIT_CORE", number: ABI.RLIMIT_CORE },
} as const;

/** A resource limit's two values; 2^64 - 1 is "no limit". */
export interface Rlimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** Set both the soft and the hard limit, as nginx does. */
export function setRlimit(
  resource: keyof typeof RESOURCES,
  value: number,
): Result<void> {
  const limit = BigInt(value);
  return putRlimit(resource, { soft: limit, hard: limit });
}

/** The limit as it is. */
export function getRlimit(resource: keyof typeof RESOURCES): Result<Rlimit> {
  const { name, number } = RESOURCES[resource];
  const view = new DataView(new ArrayBuffer(LAYOUT.rlimit.size));
  const done = check(libc.getrlimit(number, view), `getrlimit(${name})`);
  if (!done.ok) return done;
  return success({
    soft: view.getBigUint64(LAYOUT.rlimit.soft, true),
    hard: view.getBigUint64(LAYOUT.rlimit.hard, true),
  });
}

/** Raise the soft limit of open files to the hard one; what it is then. */
export function raiseNofile(): Result<number> {
  const limit = getRlimit("nofile");
  if (!limit.ok) return limit;
  const { soft, hard } = limit.value;
  if (soft < hard) {
    const done = putRlimit("nofile", { soft: hard, hard });
    if (!done.ok) return done;
  }
  return success(Number(hard));
}

function putRlimit(
  resource: keyof typeof RESOURCES,
  { soft, hard }: Rlimit,
): Result<void> {
  const { name, number } = RESOURCES[resource];
  const view = new DataView(new ArrayBuffer(LAYOUT.rlimit.size));
  view.setBigUint64(LAYOUT.rlimit.soft, soft, true);
  view.setBigUint64(LAYOUT.rlimit.hard, hard, true);
  const done = check(
    libc.setrlimit(number, view),
    `setrlimit(${name}, ${hard})`,
  );
  return done.ok ? success(undefined) : done;
}
