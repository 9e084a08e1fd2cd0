/**
 * The runtime's own HTTP server on one connection: what Deno.serve runs on
 * each it accepts, with a graceful end of its own. It is used for HTTP/2,
 * because the runtime's node:http2 crashes under load (2.9.6: an assertion of
 * nghttp2, or free() of an invalid pointer, within some thousand requests).
 *
 * It has no public name; it is looked up and, where it is not as expected,
 * HTTP/2 is not offered. Source: Deno 2.9 ext/http/00_serve.ts,
 * serveHttpOnConnection.
 */

import type { Socket } from "node:net";

/** A connection that is being served. */
export interface NativeConnection {
  /** Settles when it is over, one way or the other. */
  readonly finished: Promise<void>;
  /** Say GOAWAY, answer what has come, close. */
  shutdown(): Promise<void>;
}

/** Answers a request. */
export type NativeHandler = (
  request: Request,
  info: { readonly completed: Promise<void> },
) => Promise<Response>;

type ServeOnConnection = (
  connection: object,
  signal: AbortSignal,
  handler: NativeHandler,
  onError: (error: unknown) => Response,
  onListen: () => void,
) => NativeConnection;

interface Internals {
  readonly serveHttpOnConnection?: ServeOnConnection;
  readonly core?: { readonly internalRidSymbol?: symbol };
}

const internals = Reflect.get(
  Deno,
  Reflect.get(Deno, "internal") as symbol,
) as Internals | undefined;
const serveOn = internals?.serveHttpOnConnection;
const ridSymbol = internals?.core?.internalRidSymbol;

/** Whether this runtime has what is needed. */
export const hasNativeServer = typeof serveOn === "function" &&
  typeof ridSymbol === "symbol";

/** Serve on a TCP socket that nothing was read from; it is the server's now. */
export function serveNatively(
  socket: Socket,
  handler: NativeHandler,
): NativeConnection {
  if (serveOn === undefined || ridSymbol === undefined) {
    throw new TypeError("The runtime has no server for a connection");
  }
  const handle: unknown = Reflect.get(socket, "_handle");
  const take: unknown = Reflect.get(handle as object, "takeStream");
  const rid: unknown = Reflect.apply(take as () => number, handle, []);
  const place = { transport: "tcp", hostname: "127.0.0.1", port: 0 };
  return serveOn(
    { [ridSymbol]: rid, localAddr: place, remoteAddr: place },
    new AbortController().signal,
    handler,
    () => new Response(null, { status: 500 }),
    () => {},
  );
}
