/**
 * The listening sockets, kept by the master for good and handed to each
 * generation's workers. One group per address: for TCP one socket per worker
 * (SO_REUSEPORT), for Unix and `reuseport: false` one for all.
 *
 * Performs, decides nothing: what to open, adopt, give up, steer and trim is
 * told by the core. A socket that is not wanted any more is closed when no
 * child holds it, because the kernel's order of the group, which the steering
 * counts by, changes only when the last holder closes it.
 *
 * nginx: src/core/ngx_cycle.c (addresses compared across cycles) and
 * src/core/ngx_connection.c, ngx_open_listening_sockets.
 */

import type { Fd, Generation, Ordinal } from "../base/id.ts";
import { toOrdinal } from "../base/id.ts";
import type { Result, SystemError } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import type { InheritedListener } from "../channel/message.ts";
import type { Config, ListenConfig, PoolConfig } from "../config/config.ts";
import { diffListeners } from "../config/diff.ts";
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
interface Socket {
  readonly fd: Fd;
  /** Whose it is; undefined: everybody's. */
  readonly ordinal: Ordinal | undefined;
  readonly openedFor: Generation;
  wanted: boolean;
}

/** The sockets of one address, in the kernel's order. */
interface Group {
  /** As the configuration in force has it. */
  listen: ListenConfig;
  /** The address with its real port. */
  readonly bound: string;
  readonly port: number;
  readonly openedFor: Generation;
  readonly identity: FileIdentity | undefined;
  readonly sockets: Socket[];
  /** Whose sockets get new connections; undefined: everybody's. */
  accepting: readonly Ordinal[] | undefined;
}

/** Every listening socket of this master. */
export class Listeners {
  readonly #groups = new Map<string, Group>();
  readonly #isHeld: (fd: Fd) => boolean;
  /** The pools in force. */
  #pools: readonly PoolConfig[] = [];

  /** `isHeld` tells whether a living child inherited a socket. */
  constructor(isHeld: (fd: Fd) => boolean) {
    this.#isHeld = isHeld;
  }

  /**
   * Open what `config` needs and is not open: all, or nothing and the first
   * error. Answers with the addresses opened anew.
   */
  open(generation: Generation, config: Config): Result<readonly string[]> {
    const opened: string[] = [];
    for (const pool of config.pools) {
      for (const listen of pool.listen) {
        const isNew = !this.#groups.has(listen.address);
        const group = this.#openAll(generation, listen, pool.workers);
        if (!group.ok) {
          this.abandon(generation);
          return group;
        }
        if (isNew) opened.push(group.value.bound);
      }
    }
    return success(opened);
  }

