/**
 * A client of mixed_clients.ts that speaks HTTP/1.1, over TCP or TLS: one
 * request at a time, as long as the connection is kept. What a loss is says
 * bench/load_report.ts; nothing is asked again.
 */

import type { Loss } from "../../bench/load_report.ts";
import { ResponseReader } from "../../bench/response.ts";
import type { Run } from "./load_kind.ts";
import { within } from "./until.ts";

/** A request without a whole answer after this is lost. */
export const LOST_AFTER_MS = 20_000;

/** A connection over TCP. */
export function openTcp(
  hostname: string,
  port: number,
): Promise<Deno.Conn> {
  return Deno.connect({ hostname, port });
}

/** A connection over TLS that speaks `protocol`. */
export async function openTls(
  target: { readonly hostname: string; readonly port: number },
  certificate: string,
  protocol: "http/1.1" | "h2",
): Promise<Deno.Conn> {
  const connection = await Deno.connectTls({
    ...target,
    caCerts: [certificate],
    alpnProtocols: [protocol],
  });
  await connection.handshake();
  return connection;
}

/** Connect; undefined, and counted as lost, when that fails. */
export async function connect(
  { tally }: Run,
  open: () => Promise<Deno.Conn>,
): Promise<Deno.Conn | undefined> {
  const openedMs = performance.now();
  try {
    const connection = await within(open(), {
      what: "a connection",
      withinMs: LOST_AFTER_MS,
    });
    tally.opened();
    return connection;
  } catch (error) {
    const loss = error instanceof Deno.errors.ConnectionRefused
      ? "refused"
      : "failed";
    const nowMs = performance.now();
    tally.lose(loss, { openedMs, nowMs, detail: `: connect: ${error}` });
    return undefined;
  }
}

/** Write all of it. */
export async function write(
  connection: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  for (let sent = 0; sent < bytes.length;) {
    sent += await connection.write(bytes.subarray(sent));
  }
}

/** Ask for the paths in turn until the load is over. */
export async function converse(
  run: Run,
  open: () => Promise<Deno.Conn>,
  paths: readonly string[],
): Promise<void> {
  let asked = 0;
  while (!run.isOver) {
    const openedMs = performance.now();
    const connection = await connect(run, open);
    if (connection === undefined) continue;
    using _ = connection;
    const reader = new ResponseReader();
    for (let count = 1; !run.isOver; count++) {
      await run.think();
      const path = paths[asked++ % paths.length] ?? "/";
      const sentMs = performance.now();
      const loss = await exchange(connection, reader, path);
      const nowMs = performance.now();
      if (loss !== undefined) {
        const detail = `, request ${count} of its connection, ${path}, ` +
          `${Math.round(nowMs - sentMs)} ms, status ${reader.status}`;
        run.tally.lose(loss, { openedMs, nowMs, detail });
        break;
      }
      run.tally.answered(openedMs, nowMs);
      if (!reader.keepAlive) {
        run.tally.closeAnnounced();
        break;
      }
      reader.take();
    }
  }
}

async function exchange(
  connection: Deno.Conn,
  reader: ResponseReader,
  path: string,
): Promise<Loss | undefined> {
  const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const buffer = new Uint8Array(65_536);
  try {
    await write(connection, new TextEncoder().encode(head));
    for (;;) {
      const count = await within(connection.read(buffer), {
        what: "an answer",
        withinMs: LOST_AFTER_MS,
      });
      const state = count === null
        ? reader.end()
        : reader.push(buffer.subarray(0, count));
      if (state === "broken") return "broken";
      if (state === "complete") {
        return reader.status === 200 ? undefined : "status";
      }
      if (count === null) return state === "empty" ? "closed" : "truncated";
    }
  } catch (error) {
    const isLate = error instanceof Error &&
      error.message.startsWith("Not within");
    return isLate ? "timeout" : "reset";
  }
}
