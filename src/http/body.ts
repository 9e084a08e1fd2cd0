/**
 * Bodies between node's streams and the web's: read one whole, turn one into a
 * ReadableStream, write a ReadableStream out. Nothing is buffered beyond what
 * the streams hold: a slow reader slows its writer down.
 */

import type { IncomingMessage, ServerResponse } from "node:http";

/** The whole body; rejects when the client goes away before its end. */
export function readAll(
  incoming: IncomingMessage,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    const fail = (): void => reject(clientGone());
    if (incoming.readableAborted || incoming.destroyed) return fail();
    incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    incoming.once("end", () => resolve(join(chunks)));
    incoming.once("error", fail);
    incoming.once("close", fail);
  });
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytesTotal = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const whole = new Uint8Array(bytesTotal);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function clientGone(): DOMException {
  const text = "The client closed the connection before the body ended.";
  return new DOMException(text, "AbortError");
}

/** The body as a stream that reads only when it is read. */
export function toStream(
  incoming: IncomingMessage,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isFlowing = false;
  return new ReadableStream({
    pull(controller): void {
      if (isFlowing) {
        incoming.resume();
        return;
      }
      isFlowing = true;
      flow(incoming, controller);
    },
    cancel(): void {
      incoming.removeAllListeners("data");
      // The rest is thrown away, or the connection could not be used again.
      incoming.resume();
    },
  }, { highWaterMark: 0 });
}

/** Enqueue what comes; pause after each chunk until the next pull. */
function flow(
  incoming: IncomingMessage,
  controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
): void {
  let isOver = false;
  const fail = (): void => {
    if (isOver) return;
    isOver = true;
    controller.error(clientGone());
  };
  if (incoming.readableAborted || incoming.destroyed) return fail();
  incoming.on("data", (chunk: Uint8Array<ArrayBuffer>) => {
    if (isOver) return;
    incoming.pause();
    controller.enqueue(new Uint8Array(chunk));
  });
  incoming.once("end", () => {
    if (isOver) return;
    isOver = true;
    controller.close();
  });
  incoming.once("error", fail);
  incoming.once("close", fail);
}

/** nginx's lingering_time: how long the rest of a body is thrown away. */
const LINGERING_MS = 30_000;

/**
 * Once the response is sent, throw away what the app did not read of the
 * request, or its connection could not be used again. What takes too long
 * costs the client its connection.
 */
export function discardUnread(
  { incoming, outgoing }: {
    readonly incoming: IncomingMessage;
    readonly outgoing: ServerResponse;
  },
): void {
  outgoing.once("finish", () => {
    if (incoming.readableEnded || incoming.destroyed) return;
    // Who still reads it goes on; who stopped midway holds it until the cut.
    if (incoming.listenerCount("data") === 0) incoming.resume();
    const cut = setTimeout(() => incoming.socket.destroy(), LINGERING_MS);
    const keep = (): void => clearTimeout(cut);
    incoming.once("end", keep);
    incoming.once("close", keep);
  });
}

/**
 * Write a stream out and end the response. Resolves when the last chunk was
 * handed over or the client is gone (the stream is cancelled then); rejects
 * when the stream itself fails.
 */
export async function writeStream(
  stream: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
): Promise<void> {
  const reader = stream.getReader();
  const closed = new Promise<void>((resolve) => {
    outgoing.once("close", () => {
      resolve();
      reader.cancel(clientGone()).catch(() => {});
    });
  });
  if (outgoing.destroyed) {
    await reader.cancel(clientGone());
    return;
  }
  // What cannot be written any more is told by `close`.
  outgoing.on("error", () => {});
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || outgoing.destroyed) break;
      if (!outgoing.write(value)) {
        await Promise.race([drained(outgoing), closed]);
      }
    }
  } catch (error) {
    // A chunk that is no bytes; the stream's own failure makes this a no-op.
    reader.cancel(error).catch(() => {});
    throw error;
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => outgoing.once("drain", () => resolve()));
}
