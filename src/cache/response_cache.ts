/**
 * A cache in front of an app: a fetch function around another. What is fresh
 * is answered from the store; else the app is asked, once for all who wait,
 * and what it answers is stored if it may be. Decisions are in the pure files
 * (storing.ts, reuse.ts, …); this one carries them out. A hit is answered
 * without waiting for anything.
 *
 * Source: RFC 9111 section 4; nginx src/http/ngx_http_upstream.c,
 * ngx_http_upstream_cache.
 */

import { after } from "../base/unit.ts";
import type { ResponseCacheConfig } from "../config/config.ts";
import { headerOf } from "../http/request.ts";
import { monotonicNow } from "../os/clock.ts";
import type { AppAsker, AppCall } from "./app_asker.ts";
import { holds } from "./bypass.ts";
import { type CacheStatus, formatCacheStatus } from "./cache_status.ts";
import { respondFrom } from "./entry_response.ts";
import { invalidatedBy, isSafe } from "./purge.ts";
import type { Purger } from "./purger.ts";
import type { Found, Look, ResponsePlaces } from "./response_place.ts";
import { withCacheStatus } from "./response_status.ts";
import { judgeReuse, type Reuse, type Use } from "./reuse.ts";
import type { Turn, Turns } from "./turns.ts";
import { hasStrict, toVisit, type Visit } from "./visit.ts";

/** What it is made of. */
export interface ResponseCacheParts<Info> {
  /** The app. It may return anything, or throw. */
  readonly fetch: (request: Request, info: Info) => unknown;
  readonly asker: AppAsker<Info>;
  readonly config: ResponseCacheConfig;
  readonly toKey: (url: string) => string;
  readonly places: ResponsePlaces;
  readonly turns: Turns;
  readonly purger: Purger;
}

/** It answers without the app. */
const USABLE: readonly Use[] = ["fresh", "stale", "asked-stale"];

/** Caches what an app answers. */
export class ResponseCache<Info> {
  readonly #parts: ResponseCacheParts<Info>;

  constructor(parts: ResponseCacheParts<Info>) {
    this.#parts = parts;
  }

  /** Answer from the store, or by the app. */
  fetch(request: Request, info: Info): unknown {
    if (isUpgrade(request)) return this.#parts.fetch(request, info);
    const { method } = request;
    if (method !== "GET" && method !== "HEAD") {
      return this.#pass(request, info);
    }
    const { config, places, toKey } = this.#parts;
    const visit = toVisit(request, info, {
      key: toKey(request.url),
      isObeyed: config.requestDirectives,
    });
    if (holds(config.bypass, visit.read, request.url)) {
      return this.#ask(visit, { forward: "bypass" }, visit.key);
    }
    return this.#answer(visit, places.look(visit.key, visit.read));
  }

