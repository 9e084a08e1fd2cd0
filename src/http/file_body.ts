/**
 * A part of an opened file as the body of a response. The server sends it from
 * the file (see prepared.ts); for everybody else it is a stream, which reads
 * no more than is asked for and closes the file when it ends, fails or is
 * cancelled.
 *
 * What is announced is what is sent: a file that became shorter meanwhile
 * breaks the body, so that the connection is cut and no client takes a part
 * for the whole.
 */

/** Some bytes of a file that stays open until they are sent. */
export interface FileSlice {
  /** The owner of the slice closes it. */
  readonly file: Deno.FsFile;
  readonly offset: number;
  readonly length: number;
}

/** Enough to keep a fast client busy, little enough to hold for a slow one. */
const CHUNK_BYTES = 64 * 1024;

/** Whether a body is a slice of a file. */
export function isFileSlice(body: unknown): body is FileSlice {
  return typeof body === "object" && body !== null && "file" in body;
}

/** Reads the slice; it owns the file from now on. */
export function streamOf(
  slice: FileSlice,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return streamOfPieces(slice.file, [slice]);
}

/** Bytes, or where in the file they are. */
export type Piece =
  | Uint8Array<ArrayBuffer>
  | { readonly offset: number; readonly length: number };

/** Several pieces one after the other; it owns the file from now on. */
export function streamOfPieces(
  file: Deno.FsFile,
  pieces: readonly Piece[],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = readPieces(file, pieces);
  const close = async (): Promise<void> => {
    await chunks.return(undefined);
    // A generator that was never begun has not come to its own end.
    closeQuietly(file);
  };
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: close,
  }, { highWaterMark: 0 });
}

async function* readPieces(
  file: Deno.FsFile,
  pieces: readonly Piece[],
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  try {
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) yield piece;
      else yield* readSlice({ file, ...piece });
    }
  } finally {
    closeQuietly(file);
  }
}

async function* readSlice(
  { file, offset, length }: FileSlice,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  await file.seek(offset, Deno.SeekMode.Start);
  let rest = length;
  while (rest > 0) {
    const chunk = new Uint8Array(Math.min(rest, CHUNK_BYTES));
    const count = await file.read(chunk);
    if (count === null) throw new FileShorterError(rest);
    rest -= count;
    yield count === chunk.length ? chunk : chunk.subarray(0, count);
  }
}

/** The file ends before what was announced of it. */
export class FileShorterError extends Error {
  override readonly name = "FileShorterError";

  constructor(missingBytes: number) {
    super(`The file became shorter while it was sent, by ${missingBytes}`);
  }
}

/** Close a file that may be closed already. */
export function closeQuietly(file: Deno.FsFile): void {
  try {
    file.close();
  } catch {
    // It was closed before; that is all we want.
  }
}
