/**
 * A zone's entries, as a worker uses them: looked up by the path that follows
 * from the key, written as a whole, removed. The index is the cache manager's;
 * it is told, and never asked.
 *
 * A file that is not what it should be is as good as none: it is counted,
 * said, and removed, if it is still the same file.
 *
 * nginx: src/http/ngx_http_file_cache.c, ngx_http_file_cache_open and
 * ngx_http_file_cache_update.
 */

import type { Level } from "../base/level.ts";
import type { Result } from "../base/system_error.ts";
import { failure, formatSystemError, success } from "../base/system_error.ts";
import type { ZoneConfig } from "../config/config.ts";
import { fromDenoError } from "../os/errno.ts";
import { addToSum } from "./entry.ts";
import type { EntryHead } from "./entry.ts";
import { createWriter, type EntryWriter } from "./entry_writer.ts";
import { fileOf, folderOf, hashOf, TEMPORARY } from "./key.ts";
import { type Look, openEntry } from "./opened_file.ts";
import { Reporter, type SendNotice } from "./reporter.ts";
import { createEntry, type Entry } from "./stored_entry.ts";
import { examine, filesIn } from "./walk.ts";

/** What a store needs of the process it is in. */
export interface StoreHost {
  readonly send: SendNotice;
  readonly log: (level: Level, text: string) => void;
}

/** What this process has seen of a zone. */
export interface StoreCounters {
  hits: number;
  misses: number;
  stores: number;
  /** Files that were no entries, or broken ones. */
  rejected: number;
  /** What the disk refused. */
  failures: number;
}

/** Broken files, and failures, that are said one by one; then only counted. */
const SAID_MAX = 20;

/** How a read is meant. */
export interface ReadOptions {
  /** It is no use of the entry, and counts nowhere. */
  readonly isQuiet?: boolean;
}

/** One zone in one process. */
export class Store {
  readonly name: string;
  readonly counters: StoreCounters = {
    hits: 0,
    misses: 0,
    stores: 0,
    rejected: 0,
    failures: 0,
  };
  readonly #config: ZoneConfig;
  readonly #host: StoreHost;
  readonly #reporter: Reporter;

  constructor(config: ZoneConfig, host: StoreHost) {
    this.name = config.name;
    this.#config = config;
    this.#host = host;
    this.#reporter = new Reporter(config.name, host.send);
  }

  /**
   * The entry of that key; undefined: there is none, or none that is right.
   * Whoever gets one reads its body to the end, cancels it, or closes it.
   */
  read(key: string, { isQuiet = false }: ReadOptions = {}): Entry | undefined {
    const hash = hashOf(key);
    const entry = this.#open(hash);
    if (isQuiet) return entry;
    if (entry === undefined) this.counters.misses += 1;
    else {
      this.counters.hits += 1;
      this.#reporter.report({ kind: "used", hash });
    }
    return entry;
  }

  /** Begin an entry, which is there for others once it is committed. */
  begin(head: EntryHead): EntryWriter {
    const hash = hashOf(head.key);
    const { path, levels, fsync } = this.#config;
    const writer = createWriter(head, {
      temporary: `${path}/${TEMPORARY}`,
      folder: `${path}/${folderOf(hash, levels)}`,
      path: this.#pathOf(hash),
      fsync,
    });
    let isFailed = false;
    // The same failure is the answer to every further call.
    const noted = <Value>(result: Result<Value>): Result<Value> => {
      if (!result.ok && !isFailed) this.#noted(result);
      isFailed ||= !result.ok;
      return result;
    };
    return {
      get path() {
        return writer.path;
      },
      bodyAt: writer.bodyAt,
      append: async (chunk) => noted(await writer.append(chunk)),
      abort: () => writer.abort(),
      commit: async () => {
        const committed = noted(await writer.commit());
        if (committed.ok) this.#filed(hash, head, committed.value);
        return committed;
      },
    };
  }

  /** A whole entry at once; the size of its file. */
  async store(head: EntryHead, body: Uint8Array): Promise<Result<number>> {
    const writer = this.begin(head);
    await writer.append(body);
    return await writer.commit();
  }

  /**
   * The same body under another head, as after a 304; until then the old one
   * stays. False: there was none any more.
   */
  async refresh(head: EntryHead): Promise<Result<boolean>> {
    const old = this.read(head.key, { isQuiet: true });
    if (old === undefined) return success(false);
    const writer = this.begin(head);
    try {
      for await (const chunk of old.body()) {
        const appended = await writer.append(chunk);
        if (!appended.ok) return appended;
      }
    } catch {
      // It was broken, which is said already, or the disk cannot be read.
      writer.abort();
      return success(false);
    }
    const committed = await writer.commit();
    return committed.ok ? success(true) : committed;
  }