  /** Close what was opened for that generation alone. */
  abandon(generation: Generation): void {
    for (const group of [...this.#groups.values()]) {
      if (group.openedFor === generation) this.#closeGroup(group);
      for (const socket of group.sockets) {
        if (socket.openedFor === generation) socket.wanted = false;
      }
    }
    this.sweep();
  }

  /**
   * That configuration is in force: close the addresses it dropped, and give
   * those it keeps the options that an open socket can still take. Answers
   * with what could not be changed.
   */
  adopt(config: Config): readonly SystemError[] {
    const { opened, closed } = diffListeners({ pools: this.#pools }, config);
    this.#pools = config.pools;
    const addresses = new Set(opened.map(({ address }) => address));
    for (const { address } of closed) {
      const group = this.#groups.get(address);
      if (group && !addresses.has(address)) this.#closeGroup(group);
    }
    return opened.flatMap((listen) => {
      const group = this.#groups.get(listen.address);
      return group === undefined ? [] : retune(group, listen);
    });
  }

  /** Send new connections of a pool to these workers' sockets alone. */
  steer(pool: string, ordinals: readonly Ordinal[]): void {
    for (const group of this.#groupsOf(pool)) {
      group.accepting = ordinals;
      program(group);
    }
  }

  /** The sockets of workers numbered `workers` and up are not wanted. */
  trim(pool: string, workers: number): void {
    for (const group of this.#groupsOf(pool)) {
      for (const socket of group.sockets) {
        if (socket.ordinal !== undefined && socket.ordinal >= workers) {
          socket.wanted = false;
        }
      }
    }
    this.sweep();
  }

  /** Close the unwanted sockets that nobody holds any more. */
  sweep(): void {
    for (const group of this.#groups.values()) {
      for (let index = group.sockets.length - 1; index >= 0; index--) {
        const socket = group.sockets[index];
        if (!socket || socket.wanted || this.#isHeld(socket.fd)) continue;
        closeFd(socket.fd);
        takeOut(group.sockets, index);
        program(group);
      }
    }
  }

  /** The sockets for one worker, opened now if it is one more than planned. */
  forWorker(
    generation: Generation,
    pool: PoolConfig,
    ordinal: Ordinal,
  ): Result<readonly InheritedListener[]> {
    const inherited: InheritedListener[] = [];
    for (const listen of pool.listen) {
      const group = this.#openAll(generation, listen, ordinal + 1);
      if (!group.ok) return group;
      const { bound, sockets } = group.value;
      const socket = sockets.find((one) =>
        one.ordinal === undefined || one.ordinal === ordinal
      );
      if (socket === undefined) return failure(unknownSocket(listen));
      inherited.push({ fd: socket.fd, address: listen.address, bound });
    }
    return success(inherited);
  }

  /** Close everything; remove the Unix sockets that are ours. */
  closeAll(): void {
    for (const group of [...this.#groups.values()]) this.#closeGroup(group);
  }

  #groupsOf(pool: string): readonly Group[] {
    const listens = this.#pools.find(({ name }) => name === pool)?.listen ?? [];
    return listens.flatMap(({ address }) => this.#groups.get(address) ?? []);
  }

  /** The group of an address with a socket for each of `workers`. */
  #openAll(
    generation: Generation,
    listen: ListenConfig,
    workers: number,
  ): Result<Group> {
    const present = this.#groups.get(listen.address);
    if (present !== undefined && !isCompatible(present.listen, listen)) {
      return failure(cannotChange(listen));
    }
    const group = present ?? openGroup(generation, listen);
    if ("ok" in group) return group;
    this.#groups.set(listen.address, group);
    if (!isPerWorker(listen)) return success(group);
    for (let number = 0; number < workers; number++) {
      const ordinal = toOrdinal(number);
      const joined = ensureSocket(group, generation, ordinal);
      if (!joined.ok) return joined;
    }
    return success(group);
  }

  #closeGroup(group: Group): void {
    for (const { fd } of group.sockets) closeFd(fd);
    const { target, address } = group.listen;
    if (target.kind === "unix" && group.identity !== undefined) {
      removeUnix(target.path, group.identity);
    }
    this.#groups.delete(address);
  }
}

function isPerWorker(listen: ListenConfig): boolean {
  return listen.target.kind === "tcp" && listen.target.reuseport;
}

/** A socket's kind is fixed at bind(). */
function isCompatible(present: ListenConfig, wanted: ListenConfig): boolean {
  const left = present.target;
  const right = wanted.target;
  if (left.kind === "unix" || right.kind === "unix") {
    return left.kind === right.kind;
  }
  return left.reuseport === right.reuseport && left.ipv6Only === right.ipv6Only;
}

/** Backlog, mode and owner can change; nothing happens where they did not. */
function retune(group: Group, listen: ListenConfig): readonly SystemError[] {
  const present = group.listen;
  group.listen = listen;
  if (present === listen) return [];
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

function cannotChange(listen: ListenConfig): SystemError {
  return {
    ...namedError("EINVAL", `listen ${listen.address}`),
    text: `"reuseport" and "ipv6only" cannot change while it is open`,
  };
}

function unknownSocket(listen: ListenConfig): SystemError {
  return namedError("ENOENT", `listen ${listen.address}`);
}

/** The first socket of an address. */
function openGroup(
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
function ensureSocket(
  group: Group,
  generation: Generation,
  ordinal: Ordinal,
): Result<void> {
  const { target, backlog } = group.listen;
  const present = group.sockets.find((socket) => socket.ordinal === ordinal);
  if (present !== undefined) {
    present.wanted = true;
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
function program(group: Group): void {
  const [first] = group.sockets;
  const { accepting, sockets } = group;
  if (!first || sockets.length < 2 || accepting === undefined) return;
  const indices = sockets.flatMap(({ ordinal }, index) =>
    ordinal !== undefined && accepting.includes(ordinal) ? [index] : []
  );
  if (indices.length === sockets.length) unsteer(first.fd);
  else if (indices.length > 0) steerTo(first.fd, indices);
}

/**
 * What the kernel does when a socket leaves a group: the last one takes its
 * place. Source: net/core/sock_reuseport.c, __reuseport_detach_sock.
 */
function takeOut(sockets: Socket[], index: number): void {
  const last = sockets.pop();
  if (last !== undefined && index < sockets.length) sockets[index] = last;
}
