/**
 * Where a response lies in the store, and finding it again. The first variant
 * of a URL lies under the URL's key, and says by which fields there are
 * others; those lie under keys that are made of its group, a random word. So
 * when the first is gone, nobody finds the others any more: they age out.
 *
 * Source: nginx src/http/ngx_http_file_cache.c, whose main file holds the
 * variant's hash.
 */

import type { EntryHead, Json } from "./entry.ts";
import type { PurgeMarks } from "./purge_marks.ts";
import type { Entry } from "./stored_entry.ts";
import type { Store } from "./store.ts";
import type { ReadHeader, Terms } from "./storing.ts";
import {
  hasSameNames,
  isChosen,
  type Variant,
  variantKey,
  variantOf,
} from "./vary.ts";

/** What is kept with a response besides its head. */
export interface ResponseExtra {
  readonly [name: string]: Json;
  /** Of storing.ts. */
  readonly terms: Terms & { readonly [name: string]: Json };
  /** Of its variants; "": it has none. */
  readonly group: string;
  readonly url: string;
}

/** A stored response. Whoever has it ends the entry. */
export interface Found {
  readonly key: string;
  readonly entry: Entry;
  readonly terms: Terms;
}

/** What a look found; `turnKey`: who asks the app instead takes that turn. */
export type Look =
  | { readonly kind: "found"; readonly found: Found; readonly turnKey: string }
  | { readonly kind: "miss" | "vary-miss"; readonly turnKey: string };

/** Where a new response goes. */
export interface Place {
  readonly key: string;
  readonly group: string;
  readonly variant: Variant;
}

/** The responses in a store. */
export class ResponsePlaces {
  readonly #store: Store;
  readonly #marks: PurgeMarks;

  constructor(store: Store, marks: PurgeMarks) {
    this.#store = store;
    this.#marks = marks;
  }

  /** Find what answers that request. */
  look(key: string, asked: ReadHeader): Look {
    const first = this.#read(key);
    if (first === undefined) return { kind: "miss", turnKey: key };
    const { vary = [] } = first.entry.head;
    if (isChosen(vary, asked)) {
      return { kind: "found", found: first, turnKey: key };
    }
    first.entry.close();
    const names = vary.map(([name]) => name);
    const { group } = first.entry.head.extra as ResponseExtra;
    const turnKey = variantKey(key, group, variantOf(names, asked));
    const other = this.#read(turnKey);
    return other === undefined
      ? { kind: "vary-miss", turnKey }
      : { kind: "found", found: other, turnKey };
  }

  /** Where the answer to that request goes that varies by `names`. */
  placeFor(key: string, names: readonly string[], asked: ReadHeader): Place {
    const variant = variantOf(names, asked);
    if (names.length === 0) return { key, group: "", variant };
    const first = this.#store.read(key, { isQuiet: true });
    first?.close();
    const { vary = [], extra } = first?.head ?? {};
    if (extra === undefined || !hasSameNames(vary, names)) {
      return { key, group: crypto.randomUUID(), variant };
    }
    const { group } = extra as ResponseExtra;
    return isChosen(vary, asked)
      ? { key, group, variant }
      : { key: variantKey(key, group, variant), group, variant };
  }

  /** Whether it was purged since the app was asked for it. */
  isPurged({ key, tags = [], storedAtMs }: EntryHead): boolean {
    const marks = tags.map((tag) => ({ kind: "tag", tag }) as const);
    return this.#marks.isMarkedSince(
      [...marks, { kind: "key", key }],
      storedAtMs,
    );
  }

  #read(key: string): Found | undefined {
    const entry = this.#store.read(key);
    if (entry === undefined) return undefined;
    const { head } = entry;
    const extra = head.extra as ResponseExtra | undefined;
    const { tags = [] } = head;
    const isGone = extra?.terms === undefined ||
      (tags.length > 0 && this.isPurged(head));
    if (!isGone) return { key, entry, terms: extra.terms };
    entry.close();
    void this.#store.delete(key);
    return undefined;
  }
}
