/**
 * A daemon's children have the error log as their stderr, and it must follow
 * the log when that is opened anew, or the old file would be written to for
 * ever. nginx: src/core/ngx_log.c, ngx_log_redirect_stderr.
 */

import type { HelperInit, Init } from "../channel/message.ts";
import { Stderr } from "../os/stderr.ts";

/**
 * Point stderr to the log that `init` names, and again whenever the result is
 * called; nothing where the master is no daemon. To be called before the log
 * itself is opened. A log that cannot be opened is said by whoever opens it.
 */
export function logStderr(
  { logsStderr, config: { errorLog: { path } } }: Init | HelperInit,
): () => void {
  if (logsStderr !== true || path === undefined) return () => {};
  const stderr = new Stderr();
  const redirect = (): void => void stderr.redirect(path);
  redirect();
  return redirect;
}
