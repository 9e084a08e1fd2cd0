/**
 * nginx's CPU masks to sets of CPU numbers: "0101" is CPUs 2 and 0, the last
 * digit is CPU 0. "auto" binds each worker to one CPU, round and round.
 *
 * nginx: src/core/nginx.c, ngx_set_cpu_affinity, ngx_get_cpu_affinity. Unlike
 * nginx, a mask that leaves a worker no CPU is an error here and not in the
 * worker.
 */

import { WORKERS_MAX } from "./default.ts";

/** One CPU set per worker, the last repeated; or the mask that selects none. */
export type Affinity =
  | { readonly ok: true; readonly sets: readonly (readonly number[])[] }
  | { readonly ok: false; readonly wrong: string };

/**
 * Parse valid masks; `allowed` are the CPUs this process may run on, none of
 * them when that is not known.
 */
export function parseAffinity(
  value: string | readonly string[],
  allowed: readonly number[],
): Affinity {
  if (value === "auto") return { ok: true, sets: autoSets(allowed) };
  const masks = typeof value === "string" ? value.split(/ +/) : value;
  const sets: (readonly number[])[] = [];
  for (const mask of masks) {
    const cpus = cpusOfMask(mask).filter((cpu) =>
      allowed.length === 0 || allowed.includes(cpu)
    );
    if (cpus.length === 0) {
      const range = allowed.length === 0 ? "" : ` (${formatCpus(allowed)})`;
      return {
        ok: false,
        wrong: `"${mask}" selects no CPU that this process may use${range}`,
      };
    }
    sets.push(cpus);
  }
  return { ok: true, sets };
}

/** CPU numbers as the kernel writes them: "0-3,8". */
export function formatCpus(cpus: readonly number[]): string {
  const sorted = [...cpus].sort((one, other) => one - other);
  const ranges: string[] = [];
  for (let first = 0; first < sorted.length;) {
    let last = first;
    while (sorted[last + 1] === (sorted[last] ?? 0) + 1) last++;
    const from = sorted[first];
    ranges.push(last === first ? `${from}` : `${from}-${sorted[last]}`);
    first = last + 1;
  }
  return ranges.join(",");
}

function cpusOfMask(mask: string): number[] {
  return [...mask].reverse().flatMap((bit, cpu) => bit === "1" ? [cpu] : []);
}

/** As many as there can be workers, for TTIN may add some later. */
function autoSets(allowed: readonly number[]): (readonly number[])[] {
  if (allowed.length === 0) return [];
  const sets = allowed.map((cpu) => [cpu]);
  return Array.from(
    { length: WORKERS_MAX },
    (_, ordinal) => sets[ordinal % sets.length] ?? [],
  );
}
