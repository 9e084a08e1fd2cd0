/**
 * Writes one entry: into a temporary file of the zone, which is then renamed
 * to its place. Before that nobody sees anything of it, and after it all of
 * it; of several who write the same, the last is the winner, whole.
 *
 * The temporary file is locked by who writes it. So everybody else knows of a
 * dead one's, whatever its process id has become: the kernel has let go of it.
 *
 * Small entries are written at once. What may wait for a disk, to sync and to
 * rename over a file, is done beside the event loop. Source: man 2 rename,
 * man 2 flock, man 2 fdatasync; ext4 writes a file back before it takes
 * another's place (auto_da_alloc).
 */

import type { Result, SystemError } from "../base/system_error.ts";
import { failure, success } from "../base/system_error.ts";
import type { Fsync } from "../config/config.ts";
import { fromDenoError, namedError } from "../os/errno.ts";
import type { EntryHead } from "./entry.ts";
import { addToSum, encodeHead, encodePrefix, PREFIX_BYTES } from "./entry.ts";
import { KEY_LENGTH_MAX } from "./key.ts";
import { lengthOfTags, TAGS_LENGTH_MAX } from "./notice.ts";

/** What is kept in memory before there is a file. */
const KEPT_BYTES_MAX = 64 * 1024;

/** Nobody else has any business with them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** An entry that is being written. */
export interface EntryWriter {
  /** The temporary file, once there is one, until it is over. */
  readonly path: string | undefined;
  /** Where in it the body begins. */
  readonly bodyAt: number;
  /**
   * More of the body; wait for each. After one that failed nothing is left of
   * it on the disk, and every further call says the same.
   */
  append(chunk: Uint8Array): Promise<Result<void>>;
  /** Put it in its place; the size of its file. */
  commit(): Promise<Result<number>>;
  /** Drop it. Does nothing once it is in its place. */
  abort(): void;
}

/** Where it is written, and how. */
export interface WriterPlace {
  /** For the temporary file; made when it is not there. */
  readonly temporary: string;
  readonly folder: string;
  readonly path: string;
  readonly fsync: Fsync;
}

/** Numbers this process's temporary files. */
let written = 0;

/** Begin an entry: nothing is on the disk yet. */
export function createWriter(
  head: EntryHead,
  place: WriterPlace,
): EntryWriter {
  return new Writer(head, place);
}

class Writer implements EntryWriter {
  readonly #place: WriterPlace;
  readonly #head: Uint8Array<ArrayBuffer>;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #bodyBytes = 0;
  #sum = 0;
  #file: Deno.FsFile | undefined;
  #path = "";
  #isOver = false;
  #error: SystemError | undefined;

  constructor(head: EntryHead, place: WriterPlace) {
    this.#place = place;
    const isShort = head.key.length <= KEY_LENGTH_MAX &&
      lengthOfTags(head.tags ?? []) <= TAGS_LENGTH_MAX;
    const bytes = isShort ? encodeHead(head) : undefined;
    this.#head = bytes ?? new Uint8Array();
    if (bytes !== undefined) return;
    this.#error = namedError("E2BIG", `store "${head.key.slice(0, 64)}"`);
  }

  get path(): string | undefined {
    return this.#isOver || this.#path === "" ? undefined : this.#path;
  }

  get bodyAt(): number {
    return PREFIX_BYTES + this.#head.length;
  }

  async append(chunk: Uint8Array): Promise<Result<void>> {
    return await this.#attempt(`write() to "${this.#target}"`, async () => {
      this.#sum = addToSum(chunk, this.#sum);
      this.#bodyBytes += chunk.length;
      if (this.#file === undefined) {
        // A copy: the chunk is the caller's to use again.
        this.#kept.push(chunk.slice());
        this.#keptBytes += chunk.length;
        if (this.#keptBytes > KEPT_BYTES_MAX) {
          await writeAll(this.#open(), this.#takeKept());
        }
      } else await writeAll(this.#file, chunk);
    });
  }

  async commit(): Promise<Result<number>> {
    const { path, fsync, folder } = this.#place;
    const finished = await this.#attempt(
      `write() to "${this.#target}"`,
      async () => {
        if (this.#file === undefined) writeSync(this.#open(), this.#takeKept());
        else {
          this.#file.seekSync(0, Deno.SeekMode.Start);
          writeSync(this.#file, this.#prefix);
        }
        if (fsync !== "off") await this.#file?.syncData();
      },
    );
    if (!finished.ok) return finished;
    const renamed = await this.#attempt(
      `rename() to "${path}"`,
      () => this.#rename(),
    );
    if (!renamed.ok) return renamed;
    this.#end();
    if (fsync === "full") await syncFolder(folder);
    return success(PREFIX_BYTES + this.#head.length + this.#bodyBytes);
  }

  abort(): void {
    if (this.#isOver) return;
    const path = this.#path;
    this.#end();
    if (path !== "") removeQuietly(path);
  }

  get #target(): string {
    return this.#path === "" ? this.#place.temporary : this.#path;
  }

  get #prefix(): Uint8Array<ArrayBuffer> {
    const sums = { bodyBytes: this.#bodyBytes, bodySum: this.#sum };
    return encodePrefix(this.#head, sums);
  }

  /** Everything up to here as one; the prefix may be written again. */
  #takeKept(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(
      PREFIX_BYTES + this.#head.length + this.#keptBytes,
    );
    bytes.set(this.#prefix);
    bytes.set(this.#head, PREFIX_BYTES);
    let at = PREFIX_BYTES + this.#head.length;
    for (const chunk of this.#kept) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.#kept = [];
    this.#keptBytes = 0;
    return bytes;
  }

  #open(): Deno.FsFile {
    const { temporary } = this.#place;
    const options = { createNew: true, write: true, mode: FILE_MODE };
    const random = Math.random().toString(36).slice(2, 10);
    const path = `${temporary}/${Deno.pid}.${written++}.${random}`;
    try {
      this.#file = Deno.openSync(path, options);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      Deno.mkdirSync(temporary, { recursive: true, mode: FOLDER_MODE });
      this.#file = Deno.openSync(path, options);
    }
    this.#path = path;
    // Nobody else knows the file: there is nothing to wait for.
    this.#file.tryLockSync(true);
    return this.#file;
  }

  /** The folder may be missing, or be removed at any moment as empty. */
  async #rename(): Promise<void> {
    const { path, folder } = this.#place;
    for (let tries = 0;; tries++) {
      try {
        return await Deno.rename(this.#path, path);
      } catch (error) {
        const isMissing = error instanceof Deno.errors.NotFound;
        if (!isMissing || tries === 3) throw error;
        Deno.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
      }
    }
  }

  async #attempt(
    call: string,
    act: () => Promise<void>,
  ): Promise<Result<void>> {
    if (this.#isOver && this.#error === undefined) {
      this.#error = namedError("ECANCELED", call);
    }
    if (this.#error !== undefined) return failure(this.#error);
    try {
      await act();
      return success(undefined);
    } catch (error) {
      this.#error ??= fromDenoError(error, call);
      this.abort();
      return failure(this.#error);
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#kept = [];
    this.#file?.close();
    this.#file = undefined;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += await file.write(bytes.subarray(done));
}

function writeSync(file: Deno.FsFile, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += file.writeSync(bytes.subarray(done));
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // The cache loader removes what is left.
  }
}

/** Whether a name survives a loss of power is known after this alone. */
async function syncFolder(path: string): Promise<void> {
  try {
    using folder = await Deno.open(path);
    await folder.sync();
  } catch {
    // It was removed as empty, and the entry with it; or it cannot be synced.
  }
}
