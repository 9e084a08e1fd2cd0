/**
 * Which sockets of a SO_REUSEPORT group get new connections: a small classic
 * BPF program, asked by the kernel for every new connection, answers with an
 * index into the group, in the order the sockets joined it.
 *
 * Every client may land on any chosen socket (the choice is random, not the
 * kernel's hash). man 7 socket, SO_ATTACH_REUSEPORT_CBPF; <linux/filter.h>.
 */

import type { Fd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import { ABI, LAYOUT } from "./abi.ts";
import { check } from "./errno.ts";
import { addressOf, libc } from "./libc.ts";

/** code, jump if true, jump if false, operand */
type Instruction = readonly [number, number, number, number];

/**
 * New connections go to the sockets at `indices` of the group of `fd` alone,
 * until the next call or unsteer. EINVAL when the group has one socket only.
 */
export function steerTo(fd: Fd, indices: readonly number[]): Result<void> {
  const program = steeringProgram(indices);
  const row = LAYOUT.sock_filter;
  const filter = new DataView(new ArrayBuffer(row.size * program.length));
  for (const [at, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    filter.setUint16(at * row.size + row.code, code, true);
    filter.setUint8(at * row.size + row.jt, ifTrue);
    filter.setUint8(at * row.size + row.jf, ifFalse);
    filter.setUint32(at * row.size + row.k, operand, true);
  }
  const head = new DataView(new ArrayBuffer(LAYOUT.sock_fprog.size));
  head.setUint16(LAYOUT.sock_fprog.length, program.length, true);
  head.setBigUint64(LAYOUT.sock_fprog.filter, addressOf(filter), true);
  const attached = check(
    libc.setsockopt(
      fd,
      ABI.SOL_SOCKET,
      ABI.SO_ATTACH_REUSEPORT_CBPF,
      head,
      head.byteLength,
    ),
    "setsockopt(SO_ATTACH_REUSEPORT_CBPF)",
  );
  return attached.ok ? success(undefined) : attached;
}

/** A random one of `indices`, which must not be empty. */
function steeringProgram(
  indices: readonly number[],
): readonly Instruction[] {
  const drawn: readonly Instruction[] = [
    [ABI.BPF_LD_W_ABS, 0, 0, ABI.SKF_AD_RANDOM],
    [ABI.BPF_ALU_MOD_K, 0, 0, indices.length],
  ];
  const isPrefix = indices.every((index, at) => index === at);
  if (isPrefix) return [...drawn, [ABI.BPF_RET_A, 0, 0, 0]];
  return [
    ...drawn,
    ...indices.flatMap((index, at): readonly Instruction[] => [
      [ABI.BPF_JEQ_K, 0, 1, at],
      [ABI.BPF_RET_K, 0, 0, index],
    ]),
    // Not reached: the remainder is one of the numbers above.
    [ABI.BPF_RET_K, 0, 0, indices[0] ?? 0],
  ];
}
