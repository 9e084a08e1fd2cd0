/**
 * What the kernel says about processes: the tests believe /proc, not the log
 * of the program under test. A process that is gone answers with undefined or
 * nothing, because it may go between two looks. man 5 proc
 */

/** Some of /proc/pid/stat. */
export interface ProcStat {
  readonly pid: number;
  /** "R", "S", "T", "Z", … */
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  readonly nice: number;
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/** Every pid there is. */
export function allPids(): number[] {
  return [...Deno.readDirSync("/proc")]
    .filter(({ name }) => /^[0-9]+$/.test(name))
    .map(({ name }) => Number(name));
}

/** Who and how a process is; undefined when it is gone. */
export function statOf(pid: number): ProcStat | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name before the last ")" may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0] ?? "?",
    parent: Number(fields[1]),
    session: Number(fields[3]),
    nice: Number(fields[16]),
  };
}

/** Whether it runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== "Z";
}

/** What ps shows. */
export function titleOf(pid: number): string {
  const text = read(`/proc/${pid}/cmdline`) ?? "";
  return text.replace(/\0+$/, "").replaceAll("\0", " ").trim();
}

/** The living children of a process, in order of their pids. */
export function childrenOf(pid: number): number[] {
  return allPids().filter((one) => {
    const stat = statOf(one);
    return stat?.parent === pid && stat.state !== "Z";
  });
}

/** How many descriptors it has open. */
export function fdCountOf(pid: number): number {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  } catch {
    return 0;
  }
}

/** Its descriptors: number to target. */
export function fdsOf(pid: number): Map<number, string> {
  const fds = new Map<number, string>();
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
      try {
        fds.set(Number(name), Deno.readLinkSync(`/proc/${pid}/fd/${name}`));
      } catch {
        // Closed meanwhile.
      }
    }
  } catch {
    // Gone meanwhile.
  }
  return fds;
}

/** The environment it was executed with. */
export function environOf(pid: number): Map<string, string> {
  const entries = (read(`/proc/${pid}/environ`) ?? "").split("\0");
  return new Map(
    entries.filter((entry) => entry.includes("=")).map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** A line of /proc/pid/status, such as "Uid" or "Cpus_allowed_list". */
export function statusOf(pid: number, name: string): string | undefined {
  const text = read(`/proc/${pid}/status`) ?? "";
  const line = text.split("\n").find((one) => one.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/** The same line of every thread, each value once. */
export function threadStatusesOf(pid: number, name: string): string[] {
  const values = new Set<string>();
  for (const thread of threadsOf(pid)) {
    const text = read(`/proc/${pid}/task/${thread}/status`) ?? "";
    const line = text.split("\n").find((one) => one.startsWith(`${name}:`));
    if (line !== undefined) values.add(line.slice(name.length + 1).trim());
  }
  return [...values];
}

/** The nice values of its threads, each once. */
export function threadNicesOf(pid: number): number[] {
  const values = new Set<number>();
  for (const thread of threadsOf(pid)) {
    const stat = statOf(thread);
    if (stat !== undefined) values.add(stat.nice);
  }
  return [...values];
}

function threadsOf(pid: number): number[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)]
      .map(({ name }) => Number(name));
  } catch {
    return [];
  }
}

/** The soft and hard value of a line of /proc/pid/limits. */
export function limitOf(pid: number, name: string): [string, string] {
  const text = read(`/proc/${pid}/limits`) ?? "";
  const line = text.split("\n").find((one) => one.startsWith(name)) ?? "";
  const [soft = "", hard = ""] = line.slice(name.length).trim().split(/\s+/);
  return [soft, hard];
}

/** Where it is. */
export function cwdOf(pid: number): string {
  return Deno.readLinkSync(`/proc/${pid}/cwd`);
}

/**
 * The processes of a test: those that were executed with its mark, and those
 * of the sessions it started (`clear_env` takes the mark away, `setsid` the
 * session; nothing takes both).
 */
export function processesOf(
  mark: string,
  sessions: readonly number[],
): number[] {
  return allPids().filter((pid) => {
    if (pid === Deno.pid || !isAlive(pid)) return false;
    if (sessions.includes(statOf(pid)?.session ?? 0)) return true;
    return (read(`/proc/${pid}/environ`) ?? "").includes(mark);
  });
}

/** End these, whatever they are doing; gone or not ours is fine. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // Gone meanwhile.
    }
  }
}

/** Local ports in LISTEN state, IPv4 and IPv6. man 5 proc, /proc/net/tcp */
export function listeningPorts(): Set<number> {
  const ports = new Set<number>();
  for (const path of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (read(path) ?? "").split("\n").slice(1)) {
      const [, local = "", , state] = line.trim().split(/\s+/);
      if (state !== "0A") continue;
      ports.add(parseInt(local.slice(local.lastIndexOf(":") + 1), 16));
    }
  }
  return ports;
}
