/**
 * The master's control socket: operators ask with `--signal … --wait`, and are
 * told how it ended. Only the master's own user (and root) may connect: the
 * socket's mode is 0600. What comes in is checked and bounded; a client that
 * sends anything else is disconnected. The protocol is in request.ts.
 */

import type { Server, Socket } from "node:net";
import type { Fd } from "../base/id.ts";
import type { Result } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import { namedError } from "../os/errno.ts";
import { closeFd } from "../os/fd.ts";
import type { FileIdentity } from "../os/unix_socket.ts";
import {
  openUnix,
  probeUnixPath,
  removeUnix,
  unixIdentity,
} from "../os/unix_socket.ts";
import type { ControlRequest } from "../core/master/event.ts";
import {
  CONTROL_LINE_BYTES_MAX,
  createLineReader,
  encodeAnswer,
  parseRequest,
} from "./request.ts";

/** Clients at the same time; one more is disconnected. */
const CLIENTS_MAX = 32;

const BACKLOG = 8;

/** What the server tells its owner. */
export interface ControlHandlers {
  /** A client asks, and waits for reply(token). */
  onRequested(token: number, request: ControlRequest): void;
  /** That client went away. */
  onClosed(token: number): void;
}

/** The listening control socket. */
export class ControlServer {
  readonly #handlers: ControlHandlers;
  readonly #clients = new Map<number, Socket>();
  #server: Server | undefined;
  #path: string | undefined;
  #identity: FileIdentity | undefined;
  #tokenLast = 0;

  constructor(handlers: ControlHandlers) {
    this.#handlers = handlers;
  }

  /**
   * Listen at `path` instead of wherever it was. A file left by a dead master
   * is removed; the pid file's lock has proved that no other one lives but,
   * in an upgrade, the one whose place this is. Its clients keep waiting.
   */
  listen(path: string): Result<void> {
    if (this.#path === path && this.#isInPlace()) return success(undefined);
    const probed = probeUnixPath(path);
    if (!probed.ok) return probed;
    if (probed.value === "foreign") {
      return failure(namedError("ENOTSOCK", `bind() to unix:${path}`));
    }
    const stale = probed.value === "free" ? undefined : unixIdentity(path);
    if (stale !== undefined) removeUnix(path, stale);
    const opened = openUnix({ path, mode: 0o600, backlog: BACKLOG });
    if (!opened.ok) return opened;
    this.close();
    this.#path = path;
    this.#identity = unixIdentity(path);
    void this.#serve(opened.value, path);
    return success(undefined);
  }

  /** Whether the path still means our socket: another master may have it. */
  #isInPlace(): boolean {
    const found = this.#path === undefined
      ? undefined
      : unixIdentity(this.#path);
    return found?.ino === this.#identity?.ino &&
      found?.dev === this.#identity?.dev;
  }

  /** The module costs a start 7 ms, and nobody asks before the first answer. */
  async #serve(fd: Fd, path: string): Promise<void> {
    const { createServer } = await import("node:net");
    if (this.#path !== path) {
      closeFd(fd);
      return;
    }
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    server.on("error", () => this.close());
    server.listen({ fd });
  }

  /** Answer a client; one that went away is nobody. */
  reply(
    token: number,
    outcome: { readonly ok: boolean; readonly text: string },
  ): void {
    const client = this.#clients.get(token);
    this.#clients.delete(token);
    client?.end(encodeAnswer({ kind: "outcome", ...outcome }));
  }

  /** Stop listening and remove the socket's file; clients keep waiting. */
  close(): void {
    this.#server?.close();
    this.#server = undefined;
    if (this.#path !== undefined && this.#identity !== undefined) {
      removeUnix(this.#path, this.#identity);
    }
    this.#path = undefined;
    this.#identity = undefined;
  }

  #accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    if (this.#clients.size >= CLIENTS_MAX) {
      socket.destroy();
      return;
    }
    const reader = createLineReader(CONTROL_LINE_BYTES_MAX);
    socket.on("data", (chunk: Uint8Array) => {
      const read = reader.push(chunk);
      if (read.lines[0] !== undefined) this.#ask(socket, read.lines[0]);
      else if (read.isBroken) socket.destroy();
    });
  }

  /** One request per connection; a second line is not read. */
  #ask(socket: Socket, line: string): void {
    socket.removeAllListeners("data");
    const parsed = parseRequest(line);
    if (!parsed.ok) {
      socket.destroy();
      return;
    }
    const token = ++this.#tokenLast;
    this.#clients.set(token, socket);
    socket.on("close", () => {
      if (this.#clients.delete(token)) this.#handlers.onClosed(token);
    });
    socket.resume();
    socket.write(encodeAnswer({ kind: "accepted" }));
    this.#handlers.onRequested(token, parsed.value);
  }
}
