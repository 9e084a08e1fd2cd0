/**
 * nginx's eight log levels, most severe first.
 *
 * `alert` means "this should not happen": every process test fails on one it
 * did not announce. Never log an operator's mistake at `alert`.
 * Source: nginx src/core/ngx_log.c, err_levels.
 */

/** Most severe first: a level's index is its severity. */
export const LEVELS = [
  "emerg",
  "alert",
  "crit",
  "error",
  "warn",
  "notice",
  "info",
  "debug",
] as const;

/** One of nginx's eight levels. */
export type Level = typeof LEVELS[number];

/** Whether a line of `level` is written to a log opened at `threshold`. */
export function isLogged(level: Level, threshold: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(threshold);
}
