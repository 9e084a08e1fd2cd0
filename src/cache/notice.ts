/**
 * What is told to the cache manager of a zone's files, and how it is gathered
 * until it is sent: in frames that a mailbox takes, an entry once per frame
 * however often it was used. Pure; a frame that came is checked, for nothing
 * from a sibling is trusted to be well formed.
 *
 * What cannot be sent waits, up to a limit; beyond it is counted as lost, and
 * the manager looks for itself. That something was used is worth no waiting.
 */

import { isHash } from "./key.ts";

/** A file of an entry, as the index knows it. */
export interface FiledEntry {
  readonly hash: string;
  /** Of the file. */
  readonly bytes: number;
  /** When it was stored; milliseconds since 1970. */
  readonly atMs: number;
  readonly tags: readonly string[];
}

/** Everything with that tag that was stored until then is to go. */
export interface Purge {
  readonly tag: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** A frame of a mailbox. */
export interface ZoneNotice {
  readonly kind: "cache";
  readonly zone: string;
  readonly stored: readonly FiledEntry[];
  /** Found by the loader: known as it is, or new. */
  readonly found: readonly FiledEntry[];
  /** Hashes of entries that were read. */
  readonly used: readonly string[];
  /** Hashes of entries that were removed. */
  readonly gone: readonly string[];
  readonly purged: readonly Purge[];
  /** How many of all these could not be told. */
  readonly lost: number;
  /** Nothing follows: its sender ends, or has walked through the zone. */
  readonly isLast: boolean;
}

/** What is told of one entry. */
export type Item =
  | { readonly kind: "stored" | "found"; readonly entry: FiledEntry }
  | { readonly kind: "used" | "gone"; readonly hash: string }
  | { readonly kind: "purged"; readonly purge: Purge };

/** What fits into a frame of 32 KiB, with room for the rest of it. */
const FRAME_LENGTH_MAX = 24 * 1024;

/** A hash with what JSON needs around it. */
const HASH_LENGTH = 35;

/** The same for all of an entry but its tags. */
const ENTRY_LENGTH = 100;

/** The tags of an entry take no more than that, each as JSON has it. */
export const TAGS_LENGTH_MAX = 8 * 1024;

/** Items that wait; and those that were used, each once. */
const WAITING_MAX = 10_000;

/** How long tags are, as they are sent. */
export function lengthOfTags(tags: readonly string[]): number {
  return new TextEncoder().encode(JSON.stringify(tags)).length;
}

/** What waits to be told of one zone. */
export class NoticeBatch {
  readonly #zone: string;
  #items: Item[] = [];
  readonly #used = new Set<string>();
  #lost = 0;

  constructor(zone: string) {
    this.#zone = zone;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0 && this.#used.size === 0 &&
      this.#lost === 0;
  }

  add(item: Item): void {
    if (item.kind === "used") {
      if (this.#used.size < WAITING_MAX) this.#used.add(item.hash);
    } else if (this.#items.length < WAITING_MAX) this.#items.push(item);
    else this.#lost += 1;
  }

  /** The next frame; undefined: there is nothing to say. */
  take(isLast = false): ZoneNotice | undefined {
    if (this.isEmpty && !isLast) return undefined;
    let length = 0;
    const takes = (more: number): boolean => {
      length += more;
      return length <= FRAME_LENGTH_MAX;
    };
    const cut = this.#items.findIndex((item) => !takes(lengthOf(item)));
    const items = this.#items.splice(0, cut === -1 ? Infinity : cut);
    const used: string[] = [];
    for (const hash of this.#used) {
      if (!takes(HASH_LENGTH)) break;
      used.push(hash);
    }
    for (const hash of used) this.#used.delete(hash);
    const lost = this.#lost;
    this.#lost = 0;
    return {
      kind: "cache",
      zone: this.#zone,
      stored: entriesOf(items, "stored"),
      found: entriesOf(items, "found"),
      used,
      gone: items.flatMap((item) => item.kind === "gone" ? [item.hash] : []),
      purged: items.flatMap((item) =>
        item.kind === "purged" ? [item.purge] : []
      ),
      lost,
      isLast: isLast && this.isEmpty,
    };
  }

  /** It could not be sent: what was stored or is gone waits for the next. */
  putBack({ stored, found, gone, purged, lost }: ZoneNotice): void {
    this.#items = [
      ...purged.map((purge) => ({ kind: "purged", purge }) as const),
      ...stored.map((entry) => ({ kind: "stored", entry }) as const),
      ...found.map((entry) => ({ kind: "found", entry }) as const),
      ...gone.map((hash) => ({ kind: "gone", hash }) as const),
      ...this.#items,
    ];
    this.#lost += lost + this.#items.splice(WAITING_MAX).length;
  }
}

function entriesOf(
  items: readonly Item[],
  kind: "stored" | "found",
): readonly FiledEntry[] {
  return items.flatMap((item) => item.kind === kind ? [item.entry] : []);
}

function lengthOf(item: Item): number {
  switch (item.kind) {
    case "used":
    case "gone":
      return HASH_LENGTH;
    case "purged":
      return HASH_LENGTH + lengthOfTags([item.purge.tag]);
    default:
      return ENTRY_LENGTH + lengthOfTags(item.entry.tags);
  }
}

/** What came as a frame, if it is a notice. */
export function checkNotice(value: unknown): ZoneNotice | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const it: { readonly [Name in keyof ZoneNotice]?: unknown } = value;
  const isNotice = it.kind === "cache" && typeof it.zone === "string" &&
    isListOf(it.stored, isFiled) && isListOf(it.found, isFiled) &&
    isListOf(it.used, isHash) && isListOf(it.gone, isHash) &&
    isListOf(it.purged, isPurge) &&
    isCount(it.lost) && typeof it.isLast === "boolean";
  return isNotice ? value as ZoneNotice : undefined;
}

function isFiled(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const it: { readonly [Name in keyof FiledEntry]?: unknown } = value;
  return isHash(it.hash) && isCount(it.bytes) && isCount(it.atMs) &&
    isListOf(it.tags, (tag) => typeof tag === "string");
}

function isPurge(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const it: { readonly [Name in keyof Purge]?: unknown } = value;
  return typeof it.tag === "string" && isCount(it.atMs);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isListOf(value: unknown, is: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}
