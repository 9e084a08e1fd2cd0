/**
 * The process title: what ps shows as command and arguments. Decides no
 * wording.
 *
 * The runtime writes the title over the memory of argv and cuts it where that
 * ends. A longer one is put in memory of our own, and the kernel is told to
 * look there (PR_SET_MM_MAP, which needs no privilege but a kernel with
 * CONFIG_CHECKPOINT_RESTORE; LXC does the same). nginx writes on into environ
 * instead, which the runtime still reads from. Where the kernel refuses, the
 * title stays cut.
 *
 * Sources: man 2 prctl, man 5 proc; linux/prctl.h, struct prctl_mm_map.
 */

import process from "node:process";
import { ABI, cString, LAYOUT } from "./abi.ts";
import { addressOf, libc } from "./libc.ts";

/** Longer titles are cut; ps would not show more of it anyway. */
const TITLE_BYTES_MAX = 4095;

/** Where the kernel finds our title once it was too long for argv. */
let moved: Uint8Array<ArrayBuffer> | undefined;

/** Show `text` in ps, as the arguments and (15 bytes of it) as the name. */
export function setTitle(text: string): void {
  process.title = text;
  const bytes = cString(text.slice(0, TITLE_BYTES_MAX)).slice(
    0,
    TITLE_BYTES_MAX + 1,
  );
  if (moved === undefined && fits(bytes.byteLength)) return;
  try {
    moved = moveTitle(moved ?? new Uint8Array(TITLE_BYTES_MAX + 1), bytes);
  } catch {
    // No /proc, no permission for FFI: the cut title has to do.
  }
}

function fits(bytes: number): boolean {
  try {
    return bytes <= Deno.readFileSync("/proc/self/cmdline").byteLength;
  } catch {
    return true;
  }
}

function moveTitle(
  area: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | undefined {
  area.fill(0);
  area.set(bytes.subarray(0, area.byteLength - 1));
  const start = addressOf(area);
  const end = start + BigInt(Math.min(bytes.byteLength, area.byteLength));
  const map = memoryMap(start, end);
  const returned = libc.prctl(
    ABI.PR_SET_MM,
    BigInt(ABI.PR_SET_MM_MAP),
    addressOf(map),
    BigInt(map.byteLength),
    0n,
  );
  return returned === 0 ? area : undefined;
}

/** A prctl_mm_map that changes nothing but where argv is. */
function memoryMap(start: bigint, end: bigint): BigUint64Array<ArrayBuffer> {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  // The second field, in brackets, may hold spaces: count from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): bigint => BigInt(fields[number - 3] ?? "0");
  const brk = libc.sbrk(0n);
  const map = new BigUint64Array(LAYOUT.prctl_mm_map.size / 8);
  map.set([
    field(26), // start_code
    field(27), // end_code
    field(45), // start_data
    field(46), // end_data
    field(47), // start_brk
    brk,
    field(28), // start_stack
    start, // arg_start
    end, // arg_end
    field(50), // env_start
    field(51), // env_end
    0n, // auxv, kept as it is
    0xffff_ffff_0000_0000n, // auxv_size 0; exe_fd -1, none
  ]);
  return map;
}
