/**
 * Quantities, branded by their unit. Time is an argument everywhere: nothing
 * in the core reads a clock, so a decision can be replayed.
 */

declare const unit: unique symbol;

type Quantity<Name extends string> = number & { readonly [unit]: Name };

/** A point in time: milliseconds of a monotonic clock, arbitrary origin. */
export type Instant = Quantity<"Instant">;

/** A span of time in milliseconds, never negative. */
export type Milliseconds = Quantity<"Milliseconds">;

/** A size in bytes, never negative. */
export type Bytes = Quantity<"Bytes">;

/** Milliseconds as a monotonic clock counts them. */
export function toInstant(value: number): Instant {
  return value as Instant;
}

/** At least 0. */
export function toMilliseconds(value: number): Milliseconds {
  return value as Milliseconds;
}

/** At least 0. */
export function toBytes(value: number): Bytes {
  return value as Bytes;
}

/** The instant `span` after `from`. */
export function after(from: Instant, span: Milliseconds): Instant {
  return (from + span) as Instant;
}

/** How long from `from` to `to`; 0 when `to` is not later. */
export function between(from: Instant, to: Instant): Milliseconds {
  return Math.max(0, to - from) as Milliseconds;
}

/** The earliest of the instants that are there; undefined when none is. */
export function earliest(
  instants: Iterable<Instant | undefined>,
): Instant | undefined {
  let first: Instant | undefined;
  for (const instant of instants) {
    if (instant === undefined) continue;
    if (first === undefined || instant < first) first = instant;
  }
  return first;
}
