/** The cache in front of an app, in one process, on a real folder. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { toMilliseconds } from "../../src/base/unit.ts";
import type { ResponseCacheConfig } from "../../src/config/config.ts";
import { until } from "../support/until.ts";
import { zoneAt } from "../support/zone.ts";
import { Store } from "../../src/cache/store.ts";
import {
  createResponseCache,
  openZoneParts,
  type ZoneParts,
} from "../../src/cache/zone_parts.ts";
import type { ResponseCache } from "../../src/cache/response_cache.ts";

const CONFIG: ResponseCacheConfig = {
  zone: "web",
  valid: {},
  bypass: ["$arg_bypass"],
  noCache: ["$arg_nocache"],
  lockTimeoutMs: toMilliseconds(2000),
  staleWhileRevalidateMs: toMilliseconds(0),
  staleIfErrorMs: toMilliseconds(0),
  heuristicPercentMax: 0,
  requestDirectives: true,
};

type App = (request: Request) => Response | Promise<Response>;

/** One process with an app and its cache. */
class Site {
  readonly zone: ZoneParts;
  readonly asked: Request[] = [];
  readonly failures: unknown[] = [];
  readonly #cache: ResponseCache<undefined>;
  app: App = () => new Response("app");

  constructor(folder: string, config: Partial<ResponseCacheConfig> = {}) {
    const zone = zoneAt(folder);
    const store = new Store(zone, { send: () => true, log: () => {} });
    this.zone = openZoneParts(store, zone, () => {});
    this.#cache = createResponseCache<undefined>(this.zone, {
      pool: "worker",
      config: { ...CONFIG, ...config },
      fetch: (request) => {
        this.asked.push(request);
        return this.app(request);
      },
      onFailure: (_, error) => this.failures.push(error),
    });
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const request = new Request(`http://a${path}`, init);
    const response = await this.#cache.fetch(request, undefined);
    assert(response instanceof Response);
    return response;
  }

  async get(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await this.fetch(path, init);
    const said = response.headers.get("cache-status") ?? "";
    const { status, headers } = response;
    return { status, headers, said, text: await response.text() };
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly said: string;
  readonly text: string;
}

function site(
  run: (site: Site, another: () => Site) => Promise<void>,
  config: Partial<ResponseCacheConfig> = {},
): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir({ prefix: "procmgr-rcache-" });
    try {
      await run(new Site(folder, config), () => new Site(folder, config));
    } finally {
      await removeWritten(folder);
    }
  };
}

/** Entries may still be on their way into it. */
async function removeWritten(folder: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (!/not empty/.test(String(error))) throw error;
    }
  }
}

/** Answers with a counter, so that it shows who was asked. */
function counting(headers: HeadersInit, status = 200): App {
  let count = 0;
  return () => new Response(`${++count}`, { status, headers });
}

Deno.test(
  "a miss, then hits with an age, then another process hits, too",
  site(async (site, another) => {
    site.app = counting({ "cache-control": "max-age=60", "x-a": "b" });
    const first = await site.get("/");
    assertEquals(first.said, "procmgr; fwd=miss; stored");
    const second = await site.get("/");
    assertMatch(second.said, /^procmgr; hit; ttl=(59|60)$/);
    assertEquals([second.text, second.headers.get("x-a")], ["1", "b"]);
    assertEquals(second.headers.get("age"), "0");
    const third = await another().get("/");
    assertMatch(third.said, /^procmgr; hit/);
    const other = await site.get("/?other");
    assertEquals(other.text, "2");
  }),
);

Deno.test(
  "what may not be stored says why, and nobody waits for it",
  site(async (site) => {
    site.app = counting({ "cache-control": "private" });
    assertEquals(
      (await site.get("/")).said,
      "procmgr; fwd=miss; detail=private",
    );
    const all = await Promise.all([site.get("/"), site.get("/")]);
    assertEquals(all.map(({ text }) => text).sort(), ["2", "3"]);
    assertEquals(
      (await site.get("/", { method: "POST" })).said,
      "procmgr; fwd=method",
    );
  }),
);

Deno.test(
  "many who miss at once ask once",
  site(async (site, another) => {
    const app: App = async () => {
      await until(() => waiting === 50, { what: "50 requests" });
      return new Response("slow", {
        headers: { "cache-control": "max-age=9" },
      });
    };
    let waiting = 0;
    const sites = [site, another()];
    for (const one of sites) one.app = app;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        waiting += 1;
        return sites[index % 2]?.get("/");
      }),
    );
    assert(answers.every((answer) => answer?.text === "slow"));
    const asked = sites.map(({ asked }) => asked.length);
    assertEquals(asked[0] === 1 ? asked[1] : asked[0], 0);
    assertEquals(
      answers.filter((one) => /stored/.test(one?.said ?? "")).length,
      1,
    );
  }),
);

