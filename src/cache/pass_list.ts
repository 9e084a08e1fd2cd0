/**
 * Keys whose answers could not be stored just now: who asks for them need not
 * wait for each other. Varnish calls it hit-for-miss. Times are arguments; a
 * limit keeps it small: the oldest are forgotten first.
 */

/** More keys than that are not remembered. */
const KEYS_MAX = 4096;

/** The keys, for a while each. */
export class PassList {
  readonly #until = new Map<string, number>();

  add(key: string, untilMs: number): void {
    this.#until.delete(key);
    this.#until.set(key, untilMs);
    if (this.#until.size <= KEYS_MAX) return;
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest);
      return;
    }
  }

  /** Its answer was stored. */
  delete(key: string): void {
    this.#until.delete(key);
  }

  has(key: string, nowMs: number): boolean {
    const untilMs = this.#until.get(key);
    return untilMs !== undefined && nowMs < untilMs;
  }
}
