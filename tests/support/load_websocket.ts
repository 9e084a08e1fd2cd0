/**
 * A client of mixed_clients.ts that speaks WebSocket: a few messages are on
 * their way at any time, and each must come back, in order, unless the server
 * said that it goes away (1001): then it connects again. Any other end is a
 * loss of what was on its way, and of the connection itself.
 */

import type { Run } from "./load_kind.ts";

const OUTSTANDING = 4;
const GOING_AWAY = 1001;

/** Connect and talk, again and again until the load is over. */
export async function chat(
  run: Run,
  url: string,
  client?: Deno.HttpClient,
): Promise<void> {
  while (!run.isOver) {
    const socket = client === undefined
      ? new WebSocket(url)
      : new WebSocket(url, { client });
    await converse(run, socket);
  }
}

function converse(run: Run, socket: WebSocket): Promise<void> {
  const { tally } = run;
  const openedMs = performance.now();
  let sent = 0;
  let echoed = 0;
  let isOpen = false;
  let said = "";
  const lose = (detail: string): void =>
    tally.lose("closed", {
      openedMs,
      nowMs: performance.now(),
      detail: `, after ${echoed} of ${sent} echoes${detail}`,
    });
  return new Promise((resolve) => {
    socket.onopen = () => {
      isOpen = true;
      tally.opened();
      while (sent < OUTSTANDING) socket.send(String(sent++));
    };
    socket.onmessage = ({ data }) => {
      if (data !== String(echoed++)) return lose(`: echo ${data}`);
      tally.answered(openedMs, performance.now());
      run.think().then(() => {
        if (socket.readyState !== WebSocket.OPEN) return;
        if (!run.isOver) socket.send(String(sent++));
        else if (echoed === sent) socket.close();
      });
    };
    socket.onerror = (event) => {
      event.preventDefault();
      said = event instanceof ErrorEvent ? event.message : "";
    };
    socket.onclose = ({ code, wasClean }) => {
      const isOurs = run.isOver && echoed === sent && isOpen;
      if (wasClean && code === GOING_AWAY) tally.closeAnnounced();
      else if (!isOurs) lose(`: code ${code}, clean ${wasClean}, ${said}`);
      resolve();
    };
  });
}
