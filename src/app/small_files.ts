/**
 * The contents of small files, kept in memory while their facts on disk are
 * the same: a file that is asked for often costs one stat. Bounded by bytes
 * and by number; what was not used longest goes first. Pure: what is kept is
 * checked by whoever asks.
 */

import type { FileFacts } from "../os/found_file.ts";

/** Larger files are streamed from the disk. */
export const SMALL_BYTES_MAX = 64 * 1024;

/** Per worker. */
const BYTES_MAX = 16 * 1024 * 1024;
const FILES_MAX = 4096;

/** What an empty file, its path and facts take besides its bytes, about. */
const OVERHEAD_BYTES = 512;

/** A whole file as it was read. */
export interface SmallFile {
  readonly facts: FileFacts;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** By path, the least recently used first. */
export class SmallFiles {
  readonly #files = new Map<string, SmallFile>();
  readonly #bytesMax: number;
  readonly #filesMax: number;
  #bytes = 0;

  constructor({ bytesMax = BYTES_MAX, filesMax = FILES_MAX } = {}) {
    this.#bytesMax = bytesMax;
    this.#filesMax = filesMax;
  }

  /** What is kept of `path`; it counts as used. */
  get(path: string): SmallFile | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    this.#files.delete(path);
    this.#files.set(path, file);
    return file;
  }

  /** Keep it, and let go of as many as that takes. */
  set(path: string, file: SmallFile): void {
    this.delete(path);
    this.#files.set(path, file);
    this.#bytes += costOf(path, file);
    for (const oldest of this.#files.keys()) {
      if (this.#fits) return;
      this.delete(oldest);
    }
  }

  /** Let go of it. */
  delete(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#files.delete(path);
    this.#bytes -= costOf(path, file);
  }

  get #fits(): boolean {
    return this.#bytes <= this.#bytesMax && this.#files.size <= this.#filesMax;
  }
}

function costOf(path: string, { bytes }: SmallFile): number {
  return OVERHEAD_BYTES + path.length + bytes.length;
}
