/**
 * The debug point: stop this process, or abort it with a core dump where the
 * limits allow one. Whether there is one is decided elsewhere.
 * nginx: src/os/unix/ngx_process.c, ngx_debug_point; man 7 signal.
 */

import type { DebugPoints } from "../base/debug_points.ts";

/**
 * Stop until somebody sends SIGCONT, or abort; "off" does nothing. A signal
 * to oneself is delivered before the call returns.
 */
export function debugPoint(action: DebugPoints): void {
  if (action === "off") return;
  Deno.kill(Deno.pid, action === "stop" ? "SIGSTOP" : "SIGABRT");
}
