/**
 * Stores what the app answered, or renews what is stored when the app says
 * that it is still right. What the client gets does not wait for the disk.
 */

import { evaluate } from "../http/conditional.ts";
import type { ResponseCacheConfig } from "../config/config.ts";
import { holds } from "./bypass.ts";
import type { CacheStatus, Forward } from "./cache_status.ts";
import { isSent, validatorsOf } from "./entry_answer.ts";
import type { EntryHead, Pair } from "./entry.ts";
import { tagsOf } from "./purge.ts";
import { findPair, renewed } from "./renewal.ts";
import { fill, storedPairs } from "./response_fill.ts";
import type { ResponsePlaces } from "./response_place.ts";
import { withCacheStatus } from "./response_status.ts";
import type { Store } from "./store.ts";
import { judgeStoring, type Storing, type Terms } from "./storing.ts";
import type { HeldTurn } from "./turns.ts";
import { VARY_FIELDS_MAX, varyNames } from "./vary.ts";
import type { Visit } from "./visit.ts";

/** What the app answered, and to what. */
export interface AppAnswer<Info> {
  readonly visit: Visit<Info>;
  readonly response: Response;
  readonly askedAtMs: number;
  readonly forward: Forward;
  /** The turn it was asked in; undefined: it is not to be stored. */
  readonly turn: HeldTurn | undefined;
  /** Why it is not. */
  readonly detail?: string;
}

/** How it went: for whoever waits for it. */
export interface Kept {
  readonly response: Response;
  /** It is on its way to its place. */
  readonly isStored: boolean;
}

/** Keeps the responses of one pool. */
export class ResponseKeeper {
  readonly #store: Store;
  readonly #places: ResponsePlaces;
  readonly #config: ResponseCacheConfig;

  constructor(
    store: Store,
    places: ResponsePlaces,
    config: ResponseCacheConfig,
  ) {
    this.#store = store;
    this.#places = places;
    this.#config = config;
  }

  /** Store it if it may be; what the client gets. */
  keep<Info>(answer: AppAnswer<Info>): Kept {
    const { response, forward, turn, detail } = answer;
    const storing = turn === undefined
      ? undefined
      : this.#judge(answer, (name) => response.headers.get(name));
    if (turn === undefined || storing?.ok !== true) {
      turn?.end();
      const reason = storing?.ok === false ? storing.reason : detail;
      const said = reason === undefined ? {} : { detail: reason };
      const status: CacheStatus = { forward, ...said };
      return { response: withCacheStatus(response, status), isStored: false };
    }
    turn.answered();
    return { response: this.#fill(answer, storing, turn), isStored: true };
  }

  #judge<Info>(
    { visit, response, askedAtMs }: AppAnswer<Info>,
    given: (name: string) => string | null,
    status = response.status,
  ): Storing {
    if (holds(this.#config.noCache, visit.read, visit.request.url)) {
      return { ok: false, reason: "no-cache" };
    }
    if (varyNames(given("vary")).length > VARY_FIELDS_MAX) {
      return { ok: false, reason: "vary" };
    }
    return judgeStoring({
      // Of anything else there is no turn.
      method: "GET",
      asked: visit.read,
      status,
      given,
      askedAtMs,
      answeredAtMs: Date.now(),
    }, this.#config);
  }

  #fill<Info>(
    answer: AppAnswer<Info>,
    { terms, dropped }: Extract<Storing, { readonly ok: true }>,
    turn: HeldTurn,
  ): Response {
    const { visit, response, askedAtMs, forward } = answer;
    const headers = storedPairs(response.headers, dropped);
    const place = this.#places.placeFor(
      visit.key,
      varyNames(response.headers.get("vary")),
      visit.read,
    );
    const head: EntryHead = {
      key: place.key,
      storedAtMs: askedAtMs,
      freshUntilMs: terms.bornAtMs + terms.lifetimeMs,
      status: response.status,
      headers,
      vary: place.variant,
      tags: tagsOf(response.headers.get("cache-tag")),
      extra: extraOf(terms, place.group, visit.request.url),
    };
    const body = fill({
      response,
      writer: this.#store.begin(head),
      onOver: (isStored) => void this.#over(head, isStored).finally(turn.end),
    });
    const status = { forward, isStored: true } as const;
    const sent = withCacheStatus(response, status, body);
    return this.#isKnown(headers, answer) ? notModified(sent) : sent;
  }

  /** Somebody purged it while it was on its way. */
  async #over(head: EntryHead, isStored: boolean): Promise<void> {
    if (!isStored || !this.#places.isPurged(head)) return;
    await this.#store.delete(head.key);
  }

  /** The client has that version already. */
  #isKnown<Info>(
    headers: readonly Pair[],
    { visit, response }: AppAnswer<Info>,
  ): boolean {
    if (response.status !== 200) return false;
    return evaluate(visit.read, validatorsOf(headers)) === "notModified";
  }

  /**
   * The app says that what is stored is right: its new head. Without terms it
   * is not stored under it.
   */
  renew<Info>(answer: AppAnswer<Info>, { key, head: old }: Stale): Renewed {
    const { response, askedAtMs, turn } = answer;
    const headers = renewed(old.headers, storedPairs(response.headers, []));
    // Its age, and when it was made, are the new answer's alone.
    const given = (name: string): string | null =>
      name === "age" || name === "date" || name === "x-accel-expires"
        ? response.headers.get(name)
        : findPair(headers, name);
    const storing = this.#judge(answer, given, old.status);
    if (turn === undefined || !storing.ok) {
      if (turn !== undefined) void this.#store.delete(key).finally(turn.end);
      return { head: { ...old, headers }, terms: undefined };
    }
    const { terms, dropped } = storing;
    const { group, url } = old.extra as { group: string; url: string };
    const head: EntryHead = {
      ...old,
      storedAtMs: askedAtMs,
      freshUntilMs: terms.bornAtMs + terms.lifetimeMs,
      headers: headers.filter(([name]) => !dropped.includes(name)),
      tags: tagsOf(findPair(headers, "cache-tag")),
      extra: extraOf(terms, group, url),
    };
    void this.#store.refresh(head)
      .then((refreshed) => this.#over(head, refreshed.ok && refreshed.value))
      .finally(turn.end);
    return { head, terms };
  }

  /** The app says something else now, which is not stored. */
  drop({ key }: Stale): void {
    void this.#store.delete(key);
  }
}

/** What is stored and too old. */
export interface Stale {
  readonly key: string;
  readonly head: EntryHead;
}

/** What is stored, renewed. */
export interface Renewed {
  readonly head: EntryHead;
  readonly terms: Terms | undefined;
}

function extraOf(
  terms: Terms,
  group: string,
  url: string,
): NonNullable<EntryHead["extra"]> {
  return { terms: { ...terms }, group, url };
}

/** The same answer to who has it already. */
function notModified(response: Response): Response {
  response.body?.cancel().catch(() => {});
  const headers = new Headers();
  for (const [name, value] of response.headers) {
    const isSaid = name === "cache-status" || name === "set-cookie";
    if (isSaid || isSent(name, "described")) headers.append(name, value);
  }
  return new Response(null, { status: 304, headers });
}
