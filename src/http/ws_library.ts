/**
 * npm's ws, which speaks WebSocket on a socket: as much of it as is used, and
 * its loading. Loaded when the first WebSocket is wanted, or before root is
 * given up, because who comes after may not read the folder it is in.
 *
 * The import hides the path, or every worker would load it at start: see
 * main.ts. Source: ws 8, doc/ws.md; vendor/ws.
 */

import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";

/** One end of a WebSocket, open. */
export interface WsSocket {
  readonly bufferedAmount: number;
  readonly protocol: string;
  readonly extensions: string;
  on(
    event: "message",
    listener: (data: Buffer, isBinary: boolean) => void,
  ): void;
  on(event: "close", listener: (code: number, reason: Buffer) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "pong", listener: () => void): void;
  send(data: string | Uint8Array, options: { readonly binary: boolean }): void;
  ping(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/** What a handshake needs of a request. */
export interface WsRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes WebSockets of sockets. */
export interface WsServer {
  handleUpgrade(
    request: WsRequest,
    socket: Socket,
    head: Uint8Array,
    onOpen: (socket: WsSocket) => void,
  ): void;
  on(event: "headers", listener: (lines: string[]) => void): void;
  on(
    event: "wsClientError",
    listener: (error: Error, socket: Socket) => void,
  ): void;
}

interface WsModule {
  readonly WebSocketServer: new (options: {
    readonly noServer: true;
    readonly clientTracking: false;
    readonly handleProtocols: () => string | false;
    readonly autoPong: true;
  }) => WsServer;
}

const WS = "../../vendor/ws/ws.js";

let loading: Promise<WsModule> | undefined;

/** Load it, once; rejects when it cannot be had. */
export function loadWs(): Promise<WsModule> {
  return loading ??= import(WS);
}

/** A server for one handshake that answers with `protocol`, if any. */
export async function createWsServer(protocol: string): Promise<WsServer> {
  const { WebSocketServer } = await loadWs();
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    handleProtocols: () => protocol || false,
    autoPong: true,
  });
}
