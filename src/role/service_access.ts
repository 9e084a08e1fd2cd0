/**
 * The access log of a service: each request that ends becomes a line. Decides
 * nothing; without a log there is nothing to do.
 */

import { success } from "../base/system_error.ts";
import type { Result } from "../base/system_error.ts";
import type { AccessLogConfig } from "../config/config.ts";
import { recordOf } from "../http/access.ts";
import type { Exchange } from "../http/exchange.ts";
import {
  type AccessLog,
  type Complain,
  openAccessLog,
} from "../log/access_sink.ts";

/** Writes requests down. */
export class ServiceAccess {
  readonly #log: AccessLog;

  constructor(log: AccessLog) {
    this.#log = log;
    // Deno.exit by the app, too, is an end at which lines may wait.
    addEventListener("unload", () => log.flush());
  }

  /** A request that came in at that address. */
  readonly onRequest = (exchange: Exchange, listener: string): void => {
    exchange.onEnd((ending) => {
      this.#log.write(recordOf(exchange, { ending, listener }));
    });
  };

  /** Nothing is lost: what waits is written to the old file. */
  reopen(): Result<void> {
    return this.#log.reopen();
  }

  close(): void {
    this.#log.close();
  }
}

/** Open it while this process may; undefined: requests are not logged. */
export function openAccess(
  config: AccessLogConfig | undefined,
  complain: Complain,
): Result<ServiceAccess | undefined> {
  if (config === undefined) return success(undefined);
  const log = openAccessLog(config, complain);
  return log.ok ? success(new ServiceAccess(log.value)) : log;
}
