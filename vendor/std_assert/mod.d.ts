/**
 * The types of the assertions this project uses, after the documented API of
 * @std/assert 1.0.19. One that is missing here exists in the code: add its
 * declaration. Docstrings live at the source, https://jsr.io/@std/assert.
 */

/** A class, abstract or not. */
// deno-lint-ignore no-explicit-any
type Constructor<T> = abstract new (...args: any[]) => T;

/** What every failed assertion throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions);
}

/** `expr` is truthy; narrows. */
export function assert(expr: unknown, msg?: string): asserts expr;

/** `expr` is falsy. */
export function assertFalse(expr: unknown, msg?: string): asserts expr is
  | false
  | 0
  | 0n
  | ""
  | null
  | undefined;

/** Deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void;

/** Not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;

/** The same value, by Object.is; narrows. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T;

/** Not the same value, by Object.is. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;

/** Equal within `tolerance`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void;

/** Neither null nor undefined; narrows. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T>;

/** An instance of `expectedType`; narrows. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: Constructor<T>,
  msg?: string,
): asserts actual is T;

/** Not an instance of `unexpectedType`. */
export function assertNotInstanceOf(
  actual: unknown,
  unexpectedType: Constructor<unknown>,
  msg?: string,
): void;

/** `actual` has the properties of `expected`, deeply. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void;

/** `actual` holds every member of `expected`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void;

/** `actual` contains `expected`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void;

/** `actual` matches `expected`. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void;

/** `actual` does not match `expected`. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void;

/** `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void;

/** `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;

/** `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void;

/** `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void;

/** `error` is an Error, of the class and with the message asked for. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: Constructor<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E;

/** `fn` throws; what it threw comes back. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): E;

/** The promise of `fn` rejects; the reason comes back. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;

/** Whether two values are deeply equal. */
export function equal(a: unknown, b: unknown): boolean;

/** Fail. */
export function fail(msg?: string): never;

/** Fail: not written yet. */
export function unimplemented(msg?: string): never;

/** Fail: this line cannot be reached. */
export function unreachable(msg?: string): never;
