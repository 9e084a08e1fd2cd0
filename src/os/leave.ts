/**
 * The end of this process, with the app's own handlers run: the runtime's
 * `unload` event and Node's "exit", which `Deno.exit` alone does not emit.
 * Whatever they throw, the process ends.
 *
 * Source: Deno 2.9, ext/os/30_os.js (exit) and node:process (exit); nginx has
 * exit_process hooks in the same place (ngx_worker_process_exit).
 */

import process from "node:process";

// Taken before an app can replace them.
const exitDeno = Deno.exit;
const exitNode = process.exit.bind(process);

let isLeaving = false;

/**
 * Run the exit handlers, then end with `code`. `onFailed` hears of a handler
 * of Node's kind that threw; one of `unload` is an uncaught error like any.
 */
export function leaveProcess(
  code: number,
  onFailed: (error: unknown) => void,
): never {
  // A handler that leaves, too, must not run the handlers again.
  if (isLeaving) return exitDeno(code);
  isLeaving = true;
  try {
    return exitNode(code);
  } catch (error) {
    onFailed(error);
    return exitDeno(code);
  }
}
