/**
 * Asks the app for a response, or whether a stored one is still right, and
 * makes of what it says an answer for the client and an entry of the store.
 * When it fails, what is stored may answer for it.
 *
 * Source: RFC 9111 sections 4.3 and 4.2.4; RFC 5861 section 4.
 */

import {
  type CacheStatus,
  formatCacheStatus,
  type Forward,
} from "./cache_status.ts";
import { respondFrom } from "./entry_response.ts";
import { PassList } from "./pass_list.ts";
import { conditionsFor, isAbout } from "./renewal.ts";
import { storedPairs } from "./response_fill.ts";
import type { ResponseKeeper, Stale } from "./response_keeper.ts";
import type { Found } from "./response_place.ts";
import { isFailure, judgeReuse, type Reuse } from "./reuse.ts";
import type { HeldTurn } from "./turns.ts";
import { requestFor, type Visit } from "./visit.ts";

/** Why the app is asked, and with what at hand. */
export interface AppCall {
  readonly forward: Forward;
  /** Without one the answer is not stored. */
  readonly turn?: HeldTurn | undefined;
  /** What is stored. It is ended by whoever is called with it. */
  readonly found?: Found | undefined;
  readonly detail?: string;
}

/** What the asker needs. */
export interface AskerParts<Info> {
  /** The app. It may return anything, or throw. */
  readonly fetch: (request: Request, info: Info) => unknown;
  readonly keeper: ResponseKeeper;
  /** The app failed, and the client is not told. */
  readonly onFailure: (url: string, error: unknown) => void;
}

/** For how long requests for what cannot be stored do not wait. */
const PASS_MS = 10_000;
const FAILURE_PASS_MS = 1000;

/** What the app did. */
type Called =
  | { readonly ok: true; readonly result: unknown; readonly askedAtMs: number }
  | { readonly ok: false; readonly error: unknown };

/** Asks one app. */
export class AppAsker<Info> {
  readonly #parts: AskerParts<Info>;
  readonly #passes = new PassList();

  constructor(parts: AskerParts<Info>) {
    this.#parts = parts;
  }

  /** What it said of late could not be stored: there is nothing to wait for. */
  isPassed({ key }: Visit<Info>): boolean {
    return this.#passes.has(key, Date.now());
  }

  /** Ask, and answer the client. Throws what the app throws. */
  async ask(visit: Visit<Info>, call: AppCall): Promise<unknown> {
    const { found, turn } = call;
    const stale = found && { key: found.key, head: found.entry.head };
    const called = await this.#call(visit, { stale, turn, isDetached: false });
    const failed = failureOf(called);
    if (failed !== undefined && found !== undefined) {
      const reuse = judgeReuse(found.terms, visit.asked, Date.now());
      if (reuse.servesOnError) {
        this.#failed(visit, failed, turn);
        return answerStale(visit, found, { reuse, failed });
      }
    }
    if (called.ok && called.result instanceof Response) {
      const response = called.result;
      if (found !== undefined && response.status === 304) {
        return this.#renew(visit, { ...call, found }, { ...called, response });
      }
      found?.entry.close();
      return this.#keep(visit, call, { ...called, response });
    }
    turn?.end();
    found?.entry.close();
    if (called.ok) return called.result;
    this.#passes.add(visit.key, Date.now() + FAILURE_PASS_MS);
    throw called.error;
  }

  /** Ask behind the client's back, who has what is stored. */
  async refresh(
    visit: Visit<Info>,
    stale: Stale,
    turn: HeldTurn,
  ): Promise<void> {
    const called = await this.#call(visit, { stale, turn, isDetached: true });
    const failed = failureOf(called);
    if (failed !== undefined) return this.#failed(visit, failed, turn);
    if (!called.ok || !(called.result instanceof Response)) return turn.end();
    const { result: response, askedAtMs } = called;
    const answer = {
      visit,
      response,
      askedAtMs,
      forward: "stale",
      turn,
    } as const;
    if (response.status !== 304) {
      const kept = this.#parts.keeper.keep(answer);
      if (!kept.isStored) this.#parts.keeper.drop(stale);
      kept.response.body?.cancel().catch(() => {});
    } else if (isAboutStale(stale, response)) {
      this.#parts.keeper.renew(answer, stale);
    } else {
      this.#parts.keeper.drop(stale);
      turn.end();
    }
  }

