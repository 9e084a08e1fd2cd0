/**
 * Makes an index right again that may be wrong: because nobody closed it, or
 * somebody who stored entries could not say so. First a walk adds what is
 * missing, then what is not there any more is taken out. In passes of the
 * cache loader's size; a loader that walks anyway saves the walk.
 */

import type { Instant } from "../base/unit.ts";
import { after, between } from "../base/unit.ts";
import type { ZoneConfig } from "../config/config.ts";
import { monotonicNow } from "../os/clock.ts";
import { isSpent } from "./budget.ts";
import { LOOK_MS_MAX } from "./evict.ts";
import { fileOf } from "./key.ts";
import type { ZoneNotice } from "./notice.ts";
import { examine, Walk } from "./walk.ts";
import type { ZoneHost } from "./zone.ts";
import type { ZoneIndex } from "./zone_index.ts";

/** Entries that are looked for between two looks at the clock. */
const BATCH = 20;

/** What is done now. */
type Work =
  | { readonly kind: "none" }
  /** A walk, from that moment on. */
  | { readonly kind: "due"; readonly at: Instant }
  | { readonly kind: "walk"; readonly walk: Walk }
  /** Every entry is looked for, by hash; this was the last. */
  | { readonly kind: "sweep"; readonly hash: string };

/** The repairs of one zone's index. */
export class Repair {
  readonly #config: ZoneConfig;
  readonly #host: ZoneHost;
  #work: Work = { kind: "none" };
  /** It became wrong while it was made right. */
  #isWantedAgain = false;

  constructor(config: ZoneConfig, host: ZoneHost) {
    this.#config = config;
    this.#host = host;
  }

  /** Whether the index may be wrong. */
  get isWanted(): boolean {
    return this.#work.kind !== "none";
  }

  /** The index may be wrong. */
  want(): void {
    if (this.#work.kind === "none") {
      this.#putOff();
      this.#host.wantPass();
    } else if (this.#work.kind !== "due") this.#isWantedAgain = true;
  }

  /** The loader tells what it finds: its walk is as good as ours. */
  isWalkedBy({ isLast, lost }: ZoneNotice): void {
    if (this.#work.kind === "walk") return;
    if (isLast && lost === 0) this.#work = { kind: "sweep", hash: "" };
    else if (this.#work.kind === "due") this.#putOff();
    if (isLast) this.#host.wantPass();
  }

  /** An entry that the index does not know was used. */
  meet(index: ZoneIndex, hash: string): void {
    const path = fileOf(hash, this.#config.levels);
    const found = examine({ path, name: hash }, this.#config);
    if (found.kind !== "entry") return;
    const { bytes, head: { storedAtMs, tags = [] } } = found;
    const atMs = Math.max(0, Math.floor(storedAtMs));
    index.store({ hash, bytes, atMs, tags }, Date.now());
  }

  /** Some of it, if it is time; when there is more to do, in milliseconds. */
  pass(index: ZoneIndex, signal: AbortSignal): number {
    const now = monotonicNow();
    if (this.#work.kind === "none") return LOOK_MS_MAX;
    if (this.#work.kind === "due") {
      const inMs = this.#work.at - now;
      if (inMs > 0) return Math.min(LOOK_MS_MAX, Math.ceil(inMs));
      this.#work = { kind: "walk", walk: this.#begin(index) };
    }
    const { loader } = this.#config;
    for (let files = 0; !signal.aborted; files += BATCH) {
      const elapsedMs = between(now, monotonicNow());
      if (isSpent(loader, { files, elapsedMs })) break;
      index.transact(() => this.#step(index));
      if (this.#work.kind !== "walk" && this.#work.kind !== "sweep") {
        return LOOK_MS_MAX;
      }
    }
    return loader.sleepMs;
  }

  #begin(index: ZoneIndex): Walk {
    return new Walk(this.#config, {
      log: (level, text) => this.#host.log(level, text),
      onEntry: (entry) => index.find(entry, Date.now()),
    });
  }

  #step(index: ZoneIndex): void {
    if (this.#work.kind === "walk") {
      const { walk } = this.#work;
      for (let files = 0; files < BATCH; files++) {
        if (walk.next()) continue;
        this.#work = { kind: "sweep", hash: "" };
        return;
      }
    } else if (this.#work.kind === "sweep") this.#sweep(index, this.#work.hash);
  }

  #sweep(index: ZoneIndex, hash: string): void {
    const entries = index.after(hash, BATCH);
    for (const entry of entries) {
      if (!this.#isThere(entry.hash)) index.remove(entry.hash);
    }
    const last = entries.at(-1);
    this.#work = last === undefined
      ? { kind: "none" }
      : { kind: "sweep", hash: last.hash };
    if (last === undefined) this.#end(index);
  }

  #end(index: ZoneIndex): void {
    const { entries, bytes } = index.totals;
    const text = `cache zone "${this.#config.name}": the index is complete, ` +
      `${entries} entries, ${bytes} bytes`;
    this.#host.log("notice", text);
    index.setComplete(!this.#isWantedAgain);
    if (this.#isWantedAgain) this.#putOff();
    this.#isWantedAgain = false;
  }

  #isThere(hash: string): boolean {
    const { path, levels } = this.#config;
    try {
      Deno.lstatSync(`${path}/${fileOf(hash, levels)}`);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  #putOff(): void {
    const at = after(monotonicNow(), this.#config.loaderDelayMs);
    this.#work = { kind: "due", at };
  }
}
