/**
 * Signal names and numbers, the same on Linux x86_64 and aarch64.
 * Source: asm-generic/signal.h.
 */

const SIGNOS: Readonly<{ [name: string]: number }> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};

/** The name of a signal; "SIG34" for a number that has none. */
export function signalOf(signo: number): string {
  const known = Object.entries(SIGNOS).find(([, number]) => number === signo);
  return known?.[0] ?? `SIG${signo}`;
}

/** The number of a signal; 0 for a name Linux does not have. */
export function signoOf(name: string): number {
  return SIGNOS[name] ?? 0;
}