Deno.test(
  "an app that fails does not hold up those who wait for it",
  site(async (site) => {
    const gate = Promise.withResolvers<void>();
    site.app = async () => {
      await gate.promise;
      throw new Error("no");
    };
    const all = Array.from({ length: 20 }, () => site.get("/"));
    await until(() => site.asked.length === 1, { what: "the first call" });
    site.app = () => {
      throw new Error("no");
    };
    gate.resolve();
    const settled = await Promise.allSettled(all);
    assert(settled.every(({ status }) => status === "rejected"));
  }),
);

Deno.test(
  "a stale response is asked about, and a 304 renews it",
  site(async (site) => {
    const bodies = ["one", "two"];
    site.app = (request) => {
      const etag = `"${bodies[0]}"`;
      const headers = {
        "cache-control": "no-cache",
        etag,
        "x-n": bodies[0] ?? "",
      };
      return request.headers.get("if-none-match") === etag
        ? new Response(null, { status: 304, headers })
        : new Response(bodies[0], { headers });
    };
    await site.get("/");
    const renewed = await site.get("/");
    assertMatch(
      renewed.said,
      /^procmgr; fwd=stale; fwd-status=304; ttl=0; stored/,
    );
    assertEquals([renewed.status, renewed.text], [200, "one"]);
    const known = await site.get("/", {
      headers: { "if-none-match": '"one"' },
    });
    assertEquals([known.status, known.text], [304, ""]);
    bodies.shift();
    const replaced = await site.get("/");
    assertEquals([replaced.said, replaced.text], [
      "procmgr; fwd=stale; stored",
      "two",
    ]);
    assertEquals(replaced.headers.get("x-n"), "two");
  }),
);

Deno.test(
  "variants are told apart, and purged together",
  site(async (site) => {
    site.app = (request) =>
      new Response(request.headers.get("accept-language") ?? "none", {
        headers: { "cache-control": "max-age=60", vary: "Accept-Language" },
      });
    const get = (language: string) =>
      site.get("/", { headers: { "accept-language": language } });
    assertMatch((await get("de")).said, /fwd=miss/);
    assertMatch((await get("fr")).said, /fwd=vary-miss/);
    assertMatch((await get("de")).said, /hit/);
    const french = await get("fr");
    assertMatch(french.said, /hit/);
    assertEquals(french.text, "fr");
    await site.get("/", { method: "DELETE" });
    assertMatch((await get("de")).said, /fwd=miss/);
    assertMatch((await get("fr")).said, /fwd=vary-miss/);
  }),
);

Deno.test(
  "HEAD, ranges and conditions are answered from what is stored",
  site(async (site) => {
    site.app = () =>
      new Response("0123456789", {
        headers: { "cache-control": "max-age=60", etag: '"a"' },
      });
    const ranged = { headers: { range: "bytes=2-4" } };
    assertEquals((await site.get("/", ranged)).said, "procmgr; fwd=miss");
    await site.get("/");
    await untilStored(site, 2);
    const part = await site.get("/", ranged);
    assertEquals([part.status, part.text], [206, "234"]);
    assertEquals(part.headers.get("content-range"), "bytes 2-4/10");
    const beyond = await site.get("/", { headers: { range: "bytes=10-" } });
    assertEquals(beyond.status, 416);
    const head = await site.get("/", { method: "HEAD" });
    assertMatch(head.said, /hit/);
    assertEquals(head.headers.get("content-length"), "10");
    const known = await site.get("/", { headers: { "if-none-match": '"a"' } });
    assertEquals(known.status, 304);
    assertEquals(site.asked.length, 2);
  }),
);

Deno.test(
  "stale-while-revalidate answers at once and asks behind",
  site(async (site) => {
    let count = 0;
    site.app = () =>
      new Response(`${++count}`, {
        headers: {
          age: "5",
          "cache-control": "max-age=5, stale-while-revalidate=60",
        },
      });
    await site.get("/");
    await untilStored(site, 1);
    const stale = await site.get("/");
    assertMatch(stale.said, /^procmgr; hit; ttl=0$/);
    assertEquals(stale.text, "1");
    await untilStored(site, 2);
    assertEquals((await site.get("/")).text, "2");
  }),
);

/** Wait until nobody writes and the app was asked so often. */
async function untilStored(
  site: Site,
  asked: number,
  path = "/",
): Promise<void> {
  const key = `r:worker\nhttp://a${path}`;
  await until(
    () => site.asked.length >= asked && !site.zone.turns.isTaken(key),
    { what: "a stored response", everyMs: 1 },
  );
}

Deno.test(
  "stale-if-error answers for an app that fails, must-revalidate does not",
  site(async (site) => {
    const control = "max-age=0, stale-if-error=60";
    site.app = counting({ "cache-control": control });
    await site.get("/");
    site.app = () => new Response("broken", { status: 503 });
    const stale = await site.get("/");
    assertEquals([stale.status, stale.text], [200, "1"]);
    assertMatch(
      stale.said,
      /hit; fwd-status=503; ttl=-?\d+; detail=stale-if-error/,
    );
    site.app = () => {
      throw new Error("broken");
    };
    assertEquals((await site.get("/")).text, "1");
    assertEquals(site.failures.length, 2);
    site.app = counting({
      "cache-control": `${control}, must-revalidate`,
      etag: '"a"',
    });
    await site.get("/must");
    site.app = () => new Response("broken", { status: 503 });
    assertEquals((await site.get("/must")).status, 503);
  }),
);

