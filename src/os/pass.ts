/**
 * Socket pairs, and passing an end of one to another process over a socket
 * (SCM_RIGHTS). Messages on a handoff socket keep their borders. Nothing here
 * waits: a full socket and an empty one are answers.
 *
 * Not the runtime's IPC: that sends one handle at a time and holds everything
 * behind it back until the other side has answered, so a stopped child could
 * not be told to quit; and it reads from the socket before it is sent.
 * Sources: man 2 socketpair, man 7 unix (SCM_RIGHTS), man 3 cmsg.
 */

import type { Fd } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import { ABI, LAYOUT } from "./abi.ts";
import { check } from "./errno.ts";
import { closeFd, moveUp } from "./fd.ts";
import { addressOf, libc } from "./libc.ts";
import { LISTENER_FD_MIN } from "./socket.ts";

/** Both ends of a socket pair. */
export type Pair = readonly [Fd, Fd];

/** The longest message on a handoff socket. */
export const HANDOFF_BYTES_MAX = 1024;

/** A pair for messages with descriptors, clear of a child's own numbers. */
export function openHandoffPair(): Result<Pair> {
  const pair = openPair(ABI.SOCK_SEQPACKET);
  if (!pair.ok) return pair;
  const [near, far] = pair.value;
  const moved = moveUp(far, LISTENER_FD_MIN);
  if (moved.ok) return success([near, moved.value]);
  closeFd(near);
  return moved;
}

/** A pair for a stream of bytes either way. */
export function openMailboxPair(): Result<Pair> {
  return openPair(ABI.SOCK_STREAM);
}

function openPair(type: number): Result<Pair> {
  const ends = new Int32Array(2);
  const flags = ABI.SOCK_NONBLOCK | ABI.SOCK_CLOEXEC;
  const opened = check(
    libc.socketpair(ABI.AF_UNIX, type | flags, 0, ends),
    "socketpair()",
  );
  if (!opened.ok) return opened;
  return success([toFd(ends[0] ?? -1), toFd(ends[1] ?? -1)]);
}

/** A message on a handoff socket. */
export interface Passed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What came with it; ours to close. */
  readonly fd: Fd | undefined;
}

/** Send a message; EAGAIN: the socket is full. `fd` stays open here. */
export function pass(socket: Fd, { bytes, fd }: Passed): Result<number> {
  const message = new Message(bytes, fd === undefined ? 0 : CONTROL_BYTES);
  if (fd !== undefined) message.setRights(fd);
  return check(
    Number(
      libc.sendmsg(socket, message.head, ABI.MSG_DONTWAIT | ABI.MSG_NOSIGNAL),
    ),
    `sendmsg() socket #${socket}`,
  );
}

/** The next message; undefined: there is none, or nobody is there any more. */
export function takePassed(socket: Fd): Passed | undefined {
  const bytes = new Uint8Array(HANDOFF_BYTES_MAX);
  const message = new Message(bytes, CONTROL_BYTES);
  const flags = ABI.MSG_DONTWAIT | ABI.MSG_CMSG_CLOEXEC;
  const length = Number(libc.recvmsg(socket, message.head, flags));
  if (length <= 0) return undefined;
  return { bytes: bytes.slice(0, length), fd: message.rights };
}

/** One descriptor: CMSG_SPACE(sizeof(int)). */
const CONTROL_BYTES = 24;

/** CMSG_LEN(sizeof(int)). */
const RIGHTS_BYTES = LAYOUT.cmsghdr.size + 4;

/** A struct msghdr with what it points to. */
class Message {
  readonly head = new Uint8Array(LAYOUT.msghdr.size);
  readonly #iovec = new Uint8Array(LAYOUT.iovec.size);
  readonly #control = new Uint8Array(CONTROL_BYTES);
  readonly #view = new DataView(this.#control.buffer);

  constructor(bytes: Uint8Array<ArrayBuffer>, controlBytes: number) {
    const iovec = new DataView(this.#iovec.buffer);
    iovec.setBigUint64(LAYOUT.iovec.base, addressOf(bytes), true);
    iovec.setBigUint64(LAYOUT.iovec.len, BigInt(bytes.length), true);
    const head = new DataView(this.head.buffer);
    const { iov, iovlen, control, controllen } = LAYOUT.msghdr;
    head.setBigUint64(iov, addressOf(this.#iovec), true);
    head.setBigUint64(iovlen, 1n, true);
    if (controlBytes === 0) return;
    head.setBigUint64(control, addressOf(this.#control), true);
    head.setBigUint64(controllen, BigInt(controlBytes), true);
  }

  setRights(fd: Fd): void {
    const { len, level, type, size } = LAYOUT.cmsghdr;
    this.#view.setBigUint64(len, BigInt(RIGHTS_BYTES), true);
    this.#view.setInt32(level, ABI.SOL_SOCKET, true);
    this.#view.setInt32(type, ABI.SCM_RIGHTS, true);
    this.#view.setInt32(size, fd, true);
  }

  /** The descriptor that came; the kernel writes how much it wrote. */
  get rights(): Fd | undefined {
    const head = new DataView(this.head.buffer);
    const length = head.getBigUint64(LAYOUT.msghdr.controllen, true);
    if (length < BigInt(RIGHTS_BYTES)) return undefined;
    return toFd(this.#view.getInt32(LAYOUT.cmsghdr.size, true));
  }
}
