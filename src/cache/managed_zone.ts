/**
 * A zone in the hands of the cache manager: it keeps the index of what it is
 * told, removes what has to go, and makes the index right again when it may be
 * wrong. What goes is evict.ts's decision.
 *
 * An index that is none any more is made anew; what else SQLite refuses fails
 * the pass, and what was told meanwhile is looked for later.
 *
 * nginx: src/http/ngx_http_file_cache.c, ngx_http_file_cache_manager.
 */

import { between } from "../base/unit.ts";
import type { ZoneConfig } from "../config/config.ts";
import { monotonicNow } from "../os/clock.ts";
import { freeBytesAt } from "../os/file_system.ts";
import { isSpent } from "./budget.ts";
import {
  type Candidate,
  countVictims,
  isOver,
  nextLook,
  type Usage,
} from "./evict.ts";
import { fileOf, folderBytes, folderOf } from "./key.ts";
import type { ZoneNotice } from "./notice.ts";
import { Purges } from "./purges.ts";
import { Repair } from "./repair.ts";
import type { ManagedZone, Sender, ZoneHost } from "./zone.ts";
import { ZoneIndex } from "./zone_index.ts";

/** How many are removed between two looks at the clock and the disk. */
const BATCH = 20;

/** Entries of one tag that are removed at once; who purged removes all. */
const PURGED_MAX = 10_000;

/** A zone whose index is not open yet. */
export function openManagedZone(
  config: ZoneConfig,
  host: ZoneHost,
): ManagedZone {
  return new Managed(config, host);
}

class Managed implements ManagedZone {
  readonly #config: ZoneConfig;
  readonly #host: ZoneHost;
  readonly #repair: Repair;
  /** Those who told something, and may have more to tell. */
  readonly #senders = new Set<number>();
  readonly #purges = new Purges();
  #index: ZoneIndex | undefined;

  constructor(config: ZoneConfig, host: ZoneHost) {
    this.#config = config;
    this.#host = host;
    this.#repair = new Repair(config, host);
  }

