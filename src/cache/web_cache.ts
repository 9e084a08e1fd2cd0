/**
 * A zone as the standard's Cache: requests and the responses to them, kept
 * until they are deleted, replaced, or removed by the cache manager. Nothing
 * is fresh or stale here; that is the app's business.
 *
 * Responses to one URL that vary by the same fields lie beside each other,
 * under a marker that names the fields; without Vary there is one. Whoever
 * asks for more than one URL (no request, ignoreSearch, ignoreVary) has the
 * whole zone walked through.
 *
 * Source: W3C Service Workers, section 5.4 (Cache) and its algorithms Query
 * Cache, Request Matches Cached Item and Batch Cache Operations.
 */

import { formatSystemError, type Result } from "../base/system_error.ts";
import type { EntryHead, Pair } from "./entry.ts";
import type { Store } from "./store.ts";
import type { Entry } from "./stored_entry.ts";
import type { ReadHeader } from "./storing.ts";
import {
  hasSameNames,
  isChosen,
  variantKey,
  variantOf,
  varyNames,
} from "./vary.ts";

/** How a request is compared. */
export interface CacheQuery {
  readonly ignoreSearch?: boolean;
  readonly ignoreMethod?: boolean;
  readonly ignoreVary?: boolean;
}

/** What is asked for. */
type Asked = Request | URL | string;

/** What is kept with an entry besides its head. */
interface WebExtra {
  readonly [name: string]: string | boolean;
  readonly url: string;
  /** It has no response; its variants lie under keys with this. */
  readonly group: string;
  readonly isMarker: boolean;
}

/** A body is none of theirs. */
const BODILESS: readonly number[] = [204, 205, 304];

/** The standard's Cache on a store. */
export class WebCache {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The response to that request; undefined: there is none. */
  async match(
    asked: Asked,
    query: CacheQuery = {},
  ): Promise<Response | undefined> {
    const [first] = await this.#responses(asked, query, 1);
    return first;
  }

  /** All responses to requests like that; without one, all there are. */
  async matchAll(
    asked?: Asked,
    query: CacheQuery = {},
  ): Promise<readonly Response[]> {
    return await this.#responses(asked, query, Infinity);
  }

