/**
 * Listening sockets: opened by the master, non-blocking and close-on-exec, and
 * kept by it for good. Parses no configuration; retries nothing.
 *
 * TCP with one socket per worker: the first must find the address free of
 * everybody, also of a second master of the same user that asks for
 * SO_REUSEPORT too; nginx would share the port with it in silence. So the
 * first binds and listens without SO_REUSEPORT and gets it afterwards: Linux
 * takes a listening socket into a group when the next one joins (net/core/
 * sock_reuseport.c, reuseport_add_sock), and there is no moment in which a
 * second "first" could get in.
 *
 * Sources: nginx src/core/ngx_connection.c, ngx_open_listening_sockets; man 7
 * socket, ip, ipv6, tcp.
 */

import type { Fd } from "../base/id.ts";
import { toFd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { formatIp } from "../base/ip.ts";
import { ABI, cString, hasNul, LAYOUT } from "./abi.ts";
import { check, namedError } from "./errno.ts";
import { closeFd, moveUp } from "./fd.ts";
import { libc } from "./libc.ts";

/** Listeners live from here up: a child's stdio and channel are 0 to 3. */
export const LISTENER_FD_MIN = 64;

/** What openTcp opens. */
export interface TcpSpec {
  readonly family: 4 | 6;
  /** Numeric, without brackets. */
  readonly host: string;
  /** 0 lets the kernel choose: see boundPort. */
  readonly port: number;
  readonly ipv6Only: boolean;
  readonly backlog: number;
  /**
   * "off": the one socket of that address. "first": the address must be free,
   * others may "join" then.
   */
  readonly reuseport: "off" | "first" | "join";
}

/**
 * A listening TCP socket. The error names the call as nginx does: `bind() to
 * 127.0.0.1:8080`. EADDRINUSE may come from bind() or from listen().
 */
export function openTcp(spec: TcpSpec): Result<Fd> {
  const shown = spec.family === 6
    ? `[${spec.host}]:${spec.port}`
    : `${spec.host}:${spec.port}`;
  const address = internetAddress(spec);
  if (address === undefined) {
    return failure(namedError("EINVAL", `inet_pton("${spec.host}")`));
  }
  const domain = spec.family === 6 ? ABI.AF_INET6 : ABI.AF_INET;
  const opened = openSocket(domain, shown);
  if (!opened.ok) return opened;
  const fd = opened.value;
  const done = prepareTcp(fd, { spec, address, shown });
  if (!done.ok) {
    closeFd(fd);
    return done;
  }
  return success(fd);
}

function prepareTcp(
  fd: Fd,
  { spec, address, shown }: {
    readonly spec: TcpSpec;
    readonly address: Uint8Array<ArrayBuffer>;
    readonly shown: string;
  },
): Result<number> {
  let done = bindTcp(fd, { spec, address, shown });
  if (done.ok) {
    done = check(libc.listen(fd, spec.backlog), `listen() to ${shown}`);
  }
  if (done.ok && spec.reuseport === "first") {
    const option = { level: ABI.SOL_SOCKET, value: 1, shown };
    done = setOption(fd, { ...option, name: "SO_REUSEPORT" });
  }
  return done;
}

function bindTcp(
  fd: Fd,
  { spec, address, shown }: {
    readonly spec: TcpSpec;
    readonly address: Uint8Array<ArrayBuffer>;
    readonly shown: string;
  },
): Result<number> {
  const option = (level: number, name: OptionName, value: number) =>
    setOption(fd, { level, name, value, shown });
  const { SOL_SOCKET } = ABI;

  // Without it an address is taken for a minute after its last connection.
  let done = option(SOL_SOCKET, "SO_REUSEADDR", 1);
  if (done.ok && spec.family === 6) {
    done = option(ABI.IPPROTO_IPV6, "IPV6_V6ONLY", spec.ipv6Only ? 1 : 0);
  }
  if (done.ok && spec.reuseport === "join") {
    done = option(SOL_SOCKET, "SO_REUSEPORT", 1);
  }
  return done.ok
    ? check(
      libc.bind(fd, address, address.byteLength),
      `bind() to ${shown}`,
    )
    : done;
}

type OptionName = "SO_REUSEADDR" | "SO_REUSEPORT" | "IPV6_V6ONLY";

function setOption(
  fd: Fd,
  { level, name, value, shown }: {
    readonly level: number;
    readonly name: OptionName;
    readonly value: number;
    readonly shown: string;
  },
): Result<number> {
  const buffer = new Int32Array([value]);
  return check(
    libc.setsockopt(fd, level, ABI[name], buffer, buffer.byteLength),
    `setsockopt(${name}) ${shown}`,
  );
}

/** A non-blocking, close-on-exec stream socket, moved clear of low numbers. */
export function openSocket(domain: number, shown: string): Result<Fd> {
  const type = ABI.SOCK_STREAM | ABI.SOCK_NONBLOCK | ABI.SOCK_CLOEXEC;
  const made = check(libc.socket(domain, type, 0), `socket() ${shown}`);
  if (!made.ok) return made;
  return moveUp(toFd(made.value), LISTENER_FD_MIN);
}

/** A sockaddr_in or sockaddr_in6; undefined when the host is not numeric. */
function internetAddress(
  { family, host, port }: Pick<TcpSpec, "family" | "host" | "port">,
): Uint8Array<ArrayBuffer> | undefined {
  const layout = family === 6 ? LAYOUT.sockaddr_in6 : LAYOUT.sockaddr_in;
  const domain = family === 6 ? ABI.AF_INET6 : ABI.AF_INET;
  const address = new Uint8Array(layout.size);
  const view = new DataView(address.buffer);
  view.setUint16(layout.family, domain, true);
  view.setUint16(layout.port, port);
  const target = address.subarray(layout.address);
  if (hasNul(host)) return undefined;
  return libc.inet_pton(domain, cString(host), target) === 1
    ? address
    : undefined;
}

/** Change the backlog of a socket that listens already. man 2 listen. */
export function setBacklog(
  fd: Fd,
  { backlog, shown }: { readonly backlog: number; readonly shown: string },
): Result<void> {
  return done(check(libc.listen(fd, backlog), `listen() to ${shown}`));
}

/** Whether `fd` is a listening socket: EBADF, ENOTSOCK or EINVAL if not. */
export function checkListening(fd: Fd): Result<void> {
  const value = new Int32Array(1);
  const length = new Uint32Array([value.byteLength]);
  const call = `getsockopt(SO_ACCEPTCONN) of socket #${fd}`;
  const asked = check(
    libc.getsockopt(fd, ABI.SOL_SOCKET, ABI.SO_ACCEPTCONN, value, length),
    call,
  );
  if (!asked.ok) return asked;
  return value[0] === 1
    ? success(undefined)
    : failure(namedError("EINVAL", call));
}

/** The port a TCP socket is bound to; 0 when it is not one. */
export function boundPort(fd: Fd): number {
  const address = boundAddress(fd);
  if (address === undefined) return 0;
  const view = new DataView(address.buffer);
  const family = view.getUint16(LAYOUT.sockaddr_in.family, true);
  if (family !== ABI.AF_INET && family !== ABI.AF_INET6) return 0;
  return view.getUint16(LAYOUT.sockaddr_in.port);
}

/** Whether `fd` is bound to that address, as a socket of that family. */
export function isBoundTo(
  fd: Fd,
  spec: Pick<TcpSpec, "family" | "host" | "port">,
): boolean {
  const wanted = internetAddress(spec);
  const bound = boundAddress(fd);
  if (wanted === undefined || bound === undefined) return false;
  const layout = spec.family === 6 ? LAYOUT.sockaddr_in6 : LAYOUT.sockaddr_in;
  const end = layout.address + (spec.family === 6 ? 16 : 4);
  return sameBytes(bound, wanted, [layout.family, layout.family + 2]) &&
    sameBytes(bound, wanted, [layout.port, layout.port + 2]) &&
    sameBytes(bound, wanted, [layout.address, end]);
}

function sameBytes(
  left: Uint8Array,
  right: Uint8Array,
  [from, to]: readonly [number, number],
): boolean {
  return left.subarray(from, to).every((byte, at) => byte === right[from + at]);
}

/** What a socket is bound to, as a person writes it; "?" if that is unknown. */
export function shownAddress(fd: Fd): string {
  const bound = boundAddress(fd);
  if (bound === undefined) return "?";
  const view = new DataView(bound.buffer);
  const { family, port, address } = LAYOUT.sockaddr_in;
  switch (view.getUint16(family, true)) {
    case ABI.AF_INET: {
      const ip = formatIp(bound.slice(address, address + 4));
      return `${ip}:${view.getUint16(port)}`;
    }
    case ABI.AF_INET6: {
      const at = LAYOUT.sockaddr_in6.address;
      const ip = formatIp(bound.slice(at, at + 16));
      return `[${ip}]:${view.getUint16(port)}`;
    }
    case ABI.AF_UNIX:
      return `unix:${pathIn(bound)}`;
    default:
      return "?";
  }
}

/** An abstract name begins with "@". */
function pathIn(bound: Uint8Array): string {
  const path = bound.subarray(LAYOUT.sockaddr_un.path);
  const [first, ...rest] = new TextDecoder().decode(path).split("\0");
  return first === "" ? `@${rest[0] ?? ""}` : first ?? "";
}

function boundAddress(fd: Fd): Uint8Array<ArrayBuffer> | undefined {
  const address = new Uint8Array(LAYOUT.sockaddr_un.size);
  const length = new Uint32Array([address.byteLength]);
  return libc.getsockname(fd, address, length) === 0 ? address : undefined;
}

/**
 * Make a listening socket the first of a group, if others can join it: the
 * kernel wants all of a port to be of one user.
 */
export function openToJoiners(fd: Fd, spec: TcpSpec): Result<void> {
  const shown = `${spec.host}:${spec.port}`;
  const value = 1;
  const { SOL_SOCKET } = ABI;
  const opened = setOption(fd, {
    level: SOL_SOCKET,
    name: "SO_REUSEPORT",
    value,
    shown,
  });
  if (!opened.ok) return opened;
  const address = internetAddress(spec);
  if (address === undefined) return failure(namedError("EINVAL", shown));
  const domain = spec.family === 6 ? ABI.AF_INET6 : ABI.AF_INET;
  const probe = openSocket(domain, shown);
  if (!probe.ok) return probe;
  // It does not listen, so nobody's connection comes to it.
  const bound = bindTcp(probe.value, { spec, address, shown });
  closeFd(probe.value);
  return done(bound);
}

/** Back to the kernel's hash over all sockets; fine when not steered. */
export function unsteer(fd: Fd): Result<void> {
  const ignored = new Int32Array(1);
  const detached = check(
    libc.setsockopt(
      fd,
      ABI.SOL_SOCKET,
      ABI.SO_DETACH_REUSEPORT_BPF,
      ignored,
      ignored.byteLength,
    ),
    "setsockopt(SO_DETACH_REUSEPORT_BPF)",
  );
  if (!detached.ok && detached.error.code === "ENOENT") {
    return success(undefined);
  }
  return done(detached);
}

/** How many connections wait in a listening TCP socket's queue; 0 if none. */
export function acceptQueueLength(fd: Fd): number {
  const info = new Uint8Array(LAYOUT.tcp_info.size);
  const length = new Uint32Array([info.byteLength]);
  if (libc.getsockopt(fd, ABI.IPPROTO_TCP, ABI.TCP_INFO, info, length) !== 0) {
    return 0;
  }
  return new DataView(info.buffer).getUint32(LAYOUT.tcp_info.unacked, true);
}

function done(result: Result<number>): Result<void> {
  return result.ok ? success(undefined) : result;
}
