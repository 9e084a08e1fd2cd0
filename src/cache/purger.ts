/**
 * Takes responses out of a zone because they are no longer right: by URL and
 * by tag, for an app, for the command line, and after an unsafe request.
 *
 * Removing a file is not enough: the app may have begun an answer before, in
 * any worker, which is then stored. So who stores looks for a mark first. For
 * a URL there is one only when such an answer is on its way.
 */

import type { Result } from "../base/system_error.ts";
import { success } from "../base/system_error.ts";
import type { PurgeMarks } from "./purge_marks.ts";
import type { Store } from "./store.ts";
import type { Turns } from "./turns.ts";

/** What a purger works on. */
export interface PurgerParts {
  readonly store: Pick<Store, "delete" | "tellPurged">;
  readonly marks: PurgeMarks;
  readonly turns: Turns;
}

/** Purges one zone. */
export class Purger {
  readonly #parts: PurgerParts;

  constructor(parts: PurgerParts) {
    this.#parts = parts;
  }

  /** Nothing stored by now under those keys is found any more. */
  async purgeKeys(keys: readonly string[]): Promise<Result<void>> {
    const { store, marks, turns } = this.#parts;
    let result: Result<void> = success(undefined);
    for (const key of keys) {
      if (turns.isTaken(key)) {
        const marked = marks.mark({ kind: "key", key }, Date.now());
        if (!marked.ok) result = marked;
      }
      const deleted = await store.delete(key);
      if (!deleted.ok) result = deleted;
    }
    return result;
  }

  /**
   * Nothing stored by now with one of those tags is found any more. What it
   * occupies on the disk is the manager's to free.
   */
  purgeTags(tags: readonly string[]): Result<void> {
    let result: Result<void> = success(undefined);
    for (const tag of tags) {
      const marked = this.#parts.marks.mark({ kind: "tag", tag }, Date.now());
      if (!marked.ok) result = marked;
      this.#parts.store.tellPurged(tag);
    }
    return result;
  }
}
