/**
 * The sockets of one address: for TCP one per worker in a SO_REUSEPORT group,
 * for Unix and `reuseport: false` one for all. Opening, joining, steering and
 * leaving keep `sockets` in the kernel's order, which the steering counts by.
 * listeners.ts has all groups; nothing is decided here.
 *
 * nginx: src/core/ngx_connection.c, ngx_open_listening_sockets.
 */

import type { Fd, Generation, Ordinal } from "../base/id.ts";
import { toOrdinal } from "../base/id.ts";
import type { Result, SystemError } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import type { ListenConfig } from "../config/config.ts";
import { namedError } from "../os/errno.ts";
import { closeFd } from "../os/fd.ts";
import { chownPath, setMode } from "../os/file.ts";
import { boundPort, openTcp, setBacklog, unsteer } from "../os/socket.ts";
import { steerTo } from "../os/steer.ts";
import type { FileIdentity } from "../os/unix_socket.ts";
import {
  openUnix,
  probeUnixPath,
  removeUnix,
  unixIdentity,
} from "../os/unix_socket.ts";

/** One socket of a group. */
export interface ListenSocket {
  readonly fd: Fd;
  /** Whose it is; undefined: everybody's. */
  readonly ordinal: Ordinal | undefined;
  /** The oldest generation that wants it. */
  openedFor: Generation;
  wanted: boolean;
}

/** The sockets of one address, in the kernel's order. */
export interface Group {
  /** As the configuration in force has it. */
  listen: ListenConfig;
  /** The address with its real port. */
  readonly bound: string;
  readonly port: number;
  readonly openedFor: Generation;
  readonly identity: FileIdentity | undefined;
  readonly sockets: ListenSocket[];
  /** Whose sockets get new connections; undefined: everybody's. */
  accepting: readonly Ordinal[] | undefined;
  /**
   * Another master had or has these sockets, and so have workers we do not
   * know. Then none is closed singly, for the kernel's order would change when
   * the last of them lets go; and there may be sockets that are not ours.
   */
  isShared: boolean;
  /** A service manager made the first socket, keeps it, and the file, too. */
  readonly isGiven: boolean;
}

/** Whether each worker has a socket of its own. */
export function isPerWorker(listen: ListenConfig): boolean {
  return listen.target.kind === "tcp" && listen.target.reuseport;
}

/** A socket's kind is fixed at bind(). */
export function isCompatible(
  present: ListenConfig,
  wanted: ListenConfig,
): boolean {
  const left = present.target;
  const right = wanted.target;
  if (left.kind === "unix" || right.kind === "unix") {
    return left.kind === right.kind;
  }
  return left.reuseport === right.reuseport && left.ipv6Only === right.ipv6Only;
}

/** The listener of a group that was given: its kind is not ours to choose. */
export function asGiven(
  { isGiven, listen: { target }, sockets }: Group,
  wanted: ListenConfig,
): ListenConfig {
  if (!isGiven || wanted.target.kind !== "tcp" || target.kind !== "tcp") {
    return wanted;
  }
  const { ipv6Only } = target;
  const reuseport = sockets.every(({ ordinal }) => ordinal !== undefined);
  return { ...wanted, target: { ...wanted.target, ipv6Only, reuseport } };
}

/** Backlog, mode and owner can change; nothing happens where they did not. */
export function retune(
  group: Group,
  listen: ListenConfig,
): readonly SystemError[] {
  const present = group.listen;
  group.listen = asGiven(group, listen);
  if (present === listen || group.isGiven) return [];
  const { target, backlog } = listen;
  const shown = group.bound;
  const changes = group.sockets.map(({ fd }) =>
    setBacklog(fd, { backlog, shown })
  );
  if (target.kind === "unix") {
    changes.push(setMode(target.path, target.mode));
    if (target.owner) changes.push(chownPath(target.path, target.owner));
  }
  return changes.flatMap((change) => change.ok ? [] : [change.error]);
}

/** The error of a configuration that wants another kind of socket. */
export function cannotChange(listen: ListenConfig): SystemError {
  return {
    ...namedError("EINVAL", `listen ${listen.address}`),
    text: `"reuseport" and "ipv6only" cannot change while it is open`,
  };
}

/** The error of an address that has no socket for a worker. */
export function unknownSocket(listen: ListenConfig): SystemError {
  return namedError("ENOENT", `listen ${listen.address}`);
}

