/**
 * The end of this process. With the app's own handlers run: the runtime's
 * `unload` event and Node's "exit", which `Deno.exit` alone does not emit;
 * whatever they throw, the process ends. Or at once.
 *
 * Source: man 2 _exit; Deno 2.9, ext/os/30_os.js (exit) and node:process
 * (exit); nginx has exit_process hooks in the same place
 * (ngx_worker_process_exit).
 */

import process from "node:process";
import { libc } from "./libc.ts";

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

/**
 * End with `code`, now: nothing of the runtime's is taken down first, which a
 * thread that waits in a system call can hold up for seconds.
 */
export function leaveAtOnce(code: number): never {
  libc._exit(code);
  return exitDeno(code);
}
