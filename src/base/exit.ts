/**
 * How a process ended, as the kernel tells its parent: by itself with a code,
 * or by a signal. Says nothing about whether that was expected; the core
 * decides that. Source: man 2 waitpid, WIFEXITED and WIFSIGNALED.
 */

/** How a child ended: its own code, or the signal that killed it. */
export type Exit =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: string };
