/**
 * How many CPUs this process may really use, for `worker_processes: "auto"`:
 * its affinity mask and the quotas of its cgroups, not the host's CPUs. A
 * container with half a CPU gets one worker, as it should; nginx starts one
 * per CPU of the host there.
 *
 * Sources: man 7 cgroups; Linux Documentation/admin-guide/cgroup-v2.rst
 * (cpu.max) and scheduler/sched-bwc.rst (v1: cpu.cfs_quota_us).
 */

import { getAffinity } from "./limit.ts";

/** Where the cgroup hierarchies are mounted. */
const CGROUP_FOLDER = "/sys/fs/cgroup";

/** The CPUs this process may run on; empty when the kernel does not say. */
export function allowedCpus(): readonly number[] {
  const cpus = getAffinity();
  return cpus.ok ? cpus.value : [];
}

/** How many workers can run at once: at least 1. */
export function usableCpus(): number {
  const allowed = allowedCpus().length || navigator.hardwareConcurrency;
  const quotas = cgroupQuotas(readText("/proc/self/cgroup") ?? "");
  return cpuCount(allowed, quotas);
}

/**
 * CPUs out of the number allowed and the quotas in CPUs: the smallest, a part
 * of a CPU counted as one.
 */
export function cpuCount(allowed: number, quotas: readonly number[]): number {
  return Math.max(1, Math.min(allowed, ...quotas.map(Math.ceil)));
}

/**
 * The quota, in CPUs, of a cpu.max text ("150000 100000" is 1.5); undefined
 * when there is none ("max 100000") or the text is something else.
 */
export function parseCpuMax(text: string): number | undefined {
  const [quota, period = "100000"] = text.trim().split(/\s+/);
  return toQuota(quota, period);
}

/** The same for cgroup v1's two files; a quota of -1 is none. */
export function toQuota(
  quota: string | undefined,
  period: string | undefined,
): number | undefined {
  const [time, span] = [Number(quota?.trim()), Number(period?.trim())];
  if (!(time > 0) || !(span > 0)) return undefined;
  return time / span;
}

/** The cgroup paths a /proc/self/cgroup names for the CPU controller. */
export function cpuCgroups(
  text: string,
): readonly { readonly version: 1 | 2; readonly path: string }[] {
  const groups: { version: 1 | 2; path: string }[] = [];
  for (const line of text.split("\n")) {
    const [id, controllers, ...rest] = line.split(":");
    const path = rest.join(":");
    if (path === "") continue;
    if (id === "0" && controllers === "") groups.push({ version: 2, path });
    if (controllers?.split(",").includes("cpu")) {
      groups.push({ version: 1, path });
    }
  }
  return groups;
}

/** `path` and the folders above it, up to "/". */
export function ancestors(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, index) =>
    `/${parts.slice(0, parts.length - index).join("/")}`
  ).concat("/");
}

/** Each group's quota holds for all below it, so every level counts. */
function cgroupQuotas(text: string): readonly number[] {
  const quotas: number[] = [];
  for (const { version, path } of cpuCgroups(text)) {
    for (const level of ancestors(path)) {
      const quota = version === 2 ? quotaOfV2(level) : quotaOfV1(level);
      if (quota !== undefined) quotas.push(quota);
    }
  }
  return quotas;
}

function quotaOfV2(level: string): number | undefined {
  const text = readText(`${CGROUP_FOLDER}${level}/cpu.max`);
  return text === undefined ? undefined : parseCpuMax(text);
}

function quotaOfV1(level: string): number | undefined {
  // The controller is mounted alone or together with cpuacct.
  for (const mount of ["cpu", "cpu,cpuacct"]) {
    const folder = `${CGROUP_FOLDER}/${mount}${level}`;
    const quota = readText(`${folder}/cpu.cfs_quota_us`);
    if (quota === undefined) continue;
    return toQuota(quota, readText(`${folder}/cpu.cfs_period_us`));
  }
  return undefined;
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