  /** The requests there are responses to. */
  keys(asked?: Asked, query: CacheQuery = {}): Promise<readonly Request[]> {
    return attempt(() =>
      this.#heads(asked, query).map(({ extra, vary = [] }) => {
        const headers = vary.filter(([, value]) => value !== "");
        return new Request((extra as WebExtra).url, {
          headers: headers.map(([name, value]): [string, string] => [
            name,
            value,
          ]),
        });
      })
    );
  }

  /** Keep a response; rejects when it may not or cannot be kept. */
  async put(asked: Asked, response: Response): Promise<void> {
    const request = toRequest(asked);
    checkPut(request, response);
    const names = varyNames(response.headers.get("vary"));
    const head = await this.#headFor(request, response, names);
    const writer = this.#store.begin(head);
    try {
      for await (const chunk of response.body ?? []) {
        unwrap(await writer.append(toBytes(chunk)));
      }
      unwrap(await writer.commit());
    } catch (error) {
      writer.abort();
      throw error;
    }
  }

  /** Whether there was something to delete. */
  async delete(asked: Asked, query: CacheQuery = {}): Promise<boolean> {
    let isDeleted = false;
    for (const { key } of await attempt(() => this.#heads(asked, query))) {
      const deleted = unwrap(await this.#store.delete(key));
      isDeleted ||= deleted;
    }
    return isDeleted;
  }

  /** Fetch, and keep what comes. */
  async add(asked: Asked): Promise<void> {
    await this.addAll([asked]);
  }

  /** Fetch all; nothing is kept unless all came. */
  async addAll(all: Iterable<Asked>): Promise<void> {
    const requests = [...all].map(toRequest);
    for (const request of requests) checkRequest(request);
    const keys = requests.map(({ url }) => keyOf(url));
    if (new Set(keys).size < keys.length) {
      const text = "addAll() was given a URL twice";
      throw new DOMException(text, "InvalidStateError");
    }
    const fetched = await Promise.all(requests.map(fetchWhole));
    for (const [index, response] of fetched.entries()) {
      const request = requests[index];
      if (request !== undefined) await this.put(request, response);
    }
  }

  async #responses(
    asked: Asked | undefined,
    query: CacheQuery,
    countMax: number,
  ): Promise<readonly Response[]> {
    const responses: Response[] = [];
    for (const { key } of await attempt(() => this.#heads(asked, query))) {
      if (responses.length >= countMax) break;
      const entry = this.#store.read(key);
      if (entry !== undefined) responses.push(toResponse(entry));
    }
    return responses;
  }

  /** The heads of what fits, the oldest first. */
  #heads(asked: Asked | undefined, query: CacheQuery): readonly EntryHead[] {
    if (asked === undefined) return this.#walk(() => true);
    const request = toRequest(asked);
    if (request.method !== "GET" && query.ignoreMethod !== true) return [];
    const read: ReadHeader = (name) => request.headers.get(name);
    const { ignoreSearch = false, ignoreVary = false } = query;
    if (!ignoreSearch && !ignoreVary) {
      const found = this.#find(request.url, read);
      return found === undefined ? [] : [found];
    }
    const wanted = comparable(request.url, ignoreSearch);
    return this.#walk(({ extra, vary = [] }) =>
      comparable((extra as WebExtra).url, ignoreSearch) === wanted &&
      (ignoreVary || isChosen(vary, read))
    );
  }

  /** The head of the one that answers. */
  #find(url: string, read: ReadHeader): EntryHead | undefined {
    const first = this.#head(keyOf(url));
    if (first === undefined) return undefined;
    const { group, isMarker } = first.extra as WebExtra;
    if (!isMarker) return first;
    const names = (first.vary ?? []).map(([name]) => name);
    return this.#head(variantKey(first.key, group, variantOf(names, read)));
  }

  #head(key: string): EntryHead | undefined {
    const entry = this.#store.read(key, { isQuiet: true });
    entry?.close();
    return entry?.head;
  }

  #walk(isWanted: (head: EntryHead) => boolean): readonly EntryHead[] {
    const heads: EntryHead[] = [];
    for (const head of this.#store.list()) {
      if (!head.key.startsWith(PREFIX)) continue;
      const { isMarker } = head.extra as WebExtra;
      if (isMarker || !isWanted(head) || !this.#isReachable(head)) continue;
      heads.push(head);
    }
    return heads.sort((left, right) => left.storedAtMs - right.storedAtMs);
  }

  /** A variant whose marker is gone, or another's, is gone as well. */
  #isReachable({ key, extra }: EntryHead): boolean {
    const { url, group } = extra as WebExtra;
    if (key === keyOf(url)) return true;
    const marker = this.#head(keyOf(url))?.extra as WebExtra | undefined;
    return marker?.isMarker === true && marker.group === group;
  }

  /** Where it goes; there is a marker there if it needs one. */
  async #headFor(
    { url, headers }: Request,
    response: Response,
    names: readonly string[],
  ): Promise<EntryHead> {
    const key = keyOf(url);
    const { status, statusText } = response;
    const plain = { status, statusText, headers: [...response.headers] };
    const storedAtMs = Date.now();
    if (names.length === 0) {
      const extra = { url, group: "", isMarker: false };
      return { ...plain, key, storedAtMs, extra };
    }
    const group = await this.#markerFor(key, url, names);
    const vary = variantOf(names, (name) => headers.get(name));
    return {
      ...plain,
      key: variantKey(key, group, vary),
      storedAtMs,
      vary,
      extra: { url, group, isMarker: false },
    };
  }

  async #markerFor(
    key: string,
    url: string,
    names: readonly string[],
  ): Promise<string> {
    const before = this.#head(key);
    const known = before?.extra as WebExtra | undefined;
    if (known?.isMarker === true && hasSameNames(before?.vary ?? [], names)) {
      return known.group;
    }
    const group = crypto.randomUUID();
    const vary = names.map((name): Pair => [name, ""]);
    const extra = { url, group, isMarker: true };
    const head = { status: 200, headers: [], storedAtMs: Date.now(), extra };
    unwrap(await this.#store.store({ ...head, key, vary }, new Uint8Array()));
    return group;
  }
}

/** So that responses of a pool in the same zone are something else. */
const PREFIX = "w:";

function keyOf(url: string): string {
  return PREFIX + comparable(url, false);
}

/** Without its fragment, which no server sees. */
function comparable(url: string, ignoreSearch: boolean): string {
  return url.replace(ignoreSearch ? /[?#].*$/s : /#.*$/s, "");
}

function toRequest(asked: Asked): Request {
  return asked instanceof Request ? asked : new Request(asked);
}

function checkRequest({ url, method }: Request): void {
  if (!/^https?:/.test(url)) {
    throw new TypeError(`A cache takes http and https URLs only: ${url}`);
  }
  if (method !== "GET") {
    throw new TypeError(`A cache takes GET requests only: ${method}`);
  }
}

function checkPut(request: Request, response: Response): void {
  checkRequest(request);
  const { status, headers, body } = response;
  if (status < 200 || status === 206) {
    throw new TypeError(`A cache does not take the status ${status}`);
  }
  if (varyNames(headers.get("vary")).includes("*")) {
    throw new TypeError("A cache does not take what varies by everything");
  }
  if (response.bodyUsed || body?.locked === true) {
    throw new TypeError("The response's body was read already");
  }
}

async function fetchWhole(request: Request): Promise<Response> {
  const response = await fetch(request);
  if (response.ok && response.status !== 206) return response;
  await response.body?.cancel();
  throw new TypeError(`${request.url} was answered with ${response.status}`);
}

function toResponse(entry: Entry): Response {
  const { head, bytes } = entry;
  const { status, statusText = "", headers } = head;
  let body: BodyInit | null = null;
  if (BODILESS.includes(status)) entry.close();
  // Its own copy: what the app gets, it may change.
  else body = bytes?.slice() ?? entry.body();
  const pairs = headers.map(([name, value]): [string, string] => [name, value]);
  return new Response(body, { status, statusText, headers: pairs });
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError("The body has a chunk that is no bytes");
}

function unwrap<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw new Error(formatSystemError(result.error));
}

/** What throws rejects. */
function attempt<Value>(run: () => Value): Promise<Value> {
  return new Promise((resolve) => resolve(run()));
}
