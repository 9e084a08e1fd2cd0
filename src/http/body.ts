/**
 * The body of a request as it comes in: read whole, read as a stream, or
 * thrown away. It holds at most about BUFFERED_BYTES_MAX: then the connection
 * is told to stop reading until somebody takes what is there, so a slow reader
 * slows its client down.
 */

/** What may wait to be read before the connection is paused. */
const BUFFERED_BYTES_MAX = 64 * 1024;

/** What a body tells its connection. */
export interface BodyFlow {
  /** Somebody wants the body now: the first time, "100 Continue" is due. */
  onWanted(): void;
  /** Too much waits to be read. */
  pause(): void;
  resume(): void;
}

const NO_FLOW: BodyFlow = {
  onWanted: () => {},
  pause: () => {},
  resume: () => {},
};

/** The error of whoever reads a body that the client did not finish. */
export function clientGone(): DOMException {
  const text = "The client closed the connection before the body ended.";
  return new DOMException(text, "AbortError");
}

/** One request's body. */
export class RequestBody {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isComplete = false;
  #failure: { readonly error: unknown } | undefined;
  #isPaused = false;
  #isDiscarded = false;
  #wake: (() => void) | undefined;
  readonly #flow: BodyFlow;

  constructor(flow: BodyFlow) {
    this.#flow = flow;
  }

  /** Everything has come, or nothing more will. */
  get isOver(): boolean {
    return this.#isComplete || this.#failure !== undefined;
  }

  /** Somebody waits for the next bytes. */
  get isAwaited(): boolean {
    return !this.isOver && !this.#isPaused &&
      (this.#wake !== undefined || this.#isDiscarded);
  }

  /** The next bytes; what was thrown away is not kept. */
  push(chunk: Uint8Array): void {
    if (this.#isDiscarded || this.isOver) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= BUFFERED_BYTES_MAX) {
      this.#isPaused = true;
      this.#flow.pause();
    }
    this.#notify();
  }

  /** That was all. */
  end(): void {
    this.#isComplete = true;
    this.#notify();
  }

  /** It will never be complete; readers reject with `error`. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.#failure = { error };
    this.#notify();
  }

  /** Take what there is and throw away what comes. */
  discard(): void {
    if (this.#isDiscarded) return;
    this.#isDiscarded = true;
    this.#take();
    this.#notify();
  }

  /** The whole body; rejects when the client goes away before its end. */
  async readAll(): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const taken = this.#takeOrWait();
      const some = taken instanceof Promise ? await taken : taken;
      if (some === undefined) return join(chunks);
      chunks.push(...some);
    }
  }

  /** The body as a stream that reads only when it is read. */
  toStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      type: "bytes",
      pull: async (controller): Promise<void> => {
        const taken = this.#takeOrWait();
        const some = taken instanceof Promise ? await taken : taken;
        if (some === undefined) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        for (const chunk of some) controller.enqueue(new Uint8Array(chunk));
      },
      cancel: (): void => this.discard(),
    });
  }

  /** Chunks, at least one; undefined at the end. Throws what it failed with. */
  #takeOrWait(): Uint8Array[] | undefined | Promise<Uint8Array[] | undefined> {
    if (this.#chunks.length > 0) return this.#take();
    if (this.#isComplete) return undefined;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isDiscarded) throw clientGone();
    this.#flow.onWanted();
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        try {
          resolve(this.#takeOrWait());
        } catch (error) {
          reject(error);
        }
      };
    });
  }

  #take(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#flow.resume();
    }
    return chunks;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** Of a request without one. */
export function emptyBody(): RequestBody {
  const body = new RequestBody(NO_FLOW);
  body.end();
  return body;
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
