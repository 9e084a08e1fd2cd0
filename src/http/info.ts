/**
 * The second argument of `fetch`: what Deno.serve gives (remoteAddr,
 * completed) and what the caller adds. Both of Deno's are made only when they
 * are asked for.
 */

import type { Exchange } from "./exchange.ts";

/** What a handler is told besides the request. */
export type ServeInfo<Context> =
  & Deno.ServeHandlerInfo<Deno.Addr>
  & Context;

/** Makes the info of one exchange; each has all that `context` holds. */
export function infoFactory<Context extends object>(
  context: Context,
): (exchange: Exchange) => ServeInfo<Context> {
  class Info implements Deno.ServeHandlerInfo<Deno.Addr> {
    readonly #exchange: Exchange;
    #completed: Promise<void> | undefined;

    constructor(exchange: Exchange) {
      this.#exchange = exchange;
    }

    get remoteAddr(): Deno.Addr {
      return this.#exchange.client.address;
    }

    get completed(): Promise<void> {
      return this.#completed ??= completionOf(this.#exchange);
    }
  }
  Object.assign(Info.prototype, context);
  return (exchange) => new Info(exchange) as ServeInfo<Context> & Info;
}

/** Resolves when the response was handed to the kernel, as in Deno.serve. */
function completionOf(exchange: Exchange): Promise<void> {
  const completed = new Promise<void>((resolve, reject) => {
    exchange.onEnd((ending) => {
      if (ending === "sent") resolve();
      else reject(new Deno.errors.Http("The connection was closed."));
    });
  });
  // Asking for it is no promise to look at it: not an unhandled rejection.
  completed.catch(() => {});
  return completed;
}
