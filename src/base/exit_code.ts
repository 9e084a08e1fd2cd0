/**
 * Every exit code of every role, and who reads it. Exit codes are API:
 * operators script on them (s6's idea).
 *
 * FATAL is nginx's contract between worker and master: an initialisation that
 * cannot heal must not loop. nginx: src/os/unix/ngx_process.c,
 * ngx_process_get_status.
 */

/** By meaning. */
export const EXIT_CODE = {
  /** Done. Read by operators, service managers and the master. */
  DONE: 0,
  /** Cannot start, or what was asked for failed. */
  FAILED: 1,
  /** Children only: fatal, do not respawn. Read by the master. */
  FATAL: 2,
  /** The command line was wrong. Read by operators. */
  USAGE: 100,
} as const;