  /** Whether there was one. */
  async delete(key: string): Promise<Result<boolean>> {
    return await this.#remove(hashOf(key));
  }

  async #remove(hash: string): Promise<Result<boolean>> {
    const path = this.#pathOf(hash);
    try {
      await Deno.remove(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return success(false);
      const failed = fromDenoError(error, `unlink() "${path}"`);
      return this.#noted(failure(failed));
    }
    this.#reporter.report({ kind: "gone", hash });
    return success(true);
  }

  /**
   * Have the manager remove everything with that tag, whoever stored it, and
   * what was made before this call and is stored after it.
   */
  tellPurged(tag: string): void {
    const purge = { tag, atMs: Date.now() };
    this.#reporter.report({ kind: "purged", purge });
    this.#reporter.flush();
  }

  /**
   * Remove everything with that tag now, whoever stored it; how many files.
   * Without a complete index it walks, which no worker has the time for.
   */
  async purge(tag: string): Promise<Result<number>> {
    this.tellPurged(tag);
    const { hashesTagged } = await import("./tagged.ts");
    let removed = 0;
    for (const hash of hashesTagged(this.#config, tag)) {
      const deleted = await this.#remove(hash);
      if (!deleted.ok) return deleted;
      removed += Number(deleted.value);
    }
    return success(removed);
  }

  /** Every entry's head; walks through the whole zone. */
  *list(): Generator<EntryHead, void> {
    for (const found of filesIn(this.#config)) {
      const look = examine(found, this.#config);
      if (look.kind !== "entry") continue;
      yield look.head;
    }
  }

  /** Tell the manager what it was not told yet; nothing follows. */
  close(): void {
    this.#reporter.flush(true);
  }

  #pathOf(hash: string): string {
    return `${this.#config.path}/${fileOf(hash, this.#config.levels)}`;
  }

  #filed(hash: string, head: EntryHead, bytes: number): void {
    this.counters.stores += 1;
    const { tags = [], storedAtMs } = head;
    const atMs = Math.max(0, Math.floor(storedAtMs));
    const entry = { hash, bytes, atMs, tags };
    this.#reporter.report({ kind: "stored", entry });
  }

  #open(hash: string): Entry | undefined {
    const path = this.#pathOf(hash);
    const opened = this.#noted(openEntry(path, hash));
    if (!opened.ok || opened.value.kind === "missing") return undefined;
    if (opened.value.kind === "broken") {
      const { reason, ino } = opened.value;
      return this.#reject({ hash, ino }, reason);
    }
    return this.#entryOf(opened.value, hash);
  }

  #entryOf(
    { entry, file, body }: Extract<Look, { readonly kind: "entry" }>,
    hash: string,
  ): Entry | undefined {
    const ino = body === undefined ? 0 : file.statSync().ino ?? 0;
    if (body !== undefined && addToSum(body) !== entry.bodySum) {
      file.close();
      return this.#reject({ hash, ino }, "its body's checksum is wrong");
    }
    return createEntry({
      decoded: entry,
      file,
      bytes: body,
      onBroken: (reason) => {
        this.#reject({ hash, ino: file.statSync().ino ?? 0 }, reason);
      },
    });
  }

  /** It may be another file by now, which may be right. */
  #reject(
    { hash, ino }: { readonly hash: string; readonly ino: number },
    reason: string,
  ): undefined {
    const path = this.#pathOf(hash);
    this.counters.rejected += 1;
    const isSaid = this.counters.rejected <= SAID_MAX;
    if (isSaid) {
      const text = `cache zone "${this.name}": "${path}" is broken, ` +
        `removing it: ${reason}`;
      this.#host.log("error", text);
    }
    try {
      if (Deno.lstatSync(path).ino !== ino) return;
      Deno.removeSync(path);
      this.#reporter.report({ kind: "gone", hash });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      this.#noted(failure(fromDenoError(error, `unlink() "${path}"`)));
    }
  }

  #noted<Value>(result: Result<Value>): Result<Value> {
    // Given up by who wrote it: no failure of the disk.
    if (result.ok || result.error.code === "ECANCELED") return result;
    this.counters.failures += 1;
    if (this.counters.failures <= SAID_MAX) {
      const text = `cache zone "${this.name}": ` +
        formatSystemError(result.error);
      this.#host.log("error", text);
    }
    return result;
  }
}
