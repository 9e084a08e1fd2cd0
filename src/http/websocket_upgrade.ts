/**
 * Deno.upgradeWebSocket for requests of this server: the runtime's own gives
 * them a socket that never opens. Requests of other servers, as of a
 * Deno.serve in the app, go to the runtime's.
 *
 * The response that comes with the socket stands for the handshake: whoever
 * returns it from fetch makes it happen.
 * Source: RFC 6455 section 4.2; Deno's documentation of upgradeWebSocket.
 */

import type { Exchange } from "./exchange.ts";
import { exchangeOf } from "./request.ts";
import { ServerWebSocket } from "./server_websocket.ts";
import { WebSocketConnection } from "./websocket_connection.ts";

/** What was asked for with a response. */
interface Upgrade {
  readonly socket: ServerWebSocket;
  readonly protocol: string;
  /** In seconds; 0: never ask whether the client is there. */
  readonly idleTimeout: number;
}

const upgrades = new WeakMap<Response, Upgrade>();

/** Deno's default, in seconds. */
const IDLE_TIMEOUT = 120;

type UpgradeWebSocket = typeof Deno.upgradeWebSocket;

let isInstalled = false;

/** Put ours in the place of the runtime's, once; before any app code runs. */
export function installUpgradeWebSocket(): void {
  if (isInstalled) return;
  isInstalled = true;
  const native: UpgradeWebSocket = Deno.upgradeWebSocket;
  Deno.upgradeWebSocket = (request, options = {}) => {
    const exchange = exchangeOf(request);
    return exchange === undefined
      ? native(request, options)
      : upgrade(exchange, options);
  };
}

function upgrade(
  exchange: Exchange,
  options: Deno.UpgradeWebSocketOptions,
): Deno.WebSocketUpgrade {
  checkRequest(exchange);
  const socket = new ServerWebSocket();
  const response = new Response(null);
  Object.defineProperty(response, "status", { value: 101 });
  upgrades.set(response, {
    socket,
    protocol: options.protocol ?? "",
    idleTimeout: options.idleTimeout ?? IDLE_TIMEOUT,
  });
  return { socket: socket as unknown as WebSocket, response };
}

/** In the runtime's words where it has them. */
function checkRequest({ protocol, rawHeaders }: Exchange): void {
  if (protocol === "HTTP/2.0") {
    throw new TypeError("Cannot upgrade to a WebSocket over HTTP/2");
  }
  const headers = headersOf(rawHeaders);
  if (headers["upgrade"]?.toLowerCase() !== "websocket") {
    throw new TypeError(
      "Invalid Header: 'upgrade' header must contain 'websocket'",
    );
  }
  if (!/\bupgrade\b/i.test(headers["connection"] ?? "")) {
    throw new TypeError(
      "Invalid Header: 'connection' header must contain 'Upgrade'",
    );
  }
  if (headers["sec-websocket-key"] === undefined) {
    throw new TypeError(
      "Invalid Header: 'sec-websocket-key' header must be set",
    );
  }
}

function headersOf(
  rawHeaders: readonly string[],
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

/**
 * Make the handshake that `response` stands for. False when it stands for
 * none. Throws when the exchange is not one that can be upgraded any more.
 */
export function performUpgrade(
  response: Response,
  exchange: Exchange,
): boolean {
  const asked = upgrades.get(response);
  if (asked === undefined) return false;
  const { socket, protocol, idleTimeout } = asked;
  const request = {
    method: exchange.method,
    url: exchange.target,
    headers: headersOf(exchange.rawHeaders),
  };
  const isTaken = exchange.takeOver((takeover) =>
    new WebSocketConnection({ socket, exchange, takeover }, {
      ...{ request, protocol, idleTimeout },
      lines: [...response.headers].map(([name, value]) => `${name}: ${value}`),
    })
  );
  if (!isTaken) {
    socket.abandon(new Error("The connection cannot be upgraded"));
    throw new TypeError("The request cannot be upgraded to a WebSocket");
  }
  return true;
}
