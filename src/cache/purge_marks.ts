/**
 * Marks of what was purged, and when: a file in the zone, whose name is the
 * hash of a tag or a key and a time. Every worker looks at them, so a purge
 * holds from the moment the mark is there, for entries that nobody found yet
 * to remove, and for an answer that the app began before it. Nobody has to be
 * alive for that but who reads.
 *
 * The folder is read again when it has changed. A file system counts in ticks
 * of some milliseconds, so a folder that changed just now may change again
 * and look the same: until that is past it is read each time.
 */

import { type Result, success } from "../base/system_error.ts";
import { fromDenoError } from "../os/errno.ts";
import { hashOf } from "./key.ts";

/** In a zone: walkers pass over names that begin with a dot. */
const FOLDER = ".purged";

/** Longer than the tick of any file system that counts finer than seconds. */
const SETTLED_AFTER_MS = 100;

const NAME = /^([0-9a-f]{32})\.([0-9a-z]{1,12})$/;

/** What a mark is about. */
export type Marked =
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "key"; readonly key: string };

/** The marks of one zone. */
export class PurgeMarks {
  readonly #zone: string;
  readonly #folder: string;
  /** How long a mark is of use: no entry from before it is left then. */
  readonly #keptMs: number;
  #times: ReadonlyMap<string, number> = new Map();
  #changedMs = -1;
  #readMs = 0;

  constructor(zone: string, keptMs: number) {
    this.#zone = zone;
    this.#folder = `${zone}/${FOLDER}`;
    this.#keptMs = keptMs;
  }

  /** What was stored by now is no longer right. */
  mark(marked: Marked, nowMs: number): Result<void> {
    const path = `${this.#folder}/${nameOf(marked)}.${nowMs.toString(36)}`;
    try {
      this.#makeFolder();
      Deno.writeFileSync(path, new Uint8Array(), { mode: 0o644 });
    } catch (error) {
      return { ok: false, error: fromDenoError(error, `open() "${path}"`) };
    }
    this.#removeOld(nowMs);
    return success(undefined);
  }

  /** Its owner is the zone's, whoever is the first to purge. */
  #makeFolder(): void {
    try {
      Deno.mkdirSync(this.#folder, { mode: 0o755 });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return;
      throw error;
    }
    const { uid, gid } = Deno.statSync(this.#zone);
    if (Deno.uid() === 0) Deno.chownSync(this.#folder, uid, gid);
  }

  /** Whether one of them was marked then or later. */
  isMarkedSince(all: readonly Marked[], sinceMs: number): boolean {
    if (all.length === 0) return false;
    this.#look();
    if (this.#times.size === 0) return false;
    return all.some((marked) =>
      (this.#times.get(nameOf(marked)) ?? -1) >= sinceMs
    );
  }

  #look(): void {
    const changedMs = this.#changed();
    const isSettled = this.#readMs - changedMs > SETTLED_AFTER_MS;
    if (changedMs === this.#changedMs && isSettled) return;
    this.#changedMs = changedMs;
    this.#readMs = Date.now();
    this.#times = this.#read();
  }

  /** When the folder was changed last; 0: there is none. */
  #changed(): number {
    try {
      return Deno.statSync(this.#folder).mtime?.getTime() ?? 0;
    } catch {
      return 0;
    }
  }

  #read(): ReadonlyMap<string, number> {
    const times = new Map<string, number>();
    for (const name of this.#names()) {
      const [, hash = "", time = ""] = NAME.exec(name) ?? [];
      const atMs = Number.parseInt(time, 36);
      if (atMs > (times.get(hash) ?? -1)) times.set(hash, atMs);
    }
    return times;
  }

  #names(): readonly string[] {
    try {
      return [...Deno.readDirSync(this.#folder)].map(({ name }) => name)
        .filter((name) => NAME.test(name));
    } catch {
      return [];
    }
  }

  #removeOld(nowMs: number): void {
    for (const name of this.#names()) {
      const atMs = Number.parseInt(NAME.exec(name)?.[2] ?? "", 36);
      if (nowMs - atMs <= this.#keptMs) continue;
      try {
        Deno.removeSync(`${this.#folder}/${name}`);
      } catch {
        // Somebody else has, or will.
      }
    }
  }
}

function nameOf(marked: Marked): string {
  return hashOf(
    marked.kind === "tag" ? `tag\n${marked.tag}` : `key\n${marked.key}`,
  );
}