  /** Other methods are the app's; what they change is forgotten. */
  async #pass(request: Request, info: Info): Promise<unknown> {
    const { fetch, purger, toKey } = this.#parts;
    const { method, url } = request;
    const response = await fetch(request, info);
    if (!(response instanceof Response)) return response;
    if (!isSafe(method)) {
      const { status, headers } = response;
      const urls = invalidatedBy(url, status, (name) => headers.get(name));
      await purger.purgeKeys(urls.map(toKey));
    }
    return withCacheStatus(response, { forward: "method" });
  }

  #answer(visit: Visit<Info>, look: Look): unknown {
    if (look.kind !== "found") return this.#miss(visit, look);
    const { found, turnKey } = look;
    const reuse = judgeReuse(found.terms, visit.asked, Date.now());
    if (reuse.use === "stale") this.#refreshBehind(visit, found, turnKey);
    if (USABLE.includes(reuse.use)) return hit(visit, found, reuse);
    if (isOnlyCached(visit)) return refuse(found);
    if (reuse.use === "unwanted" && !visit.isHead && !hasStrict(visit.read)) {
      return this.#ask(visit, { forward: "request", found }, turnKey);
    }
    found.entry.close();
    if (visit.isHead || hasStrict(visit.read)) {
      return this.#ask(visit, { forward: "stale" });
    }
    return this.#queue(visit, turnKey);
  }

  #miss(
    visit: Visit<Info>,
    { kind, turnKey }: Exclude<Look, { readonly kind: "found" }>,
  ): unknown {
    if (isOnlyCached(visit)) return refuse(undefined);
    if (visit.isSpecial) return this.#ask(visit, { forward: kind });
    if (this.#parts.asker.isPassed(visit)) {
      return this.#ask(visit, { forward: kind }, turnKey);
    }
    return this.#queue(visit, turnKey);
  }

  /** Wait until another has asked the app, or ask it for all. */
  async #queue(visit: Visit<Info>, firstKey: string): Promise<unknown> {
    const { turns, config } = this.#parts;
    const deadline = after(monotonicNow(), config.lockTimeoutMs);
    let wasAnswered = true;
    for (let turnKey = firstKey;;) {
      const turn = await turns.take(turnKey, deadline);
      if (turn.kind === "ended") wasAnswered &&= turn.wasAnswered;
      const next = this.#look(visit, { turn, turnKey, wasAnswered });
      if ("answer" in next) return next.answer;
      turnKey = next.turnKey;
    }
  }

  /** After waiting: an answer, or which turn to wait for. */
  #look(
    visit: Visit<Info>,
    { turn, turnKey, wasAnswered }: {
      readonly turn: Turn;
      readonly turnKey: string;
      readonly wasAnswered: boolean;
    },
  ): { readonly answer: unknown } | { readonly turnKey: string } {
    const { places, asker } = this.#parts;
    const held = turn.kind === "ours" ? turn.turn : undefined;
    const look = places.look(visit.key, visit.read);
    const found = look.kind === "found" ? look.found : undefined;
    const answer = found && answerFrom(visit, found, wasAnswered);
    if (answer !== undefined) {
      held?.end();
      return { answer };
    }
    const forward = look.kind === "found" ? "stale" : look.kind;
    const call: AppCall = { forward, found };
    if (held !== undefined && look.turnKey === turnKey) {
      return { answer: this.#ask(visit, { ...call, turn: held }) };
    }
    held?.end();
    if (turn.kind === "late") {
      return { answer: this.#ask(visit, { ...call, detail: "lock-timeout" }) };
    }
    if (asker.isPassed(visit)) {
      return { answer: this.#ask(visit, call, look.turnKey) };
    }
    found?.entry.close();
    return { turnKey: look.turnKey };
  }

  /** With a `turnKey` the answer is stored if that turn is free. */
  #ask(visit: Visit<Info>, call: AppCall, turnKey?: string): unknown {
    const { asker, turns } = this.#parts;
    const turn = turnKey === undefined || visit.isSpecial
      ? call.turn
      : turns.tryTake(turnKey);
    return asker.ask(visit, { ...call, turn });
  }

  #refreshBehind(visit: Visit<Info>, found: Found, turnKey: string): void {
    const { asker, turns } = this.#parts;
    if (asker.isPassed(visit)) return;
    const turn = turns.tryTake(turnKey);
    if (turn === undefined) return;
    const stale = { key: found.key, head: found.entry.head };
    void asker.refresh(visit, stale, turn);
  }
}

/** A connection that speaks another protocol is no response to keep. */
function isUpgrade(request: Request): boolean {
  return headerOf(request, "upgrade")?.toLowerCase() === "websocket";
}

function isOnlyCached<Info>({ asked }: Visit<Info>): boolean {
  return asked.has("only-if-cached");
}

/** RFC 9111 section 5.2.1.7. */
function refuse(found: Found | undefined): Response {
  found?.entry.close();
  const response = new Response("Gateway Timeout\n", { status: 504 });
  return withCacheStatus(response, { detail: "only-if-cached" });
}

function answerFrom<Info>(
  visit: Visit<Info>,
  found: Found,
  wasAnswered: boolean,
): Response | undefined {
  const reuse = judgeReuse(found.terms, visit.asked, Date.now());
  if (!USABLE.includes(reuse.use)) return undefined;
  return wasAnswered ? hit(visit, found, reuse) : hit(visit, found, reuse, {
    forward: "miss",
    isCollapsed: true,
    ttlMs: reuse.ttlMs,
  });
}

function hit<Info>(
  visit: Visit<Info>,
  found: Found,
  { ageMs, ttlMs }: Reuse,
  status: CacheStatus = { isHit: true, ttlMs },
): Response {
  const cacheStatus = formatCacheStatus(status);
  return respondFrom(found.entry, visit, { ageMs, cacheStatus });
}