Deno.test(
  "what a client says about caching counts, unless it is told not to",
  site(async (site) => {
    site.app = counting({ "cache-control": "max-age=60" });
    const only = { headers: { "cache-control": "only-if-cached" } };
    assertEquals((await site.get("/", only)).status, 504);
    await site.get("/");
    await untilStored(site, 1);
    assertEquals((await site.get("/", only)).text, "1");
    const reload = { headers: { "cache-control": "no-cache" } };
    assertEquals(
      (await site.get("/", reload)).said,
      "procmgr; fwd=request; stored",
    );
    await untilStored(site, 2);
    assertEquals((await site.get("/")).text, "2");
    assertEquals(
      (await site.get("/", { headers: { pragma: "no-cache" } })).text,
      "3",
    );
  }),
);

Deno.test(
  "bypass and no_cache are nginx's",
  site(async (site) => {
    site.app = counting({ "cache-control": "max-age=60" });
    await site.get("/?nocache=1");
    assertEquals((await site.get("/?nocache=1")).text, "2");
    await site.get("/?bypass=1");
    await untilStored(site, 3, "/?bypass=1");
    assertEquals(
      (await site.get("/?bypass=1")).said,
      "procmgr; fwd=bypass; stored",
    );
  }),
);

Deno.test(
  "a stream is stored as it comes, and a broken one is not",
  site(async (site) => {
    const chunk = new Uint8Array(64 * 1024).fill(65);
    const stream = (count: number, isBroken = false): ReadableStream =>
      new ReadableStream({
        pull(controller): void {
          if (count-- > 0) controller.enqueue(chunk);
          else if (isBroken) controller.error(new Error("broken"));
          else controller.close();
        },
      });
    const headers = { "cache-control": "max-age=60" };
    site.app = () => new Response(stream(40), { headers });
    const first = await site.get("/");
    assertEquals(first.text.length, 40 * chunk.length);
    const second = await site.get("/");
    assertMatch(second.said, /hit/);
    assertEquals(second.text, first.text);
    site.app = () => new Response(stream(3, true), { headers });
    let isBroken = false;
    await site.get("/broken").catch(() => isBroken = true);
    assert(isBroken);
    site.app = () => new Response("whole", { headers });
    assertEquals((await site.get("/broken")).text, "whole");
    const short = { ...headers, "content-length": "9999999" };
    site.app = () => new Response(stream(1), { headers: short });
    await site.get("/short");
    site.app = () => new Response("after", { headers });
    assertEquals((await site.get("/short")).text, "after");
  }),
);

Deno.test(
  "a client that leaves or is slow does not keep an entry from others",
  site(async (site, another) => {
    const chunk = new Uint8Array(64 * 1024).fill(66);
    let count = 64;
    site.app = () =>
      new Response(
        new ReadableStream({
          pull(controller): void {
            if (count-- > 0) controller.enqueue(chunk);
            else controller.close();
          },
        }),
        { headers: { "cache-control": "max-age=60" } },
      );
    const other = another();
    other.app = () => new Response("asked again");
    const slow = await site.fetch("/");
    const reader = slow.body?.getReader();
    await reader?.read();
    const whole = await other.get("/");
    assertEquals(whole.text.length, 64 * chunk.length);
    let bytes = chunk.length;
    for (;;) {
      const { done, value } = await reader?.read() ?? { done: true };
      if (done) break;
      assertEquals(value?.every((byte: number) => byte === 66), true);
      bytes += value?.length ?? 0;
    }
    assertEquals(bytes, 64 * chunk.length);
  }),
);

Deno.test(
  "tags are purged at once, in every process, and so is what is on its way",
  site(async (site, another) => {
    const headers = { "cache-control": "max-age=60", "cache-tag": "news, a" };
    site.app = counting(headers);
    const other = another();
    await site.get("/");
    assertMatch((await other.get("/")).said, /hit/);
    assert(site.zone.purger.purgeTags(["news"]).ok);
    other.app = counting(headers);
    assertMatch((await other.get("/")).said, /fwd=miss/);
    assertMatch((await site.get("/")).said, /hit/);
    // The app is asked, the purge comes, the app answers.
    const gate = Promise.withResolvers<void>();
    site.app = async () => {
      await gate.promise;
      return new Response("old", { headers });
    };
    const asked = site.get("/late");
    await until(() => site.asked.length === 2, { what: "a call" });
    site.zone.purger.purgeTags(["a"]);
    gate.resolve();
    assertEquals((await asked).text, "old");
    site.app = () => new Response("new", { headers });
    assertEquals((await site.get("/late")).text, "new");
  }),
);
