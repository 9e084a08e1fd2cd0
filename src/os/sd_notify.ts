/**
 * A service manager's notify socket: one message, one datagram. The socket is
 * opened for each, so nothing is kept that a child could inherit; there are a
 * few of them in a reload. And the clock that sd_notify's messages name.
 *
 * Sources: man 3 sd_notify; man 7 unix, abstract sockets.
 */

import type { Fd } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { ABI, LAYOUT } from "./abi.ts";
import { check, namedError } from "./errno.ts";
import { closeFd } from "./fd.ts";
import { libc } from "./libc.ts";
import { withAddress } from "./unix_socket.ts";

/** A manager that does not read for so long gets no message. */
const SEND_LIMIT_MS = 250;

/**
 * Send one message to the socket that NOTIFY_SOCKET names: an absolute path,
 * or "@" and an abstract name.
 */
export function sendNotify(address: string, text: string): Result<void> {
  const shown = `to NOTIFY_SOCKET "${address}"`;
  const type = ABI.SOCK_DGRAM | ABI.SOCK_CLOEXEC;
  const opened = check(
    libc.socket(ABI.AF_UNIX, type, 0),
    `socket() ${shown}`,
  );
  if (!opened.ok) return opened;
  const fd = toFd(opened.value);
  const connected = connect(fd, address, `connect() ${shown}`);
  const sent = connected.ok
    ? send(fd, new TextEncoder().encode(text), `write() ${shown}`)
    : connected;
  closeFd(fd);
  return sent.ok ? success(undefined) : sent;
}

function connect(fd: Fd, address: string, call: string): Result<number> {
  const use = (bytes: Uint8Array<ArrayBuffer>): Result<number> =>
    check(libc.connect(fd, bytes, bytes.byteLength), call);
  if (address.startsWith("/")) return withAddress(address, call, use);
  const abstract = abstractAddress(address);
  return abstract === undefined
    ? failure(namedError("EAFNOSUPPORT", call))
    : use(abstract);
}

/** Its length says where the name ends; it begins with a NUL. */
function abstractAddress(address: string): Uint8Array<ArrayBuffer> | undefined {
  const layout = LAYOUT.sockaddr_un;
  const name = new TextEncoder().encode(address);
  const fits = name.byteLength > 1 && name.byteLength <= layout.pathBytesMax;
  if (!address.startsWith("@") || !fits) return undefined;
  const bytes = new Uint8Array(layout.path + name.byteLength);
  new DataView(bytes.buffer).setUint16(layout.family, ABI.AF_UNIX, true);
  bytes.set(name.subarray(1), layout.path + 1);
  return bytes;
}

function send(
  fd: Fd,
  bytes: Uint8Array<ArrayBuffer>,
  call: string,
): Result<number> {
  const limit = new DataView(new ArrayBuffer(LAYOUT.timeval.size));
  const { microseconds } = LAYOUT.timeval;
  limit.setBigInt64(microseconds, BigInt(SEND_LIMIT_MS * 1000), true);
  const { SOL_SOCKET, SO_SNDTIMEO } = ABI;
  libc.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, limit, limit.byteLength);
  return check(libc.write(fd, bytes, BigInt(bytes.byteLength)), call);
}

/** CLOCK_MONOTONIC in microseconds, which is not the program's own clock. */
export function monotonicUsec(): number {
  const now = new DataView(new ArrayBuffer(LAYOUT.timespec.size));
  libc.clock_gettime(ABI.CLOCK_MONOTONIC, now);
  const { seconds, nanoseconds } = LAYOUT.timespec;
  return Number(now.getBigInt64(seconds, true)) * 1_000_000 +
    Math.floor(Number(now.getBigInt64(nanoseconds, true)) / 1000);
}
