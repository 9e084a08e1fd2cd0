/**
 * Reads /proc: who is whose child, how much memory a process has, which
 * processes carry the bench's mark. Changes nothing. Source: man 5 proc.
 */

/** The environment variable every process of a run carries. */
export const MARK = "PROCMGR_BENCH_RUN";

/** The children of all threads of a process; none when it is gone. */
export function childrenOf(pid: number): number[] {
  try {
    const children: number[] = [];
    for (const task of Deno.readDirSync(`/proc/${pid}/task`)) {
      const path = `/proc/${pid}/task/${task.name}/children`;
      const text = Deno.readTextFileSync(path).trim();
      children.push(...text.split(" ").filter(Boolean).map(Number));
    }
    return children.sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** All below a process, the nearest first. */
export function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

/** Whether a process is there and not merely waiting to be reaped. */
export function isAlive(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !==
      "Z";
  } catch {
    return false;
  }
}

/** The title as `ps` shows it; empty when the process is gone. */
export function titleOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ")
      .trim();
  } catch {
    return "";
  }
}

/**
 * CPU time used so far, user and system, in milliseconds; 0 when it is gone.
 * Counted by the kernel in hundredths of a second. Source: man 5 proc, stat.
 */
export function cpuMsOf(pid: number): number {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // From field 3 on, since the name in field 2 may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

/** What one process holds, in bytes. */
export interface Memory {
  /** Shared pages counted by share. */
  readonly pss: number;
  /** Pages no other process maps. */
  readonly own: number;
  readonly rss: number;
}

/** Throws when the process is gone. */
export function memoryOf(pid: number): Memory {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  const kib = (name: string) => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text);
    return Number(match?.[1] ?? NaN);
  };
  return {
    pss: kib("Pss") * 1024,
    own: (kib("Private_Clean") + kib("Private_Dirty")) * 1024,
    rss: kib("Rss") * 1024,
  };
}

/** How many descriptors a process has open. Throws when it is gone. */
export function fdsOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Processes, other than this one, that carry this run's mark. */
export function markedProcesses(mark: string): number[] {
  const found: number[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    const pid = Number(entry.name);
    if (Number.isInteger(pid) && pid !== Deno.pid && hasMark(pid, mark)) {
      found.push(pid);
    }
  }
  return found;
}

function hasMark(pid: number, mark: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`)
      .split("\0").includes(`${MARK}=${mark}`) && isAlive(pid);
  } catch {
    return false;
  }
}
