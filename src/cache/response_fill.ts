/**
 * An answer of the app on its way to the store and to the client who asked.
 * What is there in whole is sent at once and stored beside that; a stream is
 * stored as it comes (fill_body.ts). A store that fails fails nothing else,
 * and what did not come in whole is not stored.
 */

import { Buffer } from "node:buffer";
import { staticBodyOf, UNKNOWN } from "../http/static_body.ts";
import type { Pair } from "./entry.ts";
import type { EntryHead } from "./entry.ts";
import type { EntryWriter } from "./entry_writer.ts";
import { FillBody, type ReadBack } from "./fill_body.ts";

/** Not of the response itself, or said anew each time. */
const LEFT_OUT: readonly string[] = [
  "age",
  "cache-status",
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-accel-expires",
];

/** The fields of a response that are stored, in lower case. */
export function storedPairs(
  headers: Headers,
  dropped: readonly string[],
): readonly Pair[] {
  return [...headers].filter(([name]) =>
    !LEFT_OUT.includes(name) && !dropped.includes(name)
  );
}

/** What is to be filled, and where. */
export interface Filling {
  readonly response: Response;
  readonly writer: EntryWriter;
  /** How it ended: it is in its place, or it is not. */
  readonly onOver: (isStored: boolean) => void;
}

/** Store the body; the body for the client, undefined: the response's own. */
export function fill(filling: Filling): ReadableStream | undefined {
  const { response } = filling;
  const body = staticBodyOf(response);
  if (body === UNKNOWN && response.body !== null) {
    return fillStream(filling, response.body);
  }
  const bytes = typeof body === "string"
    ? Buffer.from(body)
    : body instanceof Uint8Array
    ? body
    : new Uint8Array();
  void fillAtOnce(filling, bytes);
  return undefined;
}

async function fillAtOnce(
  { writer, onOver }: Filling,
  bytes: Uint8Array,
): Promise<void> {
  const appended = await writer.append(bytes);
  const committed = appended.ok && (await writer.commit()).ok;
  onOver(committed);
}

function fillStream(
  { response, writer, onOver }: Filling,
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream {
  const body = new FillBody(() => openBack(writer));
  const announced = response.headers.get("content-length");
  const bytesMax = announced === null ? undefined : Number(announced);
  void pump(source.getReader(), body, { writer, bytes: bytesMax }).then(onOver);
  return body.stream;
}

function openBack(writer: EntryWriter): ReadBack | undefined {
  const { path, bodyAt } = writer;
  if (path === undefined) return undefined;
  try {
    return { file: Deno.openSync(path), bodyAt };
  } catch {
    return undefined;
  }
}

/** Whether it is stored, all of it. Never rejects. */
async function pump(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  body: FillBody,
  { writer, bytes }: {
    readonly writer: EntryWriter;
    /** As the app said; undefined: it did not. */
    readonly bytes: number | undefined;
  },
): Promise<boolean> {
  let isStored = true;
  let count = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      count += value.length;
      isStored &&= (await writer.append(value)).ok;
      await body.push(value, { isStored });
      if (body.isGone && !isStored) {
        await reader.cancel();
        return false;
      }
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    writer.abort();
    body.fail(error);
    return false;
  }
  const isWhole = bytes === undefined || bytes === count;
  if (!isStored || !isWhole) {
    writer.abort();
    body.end();
    return false;
  }
  // Who reads the end may ask again at once, and finds it.
  const committed = (await writer.commit()).ok;
  body.end();
  return committed;
}

/** The head under which an answer is stored. */
export type FillHead = Omit<EntryHead, "status" | "headers">;
