/**
 * An operating error as a value: which call, on what, and the kernel's answer.
 * It travels as data from `os/` through events into the core and ends as one
 * log line in nginx's form: `bind() to 127.0.0.1:80 failed (98: Address
 * already in use)`.
 */

/** What a failed system call said. */
export interface SystemError {
  /** The call with its argument, as nginx prints it: `setgid(33)`. */
  readonly call: string;
  /** The errno's name: "EADDRINUSE". */
  readonly code: string;
  /** The errno's number; 0 when the runtime did not give one. */
  readonly errno: number;
  /** strerror's text: "Address already in use". */
  readonly text: string;
}

/** Either a value or the operating error that came instead. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: SystemError };

/** It went well. */
export function success<Value>(value: Value): Result<Value> {
  return { ok: true, value };
}

/** It did not. */
export function failure<Value>(error: SystemError): Result<Value> {
  return { ok: false, error };
}

/** nginx's form of a failed call. */
export function formatSystemError(error: SystemError): string {
  return `${error.call} failed (${error.errno}: ${error.text})`;
}
