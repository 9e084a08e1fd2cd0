/**
 * The names of things, branded so that a pid is never passed where a slot is
 * wanted. A bare number type never crosses a module border.
 *
 * A child is (slot, generation); its pid is an attribute, because pids are
 * reused by the kernel.
 */

declare const brand: unique symbol;

type Branded<Name extends string> = number & { readonly [brand]: Name };

/** A process id, as the kernel gives it. */
export type Pid = Branded<"Pid">;

/** A file descriptor of this process. */
export type Fd = Branded<"Fd">;

/** A row of the process table, from 0; nginx's slot. */
export type SlotIndex = Branded<"SlotIndex">;

/** The configuration a child belongs to: 1 at start, one more per reload. */
export type Generation = Branded<"Generation">;

/** The number of a worker in its pool, from 0; stable across generations. */
export type Ordinal = Branded<"Ordinal">;

/** A user id. */
export type Uid = Branded<"Uid">;

/** A group id. */
export type Gid = Branded<"Gid">;

/** A pid the kernel gave. */
export function toPid(value: number): Pid {
  return value as Pid;
}

/** A descriptor that was opened or inherited. */
export function toFd(value: number): Fd {
  return value as Fd;
}

/** A whole number from 0. */
export function toSlotIndex(value: number): SlotIndex {
  return value as SlotIndex;
}

/** A whole number from 1. */
export function toGeneration(value: number): Generation {
  return value as Generation;
}

/** A whole number from 0. */
export function toOrdinal(value: number): Ordinal {
  return value as Ordinal;
}

/** A user id from the kernel or a user database. */
export function toUid(value: number): Uid {
  return value as Uid;
}

/** A group id from the kernel or a user database. */
export function toGid(value: number): Gid {
  return value as Gid;
}

/** No process has a higher pid. man 5 proc, /proc/sys/kernel/pid_max */
export const PID_MAX = 4_194_304;