/** The first socket of an address. */
export function openGroup(
  generation: Generation,
  listen: ListenConfig,
): Group | Result<never> {
  const fd = listen.target.kind === "tcp"
    ? openTcp({
      ...listen.target,
      backlog: listen.backlog,
      reuseport: listen.target.reuseport ? "first" : "off",
    })
    : openUnixSocket(listen);
  if (!fd.ok) return fd;
  const { target } = listen;
  const port = target.kind === "tcp" ? boundPort(fd.value) : 0;
  const ordinal = isPerWorker(listen) ? toOrdinal(0) : undefined;
  return {
    listen,
    port,
    bound: target.kind === "tcp" && target.port === 0
      ? listen.address.replace(/:0$/, `:${port}`)
      : listen.address,
    openedFor: generation,
    identity: target.kind === "unix" ? unixIdentity(target.path) : undefined,
    sockets: [{ fd: fd.value, ordinal, openedFor: generation, wanted: true }],
    accepting: undefined,
    isShared: false,
    isGiven: false,
  };
}

/** A stale file of a dead master is removed; a living one is respected. */
function openUnixSocket(listen: ListenConfig): Result<Fd> {
  const { target, backlog } = listen;
  if (target.kind !== "unix") return failure(unknownSocket(listen));
  const { path, mode, owner } = target;
  const call = `bind() to unix:${path}`;
  const probed = probeUnixPath(path);
  if (!probed.ok) return probed;
  if (probed.value === "alive") return failure(namedError("EADDRINUSE", call));
  if (probed.value === "foreign") return failure(namedError("ENOTSOCK", call));
  if (probed.value === "stale") {
    const identity = unixIdentity(path);
    if (identity !== undefined) removeUnix(path, identity);
  }
  return openUnix({ path, mode, owner, backlog });
}

/** The worker's own socket, joined to the group if it is not there. */
export function ensureSocket(
  group: Group,
  generation: Generation,
  ordinal: Ordinal,
): Result<void> {
  const { target, backlog } = group.listen;
  const present = group.sockets.find((socket) => socket.ordinal === ordinal);
  if (present !== undefined) {
    present.wanted = true;
    // A worker of the generation in force may take what a coming one opened.
    if (generation < present.openedFor) present.openedFor = generation;
    return success(undefined);
  }
  if (target.kind !== "tcp") return success(undefined);
  // Nobody reads a socket that joins a running group until its worker is
  // ready: it gets nothing before the core says so.
  if (group.openedFor !== generation) {
    group.accepting ??= ordinalsOf(group);
    program(group);
  }
  const joined = openTcp({
    ...target,
    port: group.port,
    backlog,
    reuseport: "join",
  });
  if (!joined.ok) return joined;
  group.sockets.push({
    fd: joined.value,
    ordinal,
    openedFor: generation,
    wanted: true,
  });
  program(group);
  return success(undefined);
}

function ordinalsOf(group: Group): readonly Ordinal[] {
  return group.sockets.flatMap(({ ordinal }) => ordinal ?? []);
}

/** Tell the kernel who accepts; one socket alone needs no telling. */
export function program(group: Group): void {
  const [first] = group.sockets;
  const { accepting, isShared, sockets } = group;
  if (!first || accepting === undefined) return;
  if (sockets.length < 2 && !isShared) return;
  const indices = sockets.flatMap(({ ordinal }, index) =>
    ordinal !== undefined && accepting.includes(ordinal) ? [index] : []
  );
  if (indices.length === sockets.length && !isShared) unsteer(first.fd);
  else if (indices.length > 0) steerTo(first.fd, indices);
}

/**
 * What the kernel does when a socket leaves a group: the last one takes its
 * place. Source: net/core/sock_reuseport.c, __reuseport_detach_sock.
 */
export function takeOut(sockets: ListenSocket[], index: number): void {
  const last = sockets.pop();
  if (last !== undefined && index < sockets.length) sockets[index] = last;
}

/** Close all of it, and remove the Unix socket's file if it is ours. */
export function closeGroup(group: Group): void {
  closeSockets(group);
  removeFile(group);
}

/** Close all of it and leave the Unix socket's file. */
export function closeSockets(group: Group): void {
  for (const { fd } of group.sockets) closeFd(fd);
}

/** Remove the Unix socket's file if it is ours. */
export function removeFile(group: Group): void {
  const { target } = group.listen;
  if (target.kind === "unix" && group.identity !== undefined) {
    removeUnix(target.path, group.identity);
  }
}
