/**
 * An inherited listening socket that connections are accepted from. The socket
 * is the master's: here it is only accepted from, and closing it leaves the
 * master's copy, and the connections waiting in it, untouched.
 */

import type { Server } from "node:net";

/** An open listener. */
export interface Listener {
  /** Accept nothing more; connections that are open stay. Safe to repeat. */
  close(): void;
}

/** Have `server` accept on `fd`; rejects when it is no listening socket. */
export function openListener(fd: number, server: Server): Promise<Listener> {
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    server.close();
  };
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ fd }, () => {
      server.off("error", reject);
      // Accepting fails when file descriptors run out; it is tried again.
      server.on("error", () => {});
      resolve({ close });
    });
  });
}