  async #call(
    visit: Visit<Info>,
    { stale, turn, isDetached }: {
      readonly stale: Stale | undefined;
      readonly turn: HeldTurn | undefined;
      readonly isDetached: boolean;
    },
  ): Promise<Called> {
    const isAsItIs = stale === undefined && turn === undefined;
    const conditions = stale === undefined
      ? []
      : conditionsFor(stale.head.headers);
    const request = isAsItIs
      ? visit.request
      : requestFor(visit, { conditions, isDetached });
    const askedAtMs = Date.now();
    try {
      const result = await this.#parts.fetch(request, visit.info);
      return { ok: true, result, askedAtMs };
    } catch (error) {
      return { ok: false, error };
    }
  }

  #keep(
    visit: Visit<Info>,
    { found, turn, forward, detail }: AppCall,
    { response, askedAtMs }: Responded,
  ): Response {
    const { keeper } = this.#parts;
    const said = detail === undefined ? {} : { detail };
    const answer = { visit, response, askedAtMs, forward, turn, ...said };
    const isFailed = isFailure(response.status);
    const kept = keeper.keep(answer);
    if (kept.isStored) this.#passes.delete(visit.key);
    else if (turn !== undefined) {
      const forMs = isFailed ? FAILURE_PASS_MS : PASS_MS;
      this.#passes.add(visit.key, Date.now() + forMs);
      if (found !== undefined && !isFailed) {
        keeper.drop({ key: found.key, head: found.entry.head });
      }
    }
    return kept.response;
  }

  #renew(
    visit: Visit<Info>,
    call: AppCall & { readonly found: Found },
    { response, askedAtMs }: Responded,
  ): unknown {
    const { found, turn, forward } = call;
    const stale = { key: found.key, head: found.entry.head };
    if (!isAboutStale(stale, response)) {
      found.entry.close();
      this.#parts.keeper.drop(stale);
      // Nobody asks about another version then, so it comes in whole.
      return this.ask(visit, { ...call, found: undefined });
    }
    const { keeper } = this.#parts;
    const { head, terms } = keeper.renew(
      { visit, response, askedAtMs, forward, turn },
      stale,
    );
    const { ageMs, ttlMs } = judgeReuse(
      terms ?? found.terms,
      visit.asked,
      Date.now(),
    );
    const cacheStatus = formatCacheStatus({
      forward,
      forwardStatus: 304,
      ttlMs,
      isStored: terms !== undefined,
    });
    return respondFrom(found.entry, visit, { ageMs, cacheStatus, head });
  }

  /** The app is left alone for a moment. */
  #failed(
    { key, request }: Visit<Info>,
    failed: Failed,
    turn: HeldTurn | undefined,
  ): void {
    turn?.end();
    this.#passes.add(key, Date.now() + FAILURE_PASS_MS);
    failed.response?.body?.cancel().catch(() => {});
    const { response, error } = failed;
    const said = response === undefined
      ? error
      : new Error(`status ${response.status}`);
    this.#parts.onFailure(request.url, said);
  }
}

interface Responded {
  readonly response: Response;
  readonly askedAtMs: number;
}

/** What the app threw, or what it answered instead. */
interface Failed {
  readonly error?: unknown;
  readonly response?: Response;
}

function failureOf(called: Called): Failed | undefined {
  if (!called.ok) return { error: called.error };
  const { result } = called;
  return result instanceof Response && isFailure(result.status)
    ? { response: result }
    : undefined;
}

function isAboutStale({ head }: Stale, response: Response): boolean {
  return isAbout(head.headers, storedPairs(response.headers, []));
}

function answerStale<Info>(
  visit: Visit<Info>,
  found: Found,
  { reuse, failed }: { readonly reuse: Reuse; readonly failed: Failed },
): Response {
  const forwardStatus = failed.response?.status;
  const status: CacheStatus = {
    isHit: true,
    ttlMs: reuse.ttlMs,
    ...forwardStatus !== undefined && { forwardStatus },
    detail: "stale-if-error",
  };
  const cacheStatus = formatCacheStatus(status);
  return respondFrom(found.entry, visit, { ageMs: reuse.ageMs, cacheStatus });
}
