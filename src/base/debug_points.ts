/**
 * What becomes of a process that finds something wrong with itself: nothing,
 * it stops until somebody continues it, or it aborts and leaves a core.
 * nginx: src/os/unix/ngx_process.c, ngx_debug_point.
 */

/** The value of the directive `debug_points`. */
export type DebugPoints = "off" | "stop" | "abort";
