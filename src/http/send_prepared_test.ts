/** Prepared answers on an exchange that only writes down what it is given. */

import { assertEquals, assertRejects } from "@std/assert";
import type { Exchange, ResponseHead } from "./exchange.ts";
import { FileShorterError } from "./file_body.ts";
import type { Prepared } from "./prepared.ts";
import { sendPrepared } from "./send_prepared.ts";

/** What a client has got. */
class Recorder {
  readonly said: string[] = [];
  readonly chunks: Uint8Array[] = [];
  bytes = 0;
  /** It copies what it gets, at once. */
  isFlushed = false;
  ending: "gone" | undefined;
  method = "GET";
  /** The client goes after so many writes. */
  writesMax = Infinity;

  respond({ status, length }: ResponseHead, body: Uint8Array | null): void {
    this.said.push(`respond ${status} ${length} ${body?.length ?? null}`);
  }
  start({ status, length }: ResponseHead): void {
    this.said.push(`start ${status} ${length}`);
  }
  write(chunk: Uint8Array): Promise<void> {
    this.bytes += chunk.length;
    this.chunks.push(chunk);
    if (--this.writesMax <= 0) this.ending = "gone";
    return Promise.resolve();
  }
  end(): void {
    this.said.push("end");
  }
  asExchange(): Exchange {
    return this as unknown as Exchange;
  }
}

const HEAD = { status: 200, headers: [] };

/** A slice of a file of that size, and whether it is closed. */
function slice(size: number, length = size): {
  readonly prepared: Prepared;
  readonly isClosed: () => boolean;
} {
  const path = Deno.makeTempFileSync();
  Deno.writeFileSync(path, new Uint8Array(size));
  const file = Deno.openSync(path);
  Deno.removeSync(path);
  const isClosed = (): boolean => {
    try {
      file.statSync();
      return false;
    } catch {
      return true;
    }
  };
  const body = { file, offset: 0, length };
  return { prepared: { ...HEAD, length, body }, isClosed };
}

Deno.test("sendPrepared() sends bytes with their head", async () => {
  const client = new Recorder();
  const body = new Uint8Array(4);
  await sendPrepared({ ...HEAD, length: 4, body }, client.asExchange());
  await sendPrepared(
    { ...HEAD, length: undefined, body: null },
    client.asExchange(),
  );
  assertEquals(client.said, ["respond 200 4 4", "respond 200 undefined null"]);
});

Deno.test("sendPrepared() sends a file to its end and closes it", async () => {
  const client = new Recorder();
  const { prepared, isClosed } = slice(600_000);
  await sendPrepared(prepared, client.asExchange());
  assertEquals(client.said, ["start 200 600000", "end"]);
  assertEquals([client.bytes, isClosed()], [600_000, true]);
});

Deno.test("sendPrepared() reads into a buffer that nobody holds", async () => {
  const taking = new Recorder();
  taking.isFlushed = true;
  const holding = new Recorder();
  for (const client of [taking, taking, holding]) {
    await sendPrepared(slice(600_000).prepared, client.asExchange());
  }
  const buffers = new Set(taking.chunks.map(({ buffer }) => buffer));
  assertEquals(buffers.size, 1);
  const { chunks } = holding;
  assertEquals(new Set(chunks.map(({ buffer }) => buffer)).size, chunks.length);
});

Deno.test("sendPrepared() stops when the client goes", async () => {
  const client = new Recorder();
  client.writesMax = 1;
  const { prepared, isClosed } = slice(600_000);
  await sendPrepared(prepared, client.asExchange());
  assertEquals(client.said, ["start 200 600000"]);
  assertEquals([client.bytes < 600_000, isClosed()], [true, true]);
  const late = slice(10);
  await sendPrepared(late.prepared, client.asExchange());
  assertEquals([client.said.length, late.isClosed()], [1, true]);
});

Deno.test("sendPrepared() fails when the file became shorter", async () => {
  const client = new Recorder();
  const { prepared, isClosed } = slice(100, 200);
  await assertRejects(
    async () => await sendPrepared(prepared, client.asExchange()),
    FileShorterError,
    "by 100",
  );
  assertEquals([client.said, isClosed()], [["start 200 200"], true]);
});
