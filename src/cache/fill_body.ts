/**
 * The body of a response that is being stored, as its first client gets it.
 * What the client has not taken yet is kept in memory up to a limit and is
 * read back from the file it is stored in beyond that: so the app is read at
 * its own pace, and neither a slow client nor one that has gone keeps others
 * waiting for the entry. What could not be stored goes to the client alone,
 * and then at the client's pace.
 */

/** What is kept in memory for the client. */
const HELD_BYTES_MAX = 256 * 1024;

const CHUNK_BYTES = 64 * 1024;

/** Bytes in memory, or where in the body's file they are. */
type Segment =
  | Uint8Array<ArrayBuffer>
  | { start: number; end: number };

/** Where the bytes can be read again. */
export interface ReadBack {
  readonly file: Deno.FsFile;
  /** Where in it the body begins. */
  readonly bodyAt: number;
}

/** A body on its way from the app to a client and to the disk. */
export class FillBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #segments: Segment[] = [];
  readonly #openBack: () => ReadBack | undefined;
  #back: ReadBack | undefined;
  #heldBytes = 0;
  #offset = 0;
  #ending: "no" | "end" | "failed" = "no";
  #error: unknown;
  #isGone = false;
  #wake: (() => void) | undefined;
  #onRoom: (() => void) | undefined;

  /** `openBack` is called when it is first needed; undefined: it cannot be. */
  constructor(openBack: () => ReadBack | undefined) {
    this.#openBack = openBack;
    this.stream = new ReadableStream({
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#leave(),
    }, { highWaterMark: 0 });
  }

  /** Nobody wants it any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * The next bytes, which are not to be changed. A promise when there is no
   * room for more and they can be nowhere else.
   */
  push(
    chunk: Uint8Array<ArrayBuffer>,
    { isStored }: { readonly isStored: boolean },
  ): undefined | Promise<void> {
    const start = this.#offset;
    this.#offset += chunk.length;
    if (this.#isGone) return undefined;
    const isHeld = this.#heldBytes < HELD_BYTES_MAX;
    if (!isHeld && isStored && this.#canReadBack()) {
      this.#pushStored(start, this.#offset);
      return undefined;
    }
    this.#segments.push(chunk);
    this.#heldBytes += chunk.length;
    this.#notify();
    return this.#room(isStored);
  }

  /** That was all. */
  end(): void {
    this.#ending = "end";
    this.#notify();
  }

  /** It will never be complete: who reads it must see that. */
  fail(error: unknown): void {
    this.#ending = "failed";
    this.#error = error;
    this.#notify();
  }

  #pushStored(start: number, end: number): void {
    const last = this.#segments.at(-1);
    if (last !== undefined && "end" in last && last.end === start) {
      last.end = end;
    } else this.#segments.push({ start, end });
    this.#notify();
  }

  #canReadBack(): boolean {
    this.#back ??= this.#openBack();
    return this.#back !== undefined;
  }

  /** In the file there is room for what follows. */
  #room(isStored: boolean): undefined | Promise<void> {
    if (this.#heldBytes < HELD_BYTES_MAX) return undefined;
    if (isStored && this.#canReadBack()) return undefined;
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  async #pull(
    controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    while (this.#segments.length === 0 && this.#ending === "no") {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (this.#isGone) return;
    }
    const [segment] = this.#segments;
    if (segment !== undefined) {
      controller.enqueue(await this.#take(segment));
      return;
    }
    this.#close();
    if (this.#ending === "failed") controller.error(this.#error);
    else controller.close();
  }

  async #take(segment: Segment): Promise<Uint8Array<ArrayBuffer>> {
    if (segment instanceof Uint8Array) {
      this.#segments.shift();
      this.#heldBytes -= segment.length;
      if (this.#heldBytes < HELD_BYTES_MAX) this.#giveRoom();
      return segment;
    }
    const back = this.#back;
    if (back === undefined) throw new Error("There is no file to read back");
    const length = Math.min(segment.end - segment.start, CHUNK_BYTES);
    const chunk = new Uint8Array(length);
    await back.file.seek(back.bodyAt + segment.start, Deno.SeekMode.Start);
    const count = await back.file.read(chunk);
    if (count === null) throw new Error("The stored body became shorter");
    segment.start += count;
    if (segment.start === segment.end) this.#segments.shift();
    return chunk.subarray(0, count);
  }

  #leave(): void {
    this.#isGone = true;
    this.#segments.length = 0;
    this.#heldBytes = 0;
    this.#close();
    this.#giveRoom();
    this.#notify();
  }

  #close(): void {
    this.#back?.file.close();
    this.#back = undefined;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #giveRoom(): void {
    const onRoom = this.#onRoom;
    this.#onRoom = undefined;
    onRoom?.();
  }
}
