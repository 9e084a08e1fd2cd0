/**
 * Giving memory back: what only a start needed, or a load that is over.
 *
 * V8 collects when it allocates, so a process that has become idle keeps its
 * garbage, and a heap as large as the load made it. And every page of the
 * executable that was read once, as most of the code and the whole heap
 * snapshot of a start, stays mapped. Here the one is collected and the other
 * unmapped; a page that is needed again comes from the page cache, with its
 * neighbours.
 *
 * Costs tens of milliseconds, and code that was hot is compiled again later:
 * for idle processes. When that is, is not decided here.
 * Source: man 3 malloc_trim; man 2 madvise, MADV_DONTNEED; man 5 proc,
 * /proc/pid/smaps; Node's documentation of v8.setFlagsFromString and
 * vm.runInNewContext.
 */

import type { Bytes } from "../base/unit.ts";
import { toBytes } from "../base/unit.ts";
import { ABI } from "./abi.ts";
import { libc } from "./libc.ts";

/** A part of the address space. */
export interface Mapping {
  readonly start: bigint;
  readonly length: bigint;
}

/** Less is not worth the call. */
const KIB_MIN = 128;

/**
 * Collect all garbage and unmap what the files on disk have as well. Does not
 * throw: a process that cannot goes on with what it has.
 */
export async function trimMemory(): Promise<void> {
  try {
    await collectGarbage();
  } catch {
    // Not this runtime, or an app that changed it.
  }
  // What the collected objects held outside of V8 is free now, and kept.
  libc.malloc_trim(0n);
  // The last, since whatever runs maps its pages again; and read only now, for
  // an address may be somebody else's after a wait.
  for (const { start, length } of programMappings(readSmaps(), program())) {
    libc.madvise(start, length, ABI.MADV_DONTNEED);
  }
}

/** What V8 has from the machine for its heap, in bytes. */
export function heapBytes(): Bytes {
  return toBytes(Deno.memoryUsage().heapTotal);
}

/**
 * The mappings of `program` and of shared libraries, as smaps lists them, that
 * hold nothing but what their file holds: never written to, not even by the
 * dynamic linker. Nobody unmaps these, so no other thread can have put
 * something else there; a file that somebody mapped may go at any moment.
 */
export function programMappings(
  smaps: string,
  program: string,
): readonly Mapping[] {
  return smaps.split(/^(?=[\da-f]+-[\da-f]+ )/m).flatMap((text) => {
    const head = /^([\da-f]+)-([\da-f]+) r-[x-]p [\da-f]+ \S+ \d+ +(\/.*)$/m
      .exec(text);
    if (head === null || !isLoaded(head[3] ?? "", program)) return [];
    if (kibOf(text, "Anonymous") !== 0) return [];
    if (kibOf(text, "Rss") < KIB_MIN) return [];
    const [start, end] = [BigInt(`0x${head[1]}`), BigInt(`0x${head[2]}`)];
    return [{ start, length: end - start }];
  });
}

function isLoaded(path: string, program: string): boolean {
  return path === program || /\.so(\.\d+)*$/.test(path);
}

/** As smaps names it, also when its file was replaced. */
function program(): string {
  try {
    return Deno.readLinkSync("/proc/self/exe");
  } catch {
    return "";
  }
}

/** NaN when the kernel does not say. */
function kibOf(text: string, name: string): number {
  const found = new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(text);
  return Number(found?.[1] ?? NaN);
}

function readSmaps(): string {
  try {
    return Deno.readTextFileSync("/proc/self/smaps");
  } catch {
    return "";
  }
}

/**
 * V8 shows its collector to contexts that are made while the flag is set. It
 * is set for just that moment: an app must not find a `gc` of its own, and
 * with other flags the runtime's code cache is not valid.
 */
async function collectGarbage(): Promise<void> {
  const [{ default: v8 }, { default: vm }] = await Promise.all([
    import("node:v8"),
    import("node:vm"),
  ]);
  v8.setFlagsFromString("--expose-gc");
  const collect: unknown = vm.runInNewContext("gc");
  v8.setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect();
}
