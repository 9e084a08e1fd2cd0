/**
 * Whether a temporary file is nobody's any more. Its writer holds a lock of it
 * from the moment after it is made until it is renamed, so a file that nobody
 * has locked for a moment was left by somebody who is dead. Process ids say
 * nothing: they are used again, and are others in another container.
 *
 * Should a writer be stopped just in that moment, it finds its file gone and
 * stores nothing. Source: man 2 flock.
 */

/** Far longer than from open to flock. */
export const UNLOCKED_MS_MAX = 1000;

/** What is known of a temporary file. */
export interface TemporaryFile {
  readonly isLocked: boolean;
  /** When it was written to last; milliseconds since 1970. */
  readonly writtenAtMs: number;
}

/** Whether it can be removed. */
export function isAbandoned(
  { isLocked, writtenAtMs }: TemporaryFile,
  nowMs: number,
): boolean {
  // A time in the future is the clock's fault, or a lie: no reason to stay.
  return !isLocked && Math.abs(nowMs - writtenAtMs) >= UNLOCKED_MS_MAX;
}
