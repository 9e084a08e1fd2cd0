/**
 * The listening sockets, kept by the master for good and handed to each
 * generation's workers: one group per address (listener_group.ts).
 *
 * Performs, decides nothing: what to open, adopt, give up, steer and trim is
 * told by the core. A socket that is not wanted any more is closed when no
 * child holds it, because the kernel's order of the group, which the steering
 * counts by, changes only when the last holder closes it.
 *
 * nginx: src/core/ngx_cycle.c (addresses compared across cycles).
 */

import type { Fd, Generation, Ordinal } from "../base/id.ts";
import { toOrdinal } from "../base/id.ts";
import type { Result, SystemError } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import type { InheritedListener } from "../channel/message.ts";
import type { Config, ListenConfig, PoolConfig } from "../config/config.ts";
import { diffListeners } from "../config/diff.ts";
import { closeFd } from "../os/fd.ts";
import type { HandedGroup } from "./inheritance.ts";
import type { Group } from "./listener_group.ts";
import {
  handedGroup,
  inheritedGroup,
  isSameKind,
  unwantedListen,
} from "./listener_inheritance.ts";
import {
  asGiven,
  cannotChange,
  closeGroup,
  closeSockets,
  ensureSocket,
  isCompatible,
  isPerWorker,
  openGroup,
  program,
  removeFile,
  retune,
  takeOut,
  unknownSocket,
} from "./listener_group.ts";

/** Every listening socket of this master. */
export class Listeners {
  readonly #groups = new Map<string, Group>();
  readonly #isHeld: (fd: Fd) => boolean;
  /** The pools in force. */
  #pools: readonly PoolConfig[] = [];
  /** What the old master handed over and nobody has wanted yet. */
  readonly #handed = new Map<string, HandedGroup>();
  /** The old master lives: what it handed over may go back to it. */
  #isLent = false;
  /** Another master had these sockets before. */
  #isInherited = false;
  /** Closed, their files left to another master. */
  #left: readonly Group[] = [];

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
        if (isNew && !group.value.isShared) opened.push(group.value.bound);
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
      if (group === undefined || addresses.has(address)) continue;
      // What the old master may want back is closed when it is gone.
      if (!this.#isLent || !group.isShared) this.#closeGroup(group);
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
      if (group.isShared) continue;
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
      const { address, tls, proxyProtocol } = listen;
      const spoken = {
        ...tls && { tls },
        ...proxyProtocol && { proxyProtocol },
      };
      inherited.push({ fd: socket.fd, address, bound, ...spoken });
    }
    return success(inherited);
  }

  /**
   * Close everything; remove the Unix sockets that are ours, unless another
   * master has them too: those go when this is called again.
   */
  closeAll(isShared: boolean): void {
    this.#adoptHanded();
    const groups = [...this.#left, ...this.#groups.values()];
    for (const group of this.#groups.values()) closeSockets(group);
    this.#groups.clear();
    this.#left = isShared ? groups : [];
    if (!isShared) groups.forEach(removeFile);
  }

  /** What a new master inherits; from here on they are not ours alone. */
  handOver(): readonly HandedGroup[] {
    const groups = [...this.#groups.values()];
    for (const group of groups) group.isShared = true;
    return groups.map(handedGroup);
  }

  /** Keep what the old master handed over, until it is wanted or given up. */
  inherit(groups: readonly HandedGroup[]): void {
    for (const group of groups) this.#handed.set(group.address, group);
    this.#isLent = true;
    this.#isInherited = true;
  }

  /** Keep what a service manager gave; all of it is wanted. */
  give(groups: readonly HandedGroup[]): void {
    for (const group of groups) this.#handed.set(group.address, group);
  }

  /** The old master is gone: close what it had and we do not want. */
  adoptInherited(): void {
    this.#isLent = false;
    this.#adoptHanded();
    const wanted = new Set(
      this.#pools.flatMap(({ listen }) => listen.map(({ address }) => address)),
    );
    for (const group of [...this.#groups.values()]) {
      if (group.isShared && !wanted.has(group.listen.address)) {
        this.#closeGroup(group);
      }
    }
  }

  /** What nobody wanted becomes a group like others, to be closed. */
  #adoptHanded(): void {
    for (const [address, handed] of this.#handed) {
      this.#groups.set(address, inheritedGroup(handed, unwantedListen(handed)));
    }
    this.#handed.clear();
  }

  /** The group that was handed over, as this configuration has it. */
  #inherited(
    generation: Generation,
    listen: ListenConfig,
  ): Group | Result<never> | undefined {
    const handed = this.#handed.get(listen.address);
    if (handed === undefined) return undefined;
    if (!isSameKind(handed, listen)) return failure(cannotChange(listen));
    this.#handed.delete(listen.address);
    const isFirst = handed.isGiven === true && !this.#isInherited;
    return inheritedGroup(handed, listen, isFirst ? generation : undefined);
  }

  #groupsOf(pool: string): readonly Group[] {
    const listens = this.#pools.find(({ name }) => name === pool)?.listen ?? [];
    return listens.flatMap(({ address }) => this.#groups.get(address) ?? []);
  }

  /** The group of an address with a socket for each of `workers`. */
  #openAll(
    generation: Generation,
    wanted: ListenConfig,
    workers: number,
  ): Result<Group> {
    const present = this.#groups.get(wanted.address);
    const listen = present === undefined ? wanted : asGiven(present, wanted);
    if (present !== undefined && !isCompatible(present.listen, listen)) {
      return failure(cannotChange(listen));
    }
    const group = present ?? this.#inherited(generation, listen) ??
      openGroup(generation, listen);
    if ("ok" in group) return group;
    this.#groups.set(listen.address, group);
    if (!isPerWorker(group.listen)) return success(group);
    for (let number = 0; number < workers; number++) {
      const ordinal = toOrdinal(number);
      const joined = ensureSocket(group, generation, ordinal);
      if (!joined.ok) return joined;
    }
    return success(group);
  }

  #closeGroup(group: Group): void {
    closeGroup(group);
    this.#groups.delete(group.listen.address);
  }
}