  manage(signal: AbortSignal): Promise<number> {
    return Promise.resolve(
      this.#attempt((index) => {
        const nextMs = this.#evict(index, signal);
        return Math.min(nextMs, this.#repair.pass(index, signal));
      }),
    );
  }

  hear(notice: ZoneNotice, from: Sender): void {
    try {
      this.#attempt((index) => this.#note(index, notice));
    } catch (error) {
      // Said by the next pass, which fails, too, if it is not over by then.
      this.#host.log("info", `cache zone "${this.#config.name}": ${error}`);
      this.#want();
    }
    if (from.role === "cache_loader") this.#repair.isWalkedBy(notice);
    else if (notice.isLast) this.#senders.delete(from.pid);
    else this.#senders.add(from.pid);
    if (notice.lost > 0) this.#want();
  }

  /** Who was cut off may have stored something without telling. */
  part({ pid }: Sender): void {
    if (this.#senders.delete(pid)) this.#want();
  }

  close(): void {
    this.#index?.close(!this.#repair.isWanted);
    this.#index = undefined;
  }

  /** The index may be wrong: others who look must know. */
  #want(): void {
    this.#repair.want();
    try {
      this.#index?.setComplete(false);
    } catch {
      // Its disk is full, or the like: the next pass says so.
    }
  }

  /** With the index; one that is none any more is made anew, once. */
  #attempt<Value>(act: (index: ZoneIndex) => Value): Value {
    try {
      return act(this.#index ?? this.#open());
    } catch (error) {
      if (!isBroken(error)) throw error;
      const { name, path } = this.#config;
      const text = `cache zone "${name}": the index is broken, making another`;
      this.#host.log("error", text);
      this.#index?.close(false);
      this.#index = undefined;
      ZoneIndex.remove(path);
      return act(this.#open());
    }
  }

  #open(): ZoneIndex {
    const index = new ZoneIndex(this.#config.path);
    this.#index = index;
    if (!index.wasClean) this.#want();
    return index;
  }

  #note(index: ZoneIndex, notice: ZoneNotice): void {
    const now = Date.now();
    const isMore = notice.stored.length > 0 || notice.found.length > 0;
    index.transact(() => {
      for (const entry of notice.stored) index.store(entry, now);
      for (const entry of notice.found) index.find(entry, now);
      for (const hash of notice.gone) index.remove(hash);
      for (const purge of notice.purged) this.#purges.add(purge, now);
      this.#purge(index, notice);
      // Unknown and used: it was not told of, or is gone meanwhile.
      const strangers = notice.used.filter((hash) => !index.use(hash, now));
      for (const hash of strangers) this.#repair.meet(index, hash);
    });
    if (isMore && this.#isFull(index)) this.#host.wantPass();
  }

  /** What was purged, and what is told only now and was stored before. */
  #purge(index: ZoneIndex, { purged, stored }: ZoneNotice): void {
    const late = stored.filter((entry) => this.#purges.has(entry))
      .map(({ hash }) => hash);
    const hashes = purged.flatMap((purge) => index.tagged(purge, PURGED_MAX));
    for (const hash of [...late, ...hashes]) {
      this.#unlink(hash);
      index.remove(hash);
    }
  }

  /** Without a look at the disk, which the next pass takes. */
  #isFull(index: ZoneIndex): boolean {
    const usage = { bytes: this.#bytesOf(index), freeBytes: undefined };
    return isOver(usage, this.#config);
  }

  /** Everything in the zone, as du would say. */
  #bytesOf(index: ZoneIndex): number {
    const { entries, bytes } = index.totals;
    const { levels } = this.#config;
    return bytes + index.ownBytes + folderBytes(entries, levels);
  }

  #evict(index: ZoneIndex, signal: AbortSignal): number {
    const { manager } = this.#config;
    const begun = monotonicNow();
    let [files, bytes] = [0, 0];
    for (;;) {
      const count = Math.min(BATCH, manager.filesMax - files);
      const candidates = index.oldest(count);
      const now = Date.now();
      const usage = this.#usage(index);
      const victims = candidates.slice(
        0,
        countVictims(candidates, usage, this.#config, now),
      );
      bytes += this.#remove(index, victims);
      files += victims.length;
      const elapsedMs = between(begun, monotonicNow());
      const isCut = signal.aborted || isSpent(manager, { files, elapsedMs });
      if (victims.length > 0 && !isCut) continue;
      if (files > 0) this.#say(index, { files, bytes, elapsedMs });
      return victims.length > 0
        ? manager.sleepMs
        : nextLook(candidates[0], this.#config, now);
    }
  }

  /** How many bytes that frees. A file that cannot be removed stays known. */
  #remove(index: ZoneIndex, victims: readonly Candidate[]): number {
    if (victims.length === 0) return 0;
    for (const { hash } of victims) this.#unlink(hash);
    index.transact(() => {
      for (const { hash } of victims) index.remove(hash);
    });
    return victims.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** With the folders that are empty then; a writer makes them again. */
  #unlink(hash: string): void {
    const { path, levels } = this.#config;
    removeIfThere(`${path}/${fileOf(hash, levels)}`);
    let folder = folderOf(hash, levels);
    while (folder !== "" && removeIfEmpty(`${path}/${folder}`)) {
      folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")));
    }
  }

  #usage(index: ZoneIndex): Usage {
    const { path, freeBytesMin } = this.#config;
    return {
      bytes: this.#bytesOf(index),
      freeBytes: freeBytesMin > 0 ? freeBytesAt(path) : undefined,
    };
  }

  #say(
    index: ZoneIndex,
    { files, bytes, elapsedMs }: {
      readonly files: number;
      readonly bytes: number;
      readonly elapsedMs: number;
    },
  ): void {
    const left = index.totals;
    const text = `cache zone "${this.#config.name}": removed ${files} files ` +
      `(${bytes} bytes) in ${Math.ceil(elapsedMs)} ms, ` +
      `left: ${left.entries} files (${left.bytes} bytes)`;
    this.#host.log("info", text);
  }
}

/** https://sqlite.org/rescode.html: SQLITE_CORRUPT, SQLITE_NOTADB. */
function isBroken(error: unknown): boolean {
  return error instanceof Error &&
    /malformed|not a database/.test(error.message);
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function removeIfEmpty(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch {
    return false;
  }
}
