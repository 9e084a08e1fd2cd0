/**
 * Programmer errors. In `core/` this is the only way to throw: a worker
 * crashes on one, the master drops the step and says so at `alert`, a test
 * fails. Operating errors are values, never these.
 */

/** Something that cannot happen did. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throw InvariantError unless `condition` holds; `why` names the rule. */
export function invariant(condition: boolean, why: string): asserts condition {
  if (!condition) throw new InvariantError(`Broken invariant: ${why}`);
}

/** The default arm of an exhaustive switch: does not compile if reachable. */
export function unreachable(value: never): never {
  throw new InvariantError(`Unreachable: ${JSON.stringify(value)}`);
}
