/**
 * The listening sockets of the simulated machine: one per address and worker
 * number, each with a queue of connections nobody has accepted yet. Clients
 * go where the master steered them; a live reader empties its queue within a
 * moment; a socket lives while the master or a child holds it.
 *
 * A socket that ends with a queue loses those connections. That is a broken
 * promise unless everything ends, the address was dropped, or its worker was
 * prevented from emptying it by a fault.
 */

import type { Generation, Ordinal } from "../../src/base/id.ts";
import { toOrdinal } from "../../src/base/id.ts";
import type { SimChild } from "./sim_child.ts";

/** One listening socket. */
export interface SimSocket {
  readonly address: string;
  readonly ordinal: Ordinal;
  /** The generation it was opened for; undefined once one was adopted. */
  openedFor: Generation | undefined;
  /** Whether the master holds it. */
  isOurs: boolean;
  /** Whether the new master inherited it: one that was ours when it began. */
  isElsewhere: boolean;
  /** Connections that wait to be accepted. */
  queue: number;
  /** A fault came between its last reader and its queue. */
  isDisturbed: boolean;
}

/** What became of the connections. */
export interface ConnectionCounts {
  accepted: number;
  lost: number;
  /** Of the lost: the master was told to end, or the address was dropped. */
  lostByOrder: number;
  /** Of the lost: a fault took the only worker that could have read them. */
  lostByFault: number;
}

/** All sockets. */
export class SimSockets {
  readonly counts: ConnectionCounts = {
    accepted: 0,
    lost: 0,
    lostByOrder: 0,
    lostByFault: 0,
  };
  readonly #sockets = new Map<string, SimSocket>();
  readonly #children: () => Iterable<SimChild>;
  #isEnding = false;

  constructor(children: () => Iterable<SimChild>) {
    this.#children = children;
  }

  /** Another master, which may have the sockets, too, and read them. */
  elsewhere: { readonly isAlive: boolean; readonly isReady: boolean } = {
    isAlive: false,
    isReady: false,
  };

  /** The other master reads, or has let go. */
  onElsewhere(): void {
    const { isAlive, isReady } = this.elsewhere;
    for (const socket of this.all()) {
      if (!isAlive) socket.isElsewhere = false;
      else if (!isReady) socket.isElsewhere = socket.isOurs;
      if (isReady) this.accept(socket.address, socket.ordinal);
      else this.settle(socket);
    }
  }

  /** The sockets there are, ours or not. */
  all(): readonly SimSocket[] {
    return [...this.#sockets.values()];
  }

  /** The socket of a worker, if there is one. */
  find(address: string, ordinal: Ordinal): SimSocket | undefined {
    return this.#sockets.get(keyOf(address, ordinal));
  }

  /** Open one, or take one back that only a child still holds. */
  open(address: string, ordinal: Ordinal, generation: Generation): void {
    const socket = this.find(address, ordinal);
    if (socket?.isOurs === true) {
      // Not for a newer generation alone, if an older one needs it too.
      const isNewer = socket.openedFor !== undefined &&
        socket.openedFor > generation;
      if (isNewer) socket.openedFor = generation;
      return;
    }
    this.#sockets.set(keyOf(address, ordinal), {
      address,
      ordinal,
      openedFor: generation,
      isOurs: true,
      isElsewhere: socket?.isElsewhere ?? false,
      queue: socket?.queue ?? 0,
      isDisturbed: socket?.isDisturbed ?? false,
    });
  }

  /** Close our end of the sockets that satisfy `isMeant`. */
  close(isMeant: (socket: SimSocket) => boolean): void {
    for (const socket of this.all()) {
      if (!socket.isOurs || !isMeant(socket)) continue;
      socket.isOurs = false;
      this.settle(socket);
    }
  }

  /** Everything ends on order: what is lost from here on is no surprise. */
  closeAll(): void {
    this.#isEnding = true;
    this.close(() => true);
  }

  /** A client connects; the socket it got, if any. */
  connect(
    address: string,
    ordinals: readonly Ordinal[] | undefined,
    pick: (max: number) => number,
  ): SimSocket | undefined {
    const open = this.all().filter((socket) =>
      (socket.isOurs || socket.isElsewhere) &&
      socket.address === address &&
      (ordinals === undefined || ordinals.includes(socket.ordinal))
    );
    const socket = open[pick(open.length)];
    if (socket === undefined) return undefined;
    socket.queue += 1;
    // Only when nobody at all serves are clients sent where nobody reads.
    if (this.#holders(socket).length === 0) socket.isDisturbed = true;
    return socket;
  }

  /** Whoever reads the socket takes what waits. */
  accept(address: string, ordinal: Ordinal): void {
    const socket = this.find(address, ordinal);
    if (socket === undefined) return;
    const holders = this.#holders(socket);
    const readers = holders.filter(({ isAccepting }) => isAccepting);
    if (holders.some(({ isHung }) => isHung)) socket.isDisturbed = true;
    const isReadElsewhere = socket.isElsewhere && this.elsewhere.isReady;
    if (readers.length === 0 && !isReadElsewhere) return;
    this.counts.accepted += socket.queue;
    socket.queue = 0;
    const isRead = readers.some(({ phase }) => phase === "accepting");
    if (isRead || isReadElsewhere) socket.isDisturbed = false;
  }

  /** A fault: what waits there may never be read. */
  disturb(
    reader: { readonly address: string; readonly ordinal: Ordinal },
  ): void {
    const socket = this.find(reader.address, reader.ordinal);
    if (socket !== undefined) socket.isDisturbed = true;
  }

  /** A child let go of its socket. */
  onReleased(child: SimChild): void {
    const socket = this.find(child.address, child.ordinal);
    if (socket !== undefined) this.settle(socket);
  }

  /** A socket nobody holds is gone, and its queue with it. */
  settle(socket: SimSocket): void {
    if (socket.isOurs || socket.isElsewhere) return;
    if (this.#holders(socket).length > 0) return;
    this.#sockets.delete(keyOf(socket.address, socket.ordinal));
    if (socket.queue === 0) return;
    this.counts.lost += socket.queue;
    if (this.#isEnding || this.isDropped(socket.address)) {
      this.counts.lostByOrder += socket.queue;
    } else if (socket.isDisturbed) {
      this.counts.lostByFault += socket.queue;
    }
  }

  /** Whether nobody was promised that address any more; the machine knows. */
  isDropped: (address: string) => boolean = () => false;

  #holders(socket: SimSocket): readonly SimChild[] {
    return [...this.#children()].filter((child) =>
      child.holdsSocket && child.address === socket.address &&
      child.ordinal === socket.ordinal
    );
  }
}

function keyOf(address: string, ordinal: Ordinal): string {
  return `${address}#${ordinal}`;
}

/** The worker numbers 0 to `workers` - 1. */
export function ordinalsBelow(workers: number): readonly Ordinal[] {
  return Array.from({ length: workers }, (_, index) => toOrdinal(index));
}
