/**
 * A client of mixed_clients.ts that speaks HTTP/2, some streams at a time. It
 * is written here because others ask again behind our back what a server
 * dropped. A GOAWAY ends a connection: no new streams, and of those that
 * it does not cover nothing is lost; all others must be answered.
 *
 * Of HPACK only what this needs: a response is good when its head begins with
 * the one byte that is `:status: 200`. Source: RFC 9113 sections 4.1, 6 and
 * 6.8; RFC 7541 appendix A.
 */

import type { Loss } from "../../bench/load_report.ts";
import { connect, LOST_AFTER_MS, write } from "./load_http1.ts";
import type { Run } from "./load_kind.ts";
import { within } from "./until.ts";

const STREAMS = 4;
const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, away: 7 };
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const HEAD_BYTES = 9;
const STATUS_200 = 0x88;
const WINDOW_MAX = 0x7fffffff;

const encoder = new TextEncoder();

/** Ask until the load is over. */
export async function converseHttp2(
  run: Run,
  open: () => Promise<Deno.Conn>,
): Promise<void> {
  while (!run.isOver) {
    const openedMs = performance.now();
    const connection = await connect(run, open);
    if (connection === undefined) continue;
    using _ = connection;
    await new Http2Client(run, connection, openedMs).converse();
  }
}

class Http2Client {
  readonly #run: Run;
  readonly #connection: Deno.Conn;
  readonly #openedMs: number;
  /** Streams without a whole answer; whether the head was good. */
  readonly #open = new Map<number, boolean>();
  #nextStream = 1;
  #isLeft = false;
  #bytes = new Uint8Array(0);

  constructor(run: Run, connection: Deno.Conn, openedMs: number) {
    this.#run = run;
    this.#connection = connection;
    this.#openedMs = openedMs;
  }

  async converse(): Promise<void> {
    try {
      // All there is of flow control: windows that never end.
      await this.#write(
        encoder.encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        frame(FRAME.settings, 0, 0, [0, 4, ...uint32(WINDOW_MAX)]),
        frame(8, 0, 0, uint32(WINDOW_MAX - 65_535)),
      );
      for (;;) {
        await this.#run.think();
        await this.#ask();
        if (this.#open.size === 0) return;
        if (!await this.#read()) return this.#loseAll("closed", "the end");
        await this.#takeFrames();
      }
    } catch (error) {
      this.#loseAll("reset", String(error));
    }
  }

  async #ask(): Promise<void> {
    while (
      this.#open.size < STREAMS && !this.#isLeft && !this.#run.isOver
    ) {
      const stream = this.#nextStream;
      this.#nextStream += 2;
      this.#open.set(stream, false);
      // :method POST, :scheme https, :path, :authority.
      const head = [0x83, 0x87, ...field(4, "/text"), ...field(1, "localhost")];
      const body = encoder.encode("whole");
      await this.#write(
        frame(FRAME.headers, END_HEADERS, stream, head),
        frame(FRAME.data, END_STREAM, stream, body),
      );
    }
  }

  async #read(): Promise<boolean> {
    const buffer = new Uint8Array(65_536);
    const count = await within(this.#connection.read(buffer), {
      what: "frames",
      withinMs: LOST_AFTER_MS,
    });
    if (count === null) return false;
    const bytes = new Uint8Array(this.#bytes.length + count);
    bytes.set(this.#bytes);
    bytes.set(buffer.subarray(0, count), this.#bytes.length);
    this.#bytes = bytes;
    return true;
  }

  async #takeFrames(): Promise<void> {
    for (;;) {
      const bytes = this.#bytes;
      if (bytes.length < HEAD_BYTES) return;
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const length = view.getUint32(0) >> 8;
      if (bytes.length < HEAD_BYTES + length) return;
      const payload = bytes.subarray(HEAD_BYTES, HEAD_BYTES + length);
      this.#bytes = bytes.subarray(HEAD_BYTES + length);
      const [kind = 0, flags = 0] = bytes.subarray(3, 5);
      const stream = view.getUint32(5) & WINDOW_MAX;
      await this.#take({ kind, flags, stream, payload });
    }
  }

  async #take({ kind, flags, stream, payload }: Frame): Promise<void> {
    if (kind === FRAME.settings && (flags & ACK) === 0) {
      await this.#write(frame(FRAME.settings, ACK, 0, []));
    }
    if (kind === FRAME.ping && (flags & ACK) === 0) {
      await this.#write(frame(FRAME.ping, ACK, 0, payload));
    }
    if (kind === FRAME.away) this.#leave(payload);
    if (kind === FRAME.reset) this.#lose("reset", stream, String(payload));
    if (kind === FRAME.headers) {
      this.#open.set(stream, payload[0] === STATUS_200);
    }
    const isEnd = kind === FRAME.headers || kind === FRAME.data;
    if (!isEnd || (flags & END_STREAM) === 0) return;
    if (this.#open.get(stream)) {
      this.#run.tally.answered(this.#openedMs, performance.now());
    } else this.#lose("status", stream, "");
    this.#open.delete(stream);
  }

  #leave(payload: Uint8Array): void {
    if (!this.#isLeft) this.#run.tally.closeAnnounced();
    this.#isLeft = true;
    const view = new DataView(payload.buffer, payload.byteOffset);
    const last = view.getUint32(0) & WINDOW_MAX;
    const error = view.getUint32(4);
    if (error !== 0) this.#loseAll("broken", `GOAWAY with error ${error}`);
    for (const stream of this.#open.keys()) {
      if (stream > last) this.#open.delete(stream);
    }
  }

  #loseAll(loss: Loss, detail: string): void {
    for (const stream of this.#open.keys()) this.#lose(loss, stream, detail);
  }

  #lose(loss: Loss, stream: number, detail: string): void {
    this.#open.delete(stream);
    this.#run.tally.lose(loss, {
      openedMs: this.#openedMs,
      nowMs: performance.now(),
      detail: `, stream ${stream}, announced ${this.#isLeft}: ${detail}`,
    });
  }

  async #write(...frames: readonly Uint8Array[]): Promise<void> {
    await write(
      this.#connection,
      Uint8Array.from(
        frames.flatMap((bytes) => [...bytes]),
      ),
    );
  }
}

interface Frame {
  readonly kind: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

function frame(
  kind: number,
  flags: number,
  stream: number,
  payload: Iterable<number>,
): Uint8Array {
  const bytes = [...payload];
  const length = uint32(bytes.length).slice(1);
  return Uint8Array.from([...length, kind, flags, ...uint32(stream), ...bytes]);
}

function uint32(value: number): number[] {
  return [value >>> 24, value >>> 16, value >>> 8, value].map((one) =>
    one & 255
  );
}

/** A header of the static table's name number `index`, with its value. */
function field(index: number, value: string): number[] {
  return [index, value.length, ...encoder.encode(value)];
}
